// Events, final book and hash as JSON, keys in the order of engine.md 8, no spaces.
//
//     {"seq":1,"ev":"trade","tradeId":1,"price":"100","qty":"4","maker":3,"taker":7}

import HarnessCore

extension ReplaySession {
    /// The lines of one command; counts them in any case.
    func print(_ step: Step) throws(CommandFailure) {
        if let rejection = step.rejection {
            totals.events += 1
            totals.rejected += 1
            if options.printsEvents { try printRejection(step, rejection) }
            return
        }
        let events = effects.events
        for i in events.indices {
            totals.events += 1
            if events[i].kind == .trade { totals.trades += 1 }
            guard options.printsEvents else { continue }
            if events[i].kind == .deposited {
                try printDeposit(step)
            } else {
                try print(events[i], step.seq)
            }
        }
    }

    private func print(_ event: MatchEvent, _ seq: UInt64) throws(CommandFailure) {
        var c = try output.begin()
        c.head(seq)
        let scale = symbols.at(Int32(event.symbol))
        switch event.kind {
        case .trade:
            c.raw("trade\",\"tradeId\":")
            c.number(event.id)
            c.price(event, scale)
            c.quantity(event, scale)
            c.pair(event)
        case .prevented:
            c.raw("prevented\",\"preventedId\":")
            c.number(event.id)
            c.quantity(event, scale)
            c.pair(event)
        case .accepted:
            c.raw("accepted")
            c.order(event, scale)
        case .canceled:
            c.raw("canceled")
            c.order(event, scale)
            c.raw(",\"reason\":\"")
            c.raw(Self.word(event.reason))
            c.raw("\"")
        case .replaced:
            c.raw("replaced")
            c.order(event, scale)
        case .amended:
            c.raw("amended")
            c.order(event, scale)
        case .rejected, .deposited:
            preconditionFailure("printed with the command")
        }
        c.raw("}\n")
        output.end(c)
    }

    private static func word(_ reason: MatchEvent.Reason) -> StaticString {
        switch reason {
        case .user, .none: "user"
        case .ioc: "ioc"
        case .fok: "fok"
        case .selfTrade: "stp"
        case .market: "market"
        }
    }

    private func printRejection(_ step: Step, _ rejection: Rejection) throws(CommandFailure) {
        var c = try output.begin()
        c.head(step.seq)
        c.raw("rejected\",\"op\":\"")
        c.raw(step.operation.name)
        if step.operation == .deposit {
            c.raw("\"")
        } else {
            c.raw("\",\"id\":")
            c.number(step.id)
        }
        c.raw(",\"code\":")
        c.number(Int64(rejection.code))
        c.raw(",\"reason\":\"")
        c.raw(rejection.message)
        c.raw("\"}\n")
        output.end(c)
    }

    private func printDeposit(_ step: Step) throws(CommandFailure) {
        guard let deposit = step.deposit else { return }
        var c = try output.begin()
        c.head(step.seq)
        c.raw("deposited\",\"account\":\"")
        c.text(deposit.account)
        c.raw("\",\"asset\":\"")
        c.text(assetNames[Int(deposit.asset)])
        c.raw("\",\"amount\":")
        c.decimal(deposit.amount, matcher.market.assets[Int(deposit.asset)].scale)
        c.raw("}\n")
        output.end(c)
    }

    // MARK: The end

    /// `{"book":"X","bids":[["100","16",2]],"asks":[]}`: price, total, count; best first.
    func printBook() throws(CommandFailure) {
        for symbol in matcher.listedSymbols {
            let rules = matcher.market.symbols[Int(symbol)]
            func side(_ side: Side) -> String {
                matcher.levels(of: symbol, side).map { level in
                    let price = DecimalText.text(
                        level.price * rules.tickUnits, decimals: rules.tickDecimals)
                    let total = Self.text(
                        level.total * Int128(rules.stepUnits), decimals: rules.stepDecimals)
                    return "[\"\(price)\",\"\(total)\",\(level.count)]"
                }.joined(separator: ",")
            }
            try output.write(
                "{\"book\":\"\(rules.symbol)\",\"bids\":[\(side(.buy))],"
                    + "\"asks\":[\(side(.sell))]}\n")
        }
    }

    /// A sum of quantities may be beyond 64 bits.
    private static func text(_ units: Int128, decimals: Int) -> String {
        if let small = Int64(exactly: units) { return DecimalText.text(small, decimals: decimals) }
        let digits = "\(units)"
        if decimals == 0 { return digits }
        return "\(digits.dropLast(decimals)).\(digits.suffix(decimals))"
    }

    func printHash() throws(CommandFailure) {
        try output.write(
            "{\"hash\":\"\(matcher.stateHash())\",\"seq\":\(lastSeq),"
                + "\"events\":\(totals.events)}\n")
    }
}

extension ReplayCursor {
    fileprivate mutating func head(_ seq: UInt64) {
        raw("{\"seq\":")
        number(seq)
        raw(",\"ev\":\"")
    }

    fileprivate mutating func price(
        _ event: MatchEvent, _ scale: UnsafeMutablePointer<ReplaySymbol>
    ) {
        raw(",\"price\":")
        // A market order's price is "0".
        if event.price == 0 { return raw("\"0\"") }
        decimal(event.price &* scale.pointee.tickUnits, scale.pointee.tickDecimals)
    }

    fileprivate mutating func quantity(
        _ event: MatchEvent, _ scale: UnsafeMutablePointer<ReplaySymbol>
    ) {
        raw(",\"qty\":")
        if event.quantity == 0 { return raw("\"0\"") }
        decimal(event.quantity &* scale.pointee.stepUnits, scale.pointee.stepDecimals)
    }

    /// `","id":7,"side":"buy","price":"100","qty":"10"`
    fileprivate mutating func order(
        _ event: MatchEvent, _ scale: UnsafeMutablePointer<ReplaySymbol>
    ) {
        raw("\",\"id\":")
        number(event.id)
        raw(event.side == .buy ? ",\"side\":\"buy\"" : ",\"side\":\"sell\"")
        price(event, scale)
        quantity(event, scale)
    }

    fileprivate mutating func pair(_ event: MatchEvent) {
        raw(",\"maker\":")
        number(event.maker)
        raw(",\"taker\":")
        number(event.taker)
    }
}
