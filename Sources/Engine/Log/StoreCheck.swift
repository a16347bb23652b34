// The store at seq N beside the engine at seq N (I10). What the matcher still knows is compared with
// the matcher: orders, balances, counts. What it has let go (trades, preventions, rejects,
// deposits, old orders) is compared with the effects of a second replay, every column.

import GRDB
import HarnessCore

/// One comparison; effects first, batch after batch, then the state.
struct StoreCheck {
    private let store: StoreDatabase
    private let matcher: Matcher
    private let firstMarket: Market
    /// Commands at or below it have no effects here: the replay began after them.
    private let base: UInt64
    /// Rows of what happened after `base`, by table.
    private var happened = ["trades": 0, "prevented": 0, "deposits": 0, "rejects": 0]
    /// The last change after `base`.
    private var changes: [BalanceKey: UInt64] = [:]
    /// Rows compared.
    private(set) var rows = 0

    private struct BalanceKey: Hashable {
        var account: InlineText
        var asset: UInt16
    }

    /// - Parameters:
    ///   - firstMarket: the symbols of the first command.
    ///   - base: seq after which the effects to come begin.
    init(_ store: StoreDatabase, _ matcher: Matcher, firstMarket: Market, base: UInt64) {
        self.store = store
        self.matcher = matcher
        self.firstMarket = firstMarket
        self.base = base
    }

    private func reading(_ body: (Database) throws -> Void) throws(CommandFailure) {
        do {
            _ = try store.read(body)
        } catch {
            throw StoreFault.failure(error, path: store.path)
        }
    }

    private static func failure(_ text: String) -> CommandFailure {
        CommandFailure(.internalError, "check: \(text)")
    }

    // MARK: Effects

    /// Looks up every row that these effects should have left.
    mutating func compare(_ effects: Effects) throws(CommandFailure) {
        var check = self
        try reading { db in
            for trade in effects.trades { try check.expect(db, "trades", check.row(trade)) }
            for match in effects.prevented { try check.expect(db, "prevented", check.row(match)) }
            for reject in effects.rejects { try check.expect(db, "rejects", check.row(reject)) }
            for deposit in effects.deposits { try check.expect(db, "deposits", check.row(deposit)) }
            for fund in effects.funds { try check.expect(db, "deposits", Self.row(fund)) }
            for order in effects.orders where check.isForgotten(order) {
                try check.expect(db, "orders", check.row(order))
            }
        }
        let funds = Set(effects.funds.map(\.seq))
        for balance in effects.balances where !funds.contains(balance.seq) {
            check.changes[BalanceKey(account: balance.account, asset: balance.asset)] = balance.seq
        }
        self = check
    }

    /// Ended so long ago that the matcher has let it go: its last state is in no other place.
    private func isForgotten(_ order: OrderState) -> Bool {
        ![.new, .partiallyFilled].contains(order.status)
            && matcher.order(symbol: order.symbol, orderID: order.orderID) == nil
    }

    /// A row that must be there as it is; its first columns are the table's key.
    private mutating func expect(
        _ db: Database, _ table: String, _ expected: [DatabaseValue]
    ) throws {
        let key = StoreSchema.tables.first { $0.name == table }?.key ?? []
        let condition = key.map { "\($0) = ?" }.joined(separator: " AND ")
        let statement = try db.cachedStatement(sql: "SELECT * FROM \(table) WHERE \(condition)")
        let arguments = StatementArguments(expected.prefix(key.count))
        guard let row = try Row.fetchOne(statement, arguments: arguments) else {
            throw Self.failure("\(Self.name(table, expected)) is not in the store")
        }
        try Self.compare(row, table, expected)
        rows += 1
        happened[table]? += 1
    }

    private static func name(_ table: String, _ row: [DatabaseValue]) -> String {
        let key = StoreSchema.tables.first { $0.name == table }?.key ?? []
        return table + zip(key, row).map { " \($0) \($1)" }.joined()
    }

    private static func compare(
        _ row: Row, _ table: String, _ expected: [DatabaseValue]
    ) throws(CommandFailure) {
        guard row.count == expected.count else {
            throw failure("\(table) has \(row.count) columns, expected \(expected.count)")
        }
        for ((column, found), value) in zip(row, expected) where found != value {
            throw failure(
                "\(name(table, expected)): \(column) is \(found) in the store, \(value) in the "
                    + "engine")
        }
    }

    // MARK: The state

    /// Compares all that the matcher knows, and that the tables have no row beyond it.
    mutating func compareState() throws(CommandFailure) {
        var check = self
        try reading { db in
            try check.compareProgress(db)
            for symbol in check.matcher.market.symbols.indices {
                try check.compareOrders(db, UInt16(symbol))
                try check.compareCounts(db, UInt16(symbol))
            }
            for (table, count) in check.happened.sorted(by: { $0.key < $1.key }) {
                let found = try Self.count(db, "\(table) WHERE seq > ?", [Int64(check.base)])
                guard found == count else {
                    throw Self.failure(
                        "\(table): \(found) rows after seq \(check.base), \(count) happened")
                }
            }
            try check.compareBalances(db)
        }
        self = check
    }

    private static func count(
        _ db: Database, _ what: String, _ arguments: StatementArguments
    ) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \(what)", arguments: arguments) ?? 0
    }

    private func compareProgress(_ db: Database) throws {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM progress") else {
            guard matcher.lastSeq > 0 else { return }
            throw Self.failure("the store has no progress, the engine is at \(matcher.lastSeq)")
        }
        let seq = Int64(matcher.lastSeq)
        guard row["seq"] as Int64 == seq, row["log_pos"] as Int64 == seq else {
            throw Self.failure("the store is at seq \(row["seq"] as Int64), the engine at \(seq)")
        }
        guard UInt64(bitPattern: row["event_hash"] as Int64) == matcher.eventHash else {
            throw Self.failure("the event hash in the store's progress is not the engine's")
        }
    }

    /// Every number from 1, each order that is not forgotten column by column.
    private mutating func compareOrders(_ db: Database, _ symbol: UInt16) throws {
        let name = matcher.market.symbols[Int(symbol)].symbol
        let cursor = try Row.fetchCursor(
            db, sql: "SELECT * FROM orders WHERE symbol = ? ORDER BY order_id", arguments: [name])
        var last: Int64 = 0
        while let row = try cursor.next() {
            last += 1
            guard row["order_id"] as Int64 == last else {
                throw Self.failure("\(name): order \(last) is not in the store")
            }
            guard let order = matcher.order(symbol: symbol, orderID: UInt64(last)) else { continue }
            try Self.compare(row, "orders", self.row(order))
            rows += 1
        }
        guard UInt64(last) == matcher.orderCount(on: symbol) else {
            throw Self.failure(
                "\(name): \(last) orders in the store, \(matcher.orderCount(on: symbol)) were "
                    + "accepted")
        }
    }

    /// Trades and preventions, each numbered from 1 without a gap.
    private func compareCounts(_ db: Database, _ symbol: UInt16) throws {
        let name = matcher.market.symbols[Int(symbol)].symbol
        let counts = [
            ("trades", "trade_id", matcher.tradeCount(on: symbol)),
            ("prevented", "prevented_id", matcher.preventedCount(on: symbol)),
        ]
        for (table, id, count) in counts {
            let found = try Self.count(db, "\(table) WHERE symbol = ?", [name])
            let last = try Int.fetchOne(
                db, sql: "SELECT max(\(id)) FROM \(table) WHERE symbol = ?", arguments: [name])
            guard found == Int(count), last ?? 0 == Int(count) else {
                throw Self.failure(
                    "\(name): \(found) rows of \(table) in the store, the last is \(last ?? 0); "
                        + "\(count) happened")
            }
        }
    }

    private mutating func compareBalances(_ db: Database) throws {
        var stored: [String: Row] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT * FROM balances") {
            stored["\(row["account"] as String) \(row["asset"] as String)"] = row
        }
        let funds = try Row.fetchAll(
            db, sql: "SELECT account, amount FROM deposits WHERE asset='*'"
        )
        .map { (accounts: $0["account"] as String, amount: $0["amount"] as Int64) }
        for account in matcher.accountNames {
            for state in matcher.balances(account: account) {
                let asset = matcher.market.assets[Int(state.asset)]
                let key = "\(account) \(asset.name)"
                if let row = stored.removeValue(forKey: key) {
                    let known = BalanceKey(account: account, asset: state.asset)
                    let seq: Int64 = changes[known].map { Int64($0) } ?? row["seq"]
                    try Self.compare(
                        row, "balances",
                        values(
                            0, account.description, asset.name, state.free, state.locked, seq))
                    rows += 1
                } else {
                    // What nothing but the FUND has changed has no row.
                    let funded = self.funded(account, asset.name, asset.scale, funds)
                    guard state.locked == 0, state.free == funded else {
                        throw Self.failure(
                            "the store has no balance \(key): \(state.free) free, \(state.locked) "
                                + "locked in the engine, \(funded) were funded")
                    }
                }
            }
        }
        if let key = stored.keys.min() {
            throw Self.failure("the store has a balance \(key), the engine has none")
        }
    }

    /// Units that FUND commands gave an account.
    private func funded(
        _ account: InlineText, _ asset: String, _ scale: Int,
        _ funds: [(accounts: String, amount: Int64)]
    ) -> Int64 {
        guard firstMarket.assets.contains(where: { $0.name == asset }),
            account.description.hasPrefix("u"), let n = Int(account.description.dropFirst())
        else { return 0 }
        let units = (0..<scale).reduce(Int64(1)) { units, _ in units * 10 }
        return funds.filter { fund in
            Int(fund.accounts.split(separator: ".").last?.dropFirst() ?? "").map { n <= $0 }
                ?? false
        }.reduce(0) { $0 + $1.amount * units }
    }

    // MARK: Rows

    private func values(_ values: any DatabaseValueConvertible...) -> [DatabaseValue] {
        values.map(\.databaseValue)
    }

    private func symbol(_ position: UInt16) -> String { matcher.market.name(ofSymbol: position) }
    private func asset(_ position: UInt16) -> String {
        matcher.market.assets[Int(position)].name
    }

    private func row(_ o: OrderState) -> [DatabaseValue] {
        values(
            symbol(o.symbol), Int64(o.orderID), o.account.description, o.clientOrderID.description,
            o.side.rawValue, o.postOnly ? 2 : o.type.rawValue, o.timeInForce.rawValue,
            o.selfTrade.rawValue, o.status.rawValue, o.expiry.rawValue, o.price, o.quantity,
            o.executed, o.canceled, o.prevented, o.quoteExecuted, Int64(o.createdNs),
            Int64(o.updatedNs), Int64(o.seq))
    }

    private func row(_ t: TradeEvent) -> [DatabaseValue] {
        values(
            symbol(t.symbol), Int64(t.tradeID), t.price, t.quantity, t.quote, Int64(t.makerOrder),
            Int64(t.takerOrder), t.maker.description, t.taker.description, t.takerSide.rawValue,
            t.makerFee, t.takerFee, Int64(t.timeNs), Int64(t.seq))
    }

    private func row(_ p: PreventedMatch) -> [DatabaseValue] {
        values(
            symbol(p.symbol), Int64(p.preventedID), p.account.description, p.price, p.quantity,
            p.mode.rawValue, Int64(p.makerOrder), Int64(p.takerOrder), Int64(p.timeNs), 0,
            Int64(p.seq))
    }

    private func row(_ r: Effects.Rejected) -> [DatabaseValue] {
        values(
            0, Int64(r.seq), r.account.description, r.clientOrderID.description, symbol(r.symbol),
            r.code)
    }

    private func row(_ d: Effects.DepositRow) -> [DatabaseValue] {
        values(
            0, Int64(d.seq), d.account.description, asset(d.asset), d.amount,
            d.depositID.description)
    }

    private static func row(_ f: Effects.FundRow) -> [DatabaseValue] {
        let values: [any DatabaseValueConvertible] = [
            0, Int64(f.seq), "u1..u\(f.fund.accounts)", "*", f.fund.amount, "fund",
        ]
        return values.map(\.databaseValue)
    }
}

extension Matcher {
    /// Orders ever accepted on a symbol.
    func orderCount(on symbol: UInt16) -> UInt64 { UInt64(books[Int(symbol)].index.count) }

    /// Matches ever prevented on a symbol.
    func preventedCount(on symbol: UInt16) -> UInt64 { books[Int(symbol)].lastPreventedID }

    /// An open or retained order by its number alone.
    func order(symbol: UInt16, orderID: UInt64) -> OrderState? {
        let slot = books[Int(symbol)].index.slot(of: orderID)
        return slot < 0 ? nil : order(at: slot).pointee.state
    }

    var accountNames: [InlineText] { Array(ledger.accounts.values) }
}
