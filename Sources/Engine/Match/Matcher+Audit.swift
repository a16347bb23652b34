// What must hold after every command, and the hash of the state (engine.md 3 and 8).

import HarnessCore

extension Matcher {
    /// The first broken invariant of I1-I6 in words, or nil; of the counts of open orders too.
    /// - Complexity: O(accounts x assets + open orders).
    package func firstBrokenInvariant() -> String? {
        if let broken = brokenFunds() { return broken }
        var locked = [Int64](repeating: 0, count: ledger.funds.count)
        var open = [Int](repeating: 0, count: counters.count)
        var inAll = 0
        for symbol in market.symbols.indices {
            var inBook = 0
            if let broken = brokenBook(symbol, &locked, &open, &inBook) { return broken }
            guard inBook == books[symbol].openOrders else {
                return "symbol \(symbol) counts \(books[symbol].openOrders) orders, not \(inBook)"
            }
            inAll += inBook
        }
        for (i, funds) in ledger.funds.values.enumerated() where funds.locked != locked[i] {
            return "I2: entry \(i) has \(funds.locked) locked, its orders \(locked[i])"
        }
        guard inAll == openOrderCount, counters.values.map(\.open) == open,
            !options.callersNumbers || callersIDs.count == inAll,
            slab.count == freeSlots.count + inAll
        else { return "\(inAll) orders are open: the counts or the slab say otherwise" }
        return nil
    }

    /// The first broken one of I1, I3 and I4, looked at once in 1,000 commands; with many accounts
    /// less often, so that it costs some ten nanoseconds of a command at most. The others, which
    /// take a walk through all orders, are looked at with every snapshot.
    func sampledInvariant() -> String? {
        guard lastSeq >= memory.pointee.nextSample else { return nil }
        memory.pointee.nextSample = lastSeq + UInt64(max(1_000, ledger.funds.count / 16))
        return brokenFunds() ?? market.symbols.indices.lazy.compactMap(crossed).first
    }

    private func crossed(_ symbol: Int) -> String? {
        guard let bid = books[symbol].bids.best, let ask = books[symbol].asks.best,
            bid.price >= ask.price
        else { return nil }
        return "I4: crossed at \(bid.price) and \(ask.price)"
    }

    private func brokenFunds() -> String? {
        let assets = ledger.assetCount
        var total = [Int128](repeating: 0, count: assets)
        for (i, funds) in ledger.funds.values.enumerated() {
            total[i % assets] += Int128(funds.free) + Int128(funds.locked)
            let isFees = i / assets == 0
            if funds.locked < 0 || (funds.free < 0 && !isFees) { return "I3: negative funds" }
        }
        for asset in 0..<assets where total[asset] != Int128(ledger.deposited[asset]) {
            return "I1: asset \(asset) holds \(total[asset]), not \(ledger.deposited[asset])"
        }
        return nil
    }

    private func brokenBook(
        _ symbol: Int, _ locked: inout [Int64], _ open: inout [Int], _ inBook: inout Int
    ) -> String? {
        let book = books[symbol]
        let rules = rules[symbol]
        if let broken = crossed(symbol) { return broken }
        if book.bids.levels.values.contains(where: { $0.count < 1 })
            || book.asks.levels.values.contains(where: { $0.count < 1 })
        {
            return "I5: an empty level"
        }
        for side in [Side.buy, .sell] {
            for level in book.side(side).levels.values {
                var lots: Int128 = 0
                var count: Int32 = 0
                var slot = level.head
                while slot >= 0 {
                    let record = slab[Int(slot)]
                    guard record.open > 0, record.state.price == level.price else {
                        return "I5: order \(record.state.orderID) in the wrong level"
                    }
                    let state = record.state
                    guard
                        state.executed + state.canceled + state.prevented + record.open
                            == state.quantity
                    else {
                        return "I6: order \(record.state.orderID) does not add up"
                    }
                    lots += Int128(record.open)
                    count += 1
                    inBook += 1
                    if record.counter >= 0 { open[Int(record.counter)] += 1 }
                    slot = record.next
                    guard options.ledger else { continue }
                    guard let amount = rules.lock(side, level.price, record.open) else {
                        return "I2: order \(record.state.orderID) holds over 64 bits"
                    }
                    locked[ledger.entry(record.account, rules.asset(side))] += amount
                }
                if count == 0 || count != level.count || lots != level.total {
                    return "I5: level \(level.price) says \(level.total) in \(level.count)"
                }
            }
        }
        return nil
    }

    /// Lowercase SHA-256 of the state's lines: per symbol in byte order `S symbol lastTradeId`,
    /// `B price id remaining` best first and FIFO, then `A ...`; then `$ account asset free
    /// locked`.
    package func stateHash() -> String {
        var text = ""
        for symbol in listedSymbols.map(Int.init) {
            text += "S \(market.symbols[symbol].symbol) \(books[symbol].lastTradeID)\n"
            for (side, letter) in [(Side.buy, "B"), (.sell, "A")] {
                for level in books[symbol].side(side).levels.values.reversed() {
                    var slot = level.head
                    while slot >= 0 {
                        let record = slab[Int(slot)]
                        text += "\(letter) \(level.price) \(record.state.orderID) \(record.open)\n"
                        slot = record.next
                    }
                }
            }
        }
        var lines: [String] = []
        for (i, funds) in ledger.funds.values.enumerated() where !funds.isZero {
            let account = ledger.accounts[i / ledger.assetCount]
            let asset = market.assets[i % ledger.assetCount].name
            lines.append("$ \(account) \(asset) \(funds.free) \(funds.locked)\n")
        }
        lines.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return Sha256.hex(Array((text + lines.joined()).utf8))
    }
}
