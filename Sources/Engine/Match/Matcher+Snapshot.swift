// The matcher's whole state as sections of bytes, and a matcher from them that behaves like the
// first for ever: same outcomes, same hashes. Where an order lies in memory is not part of it, nor
// are tables that can be made again from the orders.
//
// What is read is checked like input: a snapshot whose checksums hold but whose numbers cannot be
// is refused, never trusted.

extension Matcher {
    /// Orders, accounts or deposits of one section.
    private static let pieceCount = 10_000

    /// Hands every section to `emit`, in the order in which they must be read.
    /// - Complexity: O(state); memory for one section.
    package func writeSnapshot<E: Error>(
        _ emit: (SnapshotSection.Kind, [UInt8]) throws(E) -> Void
    ) throws(E) {
        try emit(.market, Array(market.json.utf8))
        var state = SnapshotBytes()
        state.put(lastSeq)
        state.put(eventHash)
        for asset in market.assets.indices { state.put(ledger.deposited[asset]) }
        try emit(.state, state.bytes)
        var ids = SnapshotBytes()
        for symbol in market.symbols.indices {
            ids.put(UInt64(books[symbol].index.count))
            ids.put(books[symbol].lastTradeID)
            ids.put(books[symbol].lastPreventedID)
            ids.put(books[symbol].lastUpdateID)
        }
        try emit(.books, ids.bytes)
        try writeAccounts(emit)
        try writeDeposits(emit)
        try writeOrders(emit)
    }

    private func writeAccounts<E: Error>(
        _ emit: (SnapshotSection.Kind, [UInt8]) throws(E) -> Void
    ) throws(E) {
        var piece = SnapshotBytes()
        for (position, name) in ledger.accounts.values.enumerated() {
            piece.put(name)
            for asset in market.assets.indices {
                let entry = ledger.entry(Int32(position), UInt16(asset))
                let existed = ledger.hasExisted(entry)
                piece.put(UInt8(existed ? 1 : 0))
                guard existed else { continue }
                piece.put(ledger.funds[entry].free)
                piece.put(ledger.funds[entry].locked)
            }
            if (position + 1) % Self.pieceCount == 0 {
                try emit(.accounts, piece.bytes)
                piece.bytes.removeAll(keepingCapacity: true)
            }
        }
        try emit(.accounts, piece.bytes)
    }

    private func writeDeposits<E: Error>(
        _ emit: (SnapshotSection.Kind, [UInt8]) throws(E) -> Void
    ) throws(E) {
        var piece = SnapshotBytes()
        // By id: the same state gives the same bytes.
        let deposits = depositIDs.values.sorted {
            $0.depositID.bytes.lexicographicallyPrecedes($1.depositID.bytes)
        }
        for (i, deposit) in deposits.enumerated() {
            piece.put(deposit.depositID)
            piece.put(deposit.account)
            piece.put(deposit.asset)
            piece.put(deposit.amount)
            if (i + 1) % Self.pieceCount == 0 {
                try emit(.deposits, piece.bytes)
                piece.bytes.removeAll(keepingCapacity: true)
            }
        }
        try emit(.deposits, piece.bytes)
    }

    private func writeOrders<E: Error>(
        _ emit: (SnapshotSection.Kind, [UInt8]) throws(E) -> Void
    ) throws(E) {
        var piece = SnapshotBytes()
        var count = 0
        func add(
            _ order: UnsafeMutablePointer<OrderRecord>, finished seq: UInt64
        ) throws(E) {
            Self.put(order.pointee, finished: seq, &piece)
            count += 1
            if count % Self.pieceCount == 0 {
                try emit(.orders, piece.bytes)
                piece.bytes.removeAll(keepingCapacity: true)
            }
        }
        for symbol in market.symbols.indices {
            for side in [Side.buy, .sell] {
                for level in books[symbol].side(side).levels.values {
                    var slot = level.head
                    while slot >= 0 {
                        try add(slab.at(slot), finished: 0)
                        slot = slab.at(slot).pointee.next
                    }
                }
            }
        }
        for i in 0..<retained.count {
            try add(retained[i], finished: retained[i].pointee.state.seq)
        }
        try emit(.orders, piece.bytes)
    }

    /// - Parameter seq: the command that finished it; 0: it is open.
    private static func put(_ order: OrderRecord, finished seq: UInt64, _ out: inout SnapshotBytes)
    {
        let state = order.state
        out.put(seq)
        out.put(state.symbol)
        out.put(state.orderID)
        out.put(order.account)
        out.put(state.clientOrderID)
        for byte in [
            state.side.rawValue, state.type.rawValue, state.timeInForce.rawValue,
            state.postOnly ? 1 : 0, state.selfTrade.rawValue, state.status.rawValue,
            state.expiry.rawValue, order.quantityIsQuote ? 1 : 0,
        ] as [UInt8] {
            out.put(byte)
        }
        for number in [
            state.price, state.quantity, state.executed, state.canceled, state.prevented,
            state.quoteExecuted, order.open, order.requested,
        ] {
            out.put(number)
        }
        for number in [state.preventedMatchID, state.createdNs, state.updatedNs, state.seq] {
            out.put(number)
        }
    }

    // MARK: Reading

    /// A matcher in the state of a snapshot.
    ///
    /// - Parameter seq: the command after which it must be.
    /// - Throws: where sections are missing or say what cannot be.
    package convenience init(
        snapshot sections: [SnapshotSection], seq: UInt64,
        options: MatcherOptions = MatcherOptions()
    ) throws(SnapshotError) {
        guard let first = sections.first, first.kind == .market else {
            throw SnapshotError("the symbols are missing")
        }
        let market: Market
        do {
            market = try Market.load(
                yaml: String(decoding: first.payload, as: UTF8.self), file: "symbols")
        } catch {
            throw SnapshotError("\(error)")
        }
        self.init(market: market, options: options)
        var counts = SnapshotCounts(symbols: market.symbols.count)
        for section in sections.dropFirst() {
            var cursor = SnapshotCursor(section)
            switch section.kind {
            case .market: throw SnapshotError("the symbols come twice")
            case .state: try readState(&cursor, seq: seq)
            case .books: try readBooks(&cursor)
            case .accounts: try readAccounts(&cursor, &counts)
            case .deposits: try readDeposits(&cursor)
            case .orders: try readOrders(&cursor, &counts)
            }
            try cursor.finish()
        }
        guard lastSeq == seq else { throw SnapshotError("the state is missing") }
        if let broken = firstBrokenInvariant() { throw SnapshotError(broken) }
    }

    private func readState(_ cursor: inout SnapshotCursor, seq: UInt64) throws(SnapshotError) {
        lastSeq = try cursor.get()
        guard lastSeq == seq, seq > 0 else {
            throw SnapshotError("it says seq \(lastSeq), its header \(seq)")
        }
        eventHash = try cursor.get()
        for asset in market.assets.indices {
            ledger.restore(deposited: try cursor.get(), asset: asset)
        }
    }

    private func readBooks(_ cursor: inout SnapshotCursor) throws(SnapshotError) {
        for symbol in market.symbols.indices {
            let count: UInt64 = try cursor.get()
            // Every order took a command.
            guard count <= lastSeq, books[symbol].index.count == 0 else {
                throw SnapshotError("there are \(count) orders after \(lastSeq) commands")
            }
            books[symbol].index.restore(count: Int(count))
            books[symbol].lastTradeID = try cursor.get()
            books[symbol].lastPreventedID = try cursor.get()
            books[symbol].lastUpdateID = try cursor.get()
        }
    }

    private func readAccounts(
        _ cursor: inout SnapshotCursor, _ counts: inout SnapshotCounts
    ) throws(SnapshotError) {
        while !cursor.isAtEnd {
            let name = try cursor.text()
            let account = ledger.account(name)
            guard account == Int32(counts.accounts) else {
                throw SnapshotError("account \(name) is out of order")
            }
            counts.accounts += 1
            for asset in market.assets.indices where try cursor.flag() {
                let free: Int64 = try cursor.get()
                ledger.restore(
                    free: free, locked: try cursor.natural(),
                    entry: ledger.entry(account, UInt16(asset)))
            }
        }
    }

    private func readDeposits(_ cursor: inout SnapshotCursor) throws(SnapshotError) {
        while !cursor.isAtEnd {
            let id = try cursor.text()
            let account = try cursor.text()
            let deposit = Deposit(
                account: account, asset: try cursor.get(), amount: try cursor.get(), depositID: id)
            guard ledger.existing(account) != nil, Int(deposit.asset) < market.assets.count,
                depositIDs.updateValue(deposit, forKey: id) == nil
            else { throw SnapshotError("deposit \(id) cannot be") }
        }
    }

    private func readOrders(
        _ cursor: inout SnapshotCursor, _ counts: inout SnapshotCounts
    ) throws(SnapshotError) {
        while !cursor.isAtEnd {
            let finished: UInt64 = try cursor.get()
            let order = try readOrder(&cursor)
            let symbol = Int(order.state.symbol)
            let isOpen = finished == 0
            let last = retained.last?.pointee.state.seq ?? 0
            guard isOpen == (order.open > 0), finished <= lastSeq,
                isOpen || finished == order.state.seq,
                isOpen || finished >= last,
                books[symbol].index.isFree(order.state.orderID)
            else {
                throw SnapshotError("order \(order.state.orderID) of symbol \(symbol) cannot be")
            }
            if isOpen { try counts.add(order, rules[symbol]) }
            restore(order, finished: finished)
        }
    }

    private func readOrder(_ cursor: inout SnapshotCursor) throws(SnapshotError) -> OrderRecord {
        let symbol: UInt16 = try cursor.get()
        let orderID: UInt64 = try cursor.get()
        let account: Int32 = try cursor.get()
        guard Int(symbol) < market.symbols.count,
            account >= 0, Int(account) < ledger.accounts.count
        else { throw SnapshotError("an order is of no symbol or account") }
        let clientID = try cursor.text()
        var state = OrderState(
            symbol: symbol, orderID: orderID, account: ledger.accounts[Int(account)],
            clientOrderID: clientID, side: try cursor.value(), type: try cursor.value(),
            timeInForce: try cursor.value(), postOnly: try cursor.flag(), status: .new, price: 0,
            quantity: 0, executed: 0, canceled: 0, quoteExecuted: 0, createdNs: 0, updatedNs: 0,
            seq: 0)
        state.selfTrade = try cursor.value()
        state.status = try cursor.value()
        state.expiry = try cursor.value()
        let isByQuote = try cursor.flag()
        state.price = try cursor.natural()
        state.quantity = try cursor.natural()
        state.executed = try cursor.natural()
        state.canceled = try cursor.natural()
        state.prevented = try cursor.natural()
        state.quoteExecuted = try cursor.natural()
        let open = try cursor.natural()
        let requested: Int64 = try cursor.get()
        state.preventedMatchID = try cursor.get()
        state.createdNs = try cursor.get()
        state.updatedNs = try cursor.get()
        state.seq = try cursor.get()
        let parts = [state.executed, state.canceled, state.prevented, open]
        guard parts.reduce(Int128(0), { $0 + Int128($1) }) == Int128(state.quantity),
            state.seq <= lastSeq
        else { throw SnapshotError("order \(orderID) does not add up") }
        return OrderRecord(
            state: state, open: open, requested: requested, account: account,
            counter: countedOn(account, symbol), hash: clientHash(account, clientID),
            quantityIsQuote: isByQuote)
    }

    private func restore(_ order: OrderRecord, finished: UInt64) {
        let book = books + Int(order.state.symbol)
        guard finished == 0 else {
            var record = order
            let position = retained.append(&record)
            book.pointee.index.restore(order.state.orderID, position)
            if !options.freesClientIDs { clientIDs.insert(order.hash, position) }
            return
        }
        let slot = Int32(slab.count)
        slab.append(order)
        book.pointee.index.restore(order.state.orderID, slot)
        clientIDs.insert(order.hash, slot)
        if order.state.side == .buy {
            book.pointee.bids.add(slot, slab)
        } else {
            book.pointee.asks.add(slot, slab)
        }
        changeOpenCount(slot, by: 1)
    }
}

/// Sums that must stay within 64 bits while a snapshot is read.
private struct SnapshotCounts {
    var accounts = 0
    /// Open lots per symbol and side: what a level may hold.
    private var lots: [Int64]
    /// What open orders hold in all, by asset.
    private var locked: [UInt16: Int64] = [:]

    init(symbols: Int) { lots = Array(repeating: 0, count: symbols * 2) }

    mutating func add(_ order: OrderRecord, _ rules: MatchRules) throws(SnapshotError) {
        let state = order.state
        let i = Int(state.symbol) * 2 + Int(state.side.rawValue)
        let (sum, overflow) = lots[i].addingReportingOverflow(order.open)
        guard !overflow, state.type == .limit, state.timeInForce == .gtc, state.price > 0,
            let amount = rules.lock(state.side, state.price, order.open)
        else { throw SnapshotError("order \(state.orderID) cannot rest") }
        let asset = rules.asset(state.side)
        let (held, overflow2) = locked[asset, default: 0].addingReportingOverflow(amount)
        guard !overflow2 else { throw SnapshotError("open orders hold over 64 bits") }
        lots[i] = sum
        locked[asset] = held
    }
}
