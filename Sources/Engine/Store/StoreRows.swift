// Effects as rows. Statements stay prepared, integers are bound as they are, and names of symbols
// and assets are made once per batch; of an order or balance only the last state in the batch is
// written.

import GRDB
import HarnessCore

/// A prepared statement whose parameters are bound in their order, row after row.
private struct RowStatement {
    private let statement: Statement
    private let handle: SQLiteStatement
    private var position: CInt = 0

    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    /// Begins a row. Arguments that GRDB does not know of are kept over `execute`.
    mutating func begin() {
        statement.setUncheckedArguments(StatementArguments())
        position = 0
    }

    mutating func bind(_ value: some StatementBinding) {
        position += 1
        _ = value.bind(to: handle, at: position)
    }

    mutating func bind(_ value: UInt64) { bind(Int64(bitPattern: value)) }

    mutating func bind(_ text: InlineText) {
        bind(text.withBytes { String(decoding: $0, as: UTF8.self) })
    }

    func execute() throws { try statement.execute() }
}

/// Writes into the tables; used within one transaction.
struct StoreRows {
    private let db: Database
    private let market: Market
    private let symbols: [String]
    private let assets: [String]

    init(market: Market, db: Database) {
        self.db = db
        self.market = market
        symbols = market.symbols.map(\.symbol)
        assets = market.assets.map(\.name)
    }

    func write(_ effects: Effects, _ progress: StoreProgress) throws {
        try writeOrders(effects.orders)
        try writeTrades(effects.trades)
        try writeBalances(effects.balances, except: effects.funds)
        try writeDeposits(effects)
        try writePrevented(effects.prevented)
        try writeRejects(effects.rejects)
        try db.cachedStatement(
            sql: """
                INSERT INTO progress VALUES (0, 0, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
                SET epoch = excluded.epoch, seq = excluded.seq, log_pos = excluded.log_pos,
                event_hash = excluded.event_hash, updated = excluded.updated
                WHERE excluded.seq >= seq
                """
        ).execute(arguments: [
            Int64(progress.epoch), Int64(progress.seq), Int64(progress.logPosition),
            Int64(bitPattern: progress.eventHash), WallClock.unixNs(),
        ])
    }

    private func writeOrders(_ orders: [OrderState]) throws {
        guard !orders.isEmpty else { return }
        var row = try RowStatement(
            db,
            """
            INSERT INTO orders VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
            ON CONFLICT DO UPDATE SET status = excluded.status, expiry = excluded.expiry,
            qty = excluded.qty, executed = excluded.executed, canceled = excluded.canceled,
            prevented = excluded.prevented, quote = excluded.quote, updated = excluded.updated,
            seq = excluded.seq WHERE excluded.seq >= seq
            """)
        var last = [OrderKey: Int](minimumCapacity: orders.count)
        for (i, order) in orders.enumerated() { last[OrderKey(order)] = i }
        for (i, o) in orders.enumerated() where last[OrderKey(o)] == i {
            row.begin()
            row.bind(symbols[Int(o.symbol)])
            row.bind(o.orderID)
            row.bind(o.account)
            row.bind(o.clientOrderID)
            row.bind(o.side.rawValue)
            row.bind(o.storedType)
            row.bind(o.timeInForce.rawValue)
            row.bind(o.selfTrade.rawValue)
            row.bind(o.status.rawValue)
            row.bind(o.expiry.rawValue)
            row.bind(o.price)
            row.bind(o.quantity)
            row.bind(o.executed)
            row.bind(o.canceled)
            row.bind(o.prevented)
            row.bind(o.quoteExecuted)
            row.bind(o.createdNs)
            row.bind(o.updatedNs)
            row.bind(o.seq)
            try row.execute()
        }
    }

    private struct OrderKey: Hashable {
        var symbol: UInt16
        var id: UInt64

        init(_ order: OrderState) {
            symbol = order.symbol
            id = order.orderID
        }
    }

    private func writeTrades(_ trades: [TradeEvent]) throws {
        guard !trades.isEmpty else { return }
        var row = try RowStatement(
            db, "INSERT OR IGNORE INTO trades VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
        for t in trades {
            row.begin()
            row.bind(symbols[Int(t.symbol)])
            row.bind(t.tradeID)
            row.bind(t.price)
            row.bind(t.quantity)
            row.bind(t.quote)
            row.bind(t.makerOrder)
            row.bind(t.takerOrder)
            row.bind(t.maker)
            row.bind(t.taker)
            row.bind(t.takerSide.rawValue)
            row.bind(t.makerFee)
            row.bind(t.takerFee)
            row.bind(t.timeNs)
            row.bind(t.seq)
            try row.execute()
        }
    }

    /// A FUND is one row of `deposits`; a balance that nothing else has changed has no row.
    private func writeBalances(
        _ balances: [BalanceState], except funds: [Effects.FundRow]
    ) throws {
        guard !balances.isEmpty else { return }
        var row = try RowStatement(
            db,
            """
            INSERT INTO balances VALUES (0,?,?,?,?,?) ON CONFLICT DO UPDATE SET
            free = excluded.free, locked = excluded.locked, seq = excluded.seq
            WHERE excluded.seq >= seq
            """)
        let isFunded = Set(funds.map(\.seq))
        var last = [BalanceKey: Int](minimumCapacity: min(balances.count, 4_096))
        for (i, b) in balances.enumerated() where isFunded.isEmpty || !isFunded.contains(b.seq) {
            last[BalanceKey(b)] = i
        }
        for (i, b) in balances.enumerated() where last[BalanceKey(b)] == i {
            row.begin()
            row.bind(b.account)
            row.bind(assets[Int(b.asset)])
            row.bind(b.free)
            row.bind(b.locked)
            row.bind(b.seq)
            try row.execute()
        }
    }

    private struct BalanceKey: Hashable {
        var account: InlineText
        var asset: UInt16

        init(_ balance: BalanceState) {
            account = balance.account
            asset = balance.asset
        }
    }

    private func writeDeposits(_ effects: Effects) throws {
        guard !effects.deposits.isEmpty || !effects.funds.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO deposits VALUES (0,?,?,?,?,?)")
        for d in effects.deposits {
            try statement.execute(arguments: [
                Int64(d.seq), d.account.description, assets[Int(d.asset)], d.amount,
                d.depositID.description,
            ])
        }
        // Whole units of every asset.
        for f in effects.funds {
            try statement.execute(arguments: [
                Int64(f.seq), "u1..u\(f.fund.accounts)", "*", f.fund.amount, "fund",
            ])
        }
    }

    private func writePrevented(_ matches: [PreventedMatch]) throws {
        guard !matches.isEmpty else { return }
        var row = try RowStatement(
            db, "INSERT OR IGNORE INTO prevented VALUES (?,?,?,?,?,?,?,?,?,0,?)")
        for p in matches {
            row.begin()
            row.bind(symbols[Int(p.symbol)])
            row.bind(p.preventedID)
            row.bind(p.account)
            row.bind(p.price)
            row.bind(p.quantity)
            row.bind(p.mode.rawValue)
            row.bind(p.makerOrder)
            row.bind(p.takerOrder)
            row.bind(p.timeNs)
            row.bind(p.seq)
            try row.execute()
        }
    }

    private func writeRejects(_ rejects: [Effects.Rejected]) throws {
        guard !rejects.isEmpty else { return }
        var row = try RowStatement(db, "INSERT OR IGNORE INTO rejects VALUES (0,?,?,?,?,?)")
        for r in rejects {
            row.begin()
            row.bind(r.seq)
            row.bind(r.account)
            row.bind(r.clientOrderID)
            row.bind(market.name(ofSymbol: r.symbol))
            row.bind(r.code)
            try row.execute()
        }
    }

    func writeSymbols() throws {
        for rules in market.symbols {
            try db.execute(
                sql: "INSERT OR REPLACE INTO symbols VALUES (?,?,?,?,?,?,?,?,?,0)",
                arguments: [
                    rules.symbol, rules.base, rules.quote, rules.tickUnits, rules.tickDecimals,
                    rules.stepUnits, rules.stepDecimals, rules.baseScale, rules.quoteScale,
                ])
        }
    }
}

extension OrderState {
    /// `orders.type`: LIMIT, MARKET, LIMIT_MAKER.
    var storedType: UInt8 { postOnly ? 2 : type.rawValue }
}
