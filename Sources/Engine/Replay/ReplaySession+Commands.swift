// Scanned lines to commands of the matcher. The order of checks is engine.md 3, "Validation":
// syntax, symbol, HALT, combinations, precision, filters; the matcher makes the later ones.

import HarnessCore

extension ReplaySession {
    private static let empty = Rejection(-1105, "A parameter was empty.")
    private static let illegal = Rejection(-1100, "Illegal characters found in a parameter.")
    private static let priceUnwanted = Rejection(
        -1106, "Parameter 'price' sent when not required.")

    func new(_ step: inout Step) throws(ReplayProblem) {
        step.id = try scanner.requiredID()
        let name = try scanner.required(.symbol)
        let side = try scanner.side()
        let type = try scanner.type()
        let timeInForce = try scanner.timeInForce()
        let postOnly = try scanner.truth(.postOnly) ?? false
        let selfTrade = try scanner.selfTrade()
        let account = try scanner.text(.account)
        let price = type == .limit ? try scanner.required(.price) : try scanner.text(.price)
        let quantity = try scanner.required(.qty)

        var order = ReplayCommand.New(
            id: step.id, account: account?.name, symbol: 0, side: side, type: type,
            timeInForce: timeInForce, postOnly: postOnly, selfTrade: selfTrade, price: 0,
            quantity: 0)
        step.rejection =
            refusal(ofAccount: account) ?? refusal(ofMarketPrice: price, type)
            ?? Self.syntax(price) ?? Self.syntax(quantity)
        if step.rejection != nil { return }
        guard let symbol = try symbol(name) else {
            step.rejection = .invalidSymbol
            return
        }
        order.symbol = symbol
        let scale = symbols.at(Int32(symbol)).pointee
        let ticks = type == .limit ? price.map { scale.ticks($0) } ?? .success(0) : .success(0)
        switch (ticks, scale.lots(quantity)) {
        case (.success(let ticks), .success(let lots)):
            order.price = ticks
            order.quantity = lots
            step.rejection = submit(.new(order), step.seq)
        case (let ticks, let lots):
            step.rejection =
                earlierRefusal(order, scale) ?? Self.first(of: ticks, lots)
        }
    }

    func cancel(_ step: inout Step) throws(ReplayProblem) {
        step.id = try scanner.requiredID()
        step.rejection = submit(.cancel(id: step.id), step.seq)
    }

    func replace(_ step: inout Step) throws(ReplayProblem) {
        step.id = try scanner.requiredID()
        let price = try scanner.text(.price)
        let quantity = try scanner.text(.qty)
        step.rejection = Self.syntax(price) ?? Self.syntax(quantity)
        if step.rejection != nil { return }
        guard let scale = scale(ofOrder: step.id) else {
            step.rejection = .unknownOrder
            return
        }
        let ticks = price.map { scale.ticks($0) } ?? .success(0)
        let lots = quantity.map { scale.lots($0) } ?? .success(0)
        if case .success(let p) = ticks, case .success(let q) = lots {
            let operation = ReplayCommand.Operation.replace(
                id: step.id, price: price == nil ? nil : p,
                quantity: quantity == nil ? nil : q)
            step.rejection = submit(operation, step.seq)
        } else {
            step.rejection = Self.first(of: ticks, lots)
        }
    }

    func amend(_ step: inout Step) throws(ReplayProblem) {
        step.id = try scanner.requiredID()
        let quantity = try scanner.required(.qty)
        step.rejection = Self.syntax(quantity)
        if step.rejection != nil { return }
        guard let scale = scale(ofOrder: step.id) else {
            step.rejection = .unknownOrder
            return
        }
        switch scale.lots(quantity) {
        case .success(let lots):
            step.rejection = submit(.amend(id: step.id, quantity: lots), step.seq)
        case .failure(let rejection): step.rejection = rejection
        }
    }

    func deposit(_ step: inout Step) throws(ReplayProblem) {
        let account = try scanner.required(.account)
        let asset = try scanner.required(.asset)
        var amount = try scanner.required(.amount)
        guard options.hasLedger else {
            throw ReplayProblem(text: "a deposit needs the ledger: leave out --no-ledger")
        }
        step.rejection = refusal(ofAccount: account)
        let isWithdrawal = amount.count > 1 && amount.bytes[0] == UInt8(ascii: "-")
        if isWithdrawal {
            amount = ReplayText(start: amount.start + 1, count: amount.count - 1)
        }
        step.rejection = step.rejection ?? Self.syntax(amount)
        guard step.rejection == nil, let name = account.name else { return }
        guard let position = asset.name.flatMap({ assetNames.firstIndex(of: $0) }) else {
            step.rejection = .invalidAsset
            return
        }
        let decimals = matcher.market.assets[position].scale
        switch DecimalText.parse(amount.bytes, decimals: decimals) {
        case .success(let units):
            let deposit = Deposit(
                account: name, asset: UInt16(position), amount: isWithdrawal ? -units : units)
            step.deposit = deposit
            step.rejection = submit(
                .deposit(account: name, asset: deposit.asset, amount: deposit.amount), step.seq)
        case .failure(let rejection): step.rejection = rejection
        }
    }

    // MARK: Checks before the matcher's

    private func refusal(ofAccount text: ReplayText?) -> Rejection? {
        guard let text else { return options.hasLedger ? .accountMissing : nil }
        if text.count == 0 { return Self.empty }
        return text.name == nil ? Self.illegal : nil
    }

    /// A market order has no price, or 0.
    private func refusal(ofMarketPrice text: ReplayText?, _ type: OrderType) -> Rejection? {
        guard type == .market, let text else { return nil }
        switch DecimalText.parse(text.bytes, decimals: 8) {
        case .success(0): return nil
        default: return Self.syntax(text) ?? Self.priceUnwanted
        }
    }

    /// What is no decimal at all; its precision depends on the symbol.
    private static func syntax(_ text: ReplayText?) -> Rejection? {
        guard let text else { return nil }
        if text.isPlainDigits { return nil }
        guard case .failure(let rejection) = DecimalText.parse(text.bytes, decimals: 20),
            rejection.code == illegal.code || rejection.code == empty.code
        else { return nil }
        return rejection
    }

    /// What comes before precision and filters.
    private func earlierRefusal(
        _ order: ReplayCommand.New, _ scale: ReplaySymbol
    ) -> Rejection? {
        if scale.isHalted { return .marketClosed }
        if order.account?.isReserved == true { return .notPermitted }
        let isPatient = order.type == .limit && order.timeInForce == .gtc
        return order.postOnly && !isPatient ? .invalidTime : nil
    }

    /// Precision before filters, the price before the quantity.
    private static func first(
        of price: Result<Int64, Rejection>, _ quantity: Result<Int64, Rejection>
    ) -> Rejection? {
        let failures = [price, quantity].compactMap {
            if case .failure(let rejection) = $0 { rejection } else { nil }
        }
        return failures.first { $0.code == -1111 } ?? failures.first
    }

    // MARK: Symbols

    /// Nil: there is no such symbol. Without a symbols file every name is one.
    private func symbol(_ text: ReplayText) throws(ReplayProblem) -> UInt16? {
        guard let name = text.name else { return nil }
        let hash = SlotHash.of(name)
        let known = symbolTable.find(hash) { symbolNames.at($0).pointee == name }
        if known >= 0 { return UInt16(known) }
        guard options.market == nil, text.isSymbolName else { return nil }
        guard let position = matcher.addSymbol(name.description) else {
            throw ReplayProblem(text: "\"\(name)\" is one symbol more than \(symbols.count)")
        }
        remember(matcher.market.symbols[Int(position)])
        return position
    }

    func remember(_ rules: SymbolRules) {
        guard let name = InlineText(rules.symbol.utf8) else {
            preconditionFailure("a symbol's name has 20 bytes at most")
        }
        symbolTable.insert(SlotHash.of(name), Int32(symbols.count))
        symbols.append(ReplaySymbol(rules))
        symbolNames.append(name)
    }

    private func scale(ofOrder id: UInt64) -> ReplaySymbol? {
        matcher.symbol(ofOrder: id).map { symbols.at(Int32($0)).pointee }
    }
}

extension ReplayText {
    /// 1 to 18 digits and nothing else.
    var isPlainDigits: Bool {
        (1...18).contains(count) && bytes.allSatisfy { $0 &- 48 < 10 }
    }

    /// What the symbols file allows: 1 to 20 of `[A-Za-z0-9._-]`.
    var isSymbolName: Bool {
        (1...20).contains(count)
            && bytes.allSatisfy {
                switch $0 {
                case 45, 46, 48...57, 65...90, 95, 97...122: true
                default: false
                }
            }
    }
}

extension ReplaySession {
    /// Nil: done; its events are in `effects`.
    private func submit(_ operation: ReplayCommand.Operation, _ seq: UInt64) -> Rejection? {
        matcher.replay(ReplayCommand(seq: seq, operation), effects: &effects)
    }
}
