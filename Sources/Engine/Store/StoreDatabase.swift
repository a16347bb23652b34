// The SQLite projection: tables, and one transaction per batch of effects. Every row is an absolute
// state guarded by its seq, so applying a batch twice changes nothing (engine.md 5).

import GRDB
package import HarnessCore
import Synchronization

/// The store's file. Used by the store thread; reads go through GRDB's pool from anywhere.
package final class StoreDatabase: Sendable {
    private let pool: DatabasePool
    private let inUse = Atomic(0)
    /// Connections the pool has at most: the writer's and the readers'.
    package let connectionLimit: Int

    /// Opens or creates `path` in WAL mode with synchronous FULL.
    package init(path: String) throws(CommandFailure) {
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            // A cache that holds the upper pages of the indexes, and a WAL long enough that a page
            // changed by many batches is copied back once.
            try db.execute(
                sql: """
                    PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;
                    PRAGMA wal_autocheckpoint = 2000
                    """)
        }
        connectionLimit = 1 + configuration.maximumReaderCount
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            try pool.write { try $0.execute(sql: Self.schema) }
        } catch {
            throw CommandFailure(.unavailable, "store \(path): \(error)")
        }
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS orders (
            symbol TEXT NOT NULL, order_id INTEGER NOT NULL, account TEXT NOT NULL,
            client_id TEXT NOT NULL, side INTEGER NOT NULL, type INTEGER NOT NULL,
            tif INTEGER NOT NULL, stp INTEGER NOT NULL, status INTEGER NOT NULL,
            expiry INTEGER NOT NULL, price INTEGER NOT NULL, qty INTEGER NOT NULL,
            executed INTEGER NOT NULL, canceled INTEGER NOT NULL, prevented INTEGER NOT NULL,
            quote INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
            seq INTEGER NOT NULL, PRIMARY KEY (symbol, order_id)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS orders_by_client ON orders (account, client_id);
        CREATE TABLE IF NOT EXISTS trades (
            symbol TEXT NOT NULL, trade_id INTEGER NOT NULL, price INTEGER NOT NULL,
            qty INTEGER NOT NULL, quote INTEGER NOT NULL, maker_order INTEGER NOT NULL,
            taker_order INTEGER NOT NULL, maker TEXT NOT NULL, taker TEXT NOT NULL,
            taker_side INTEGER NOT NULL, maker_fee INTEGER NOT NULL, taker_fee INTEGER NOT NULL,
            time INTEGER NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (symbol, trade_id)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS trades_by_maker ON trades (maker, symbol, trade_id);
        CREATE INDEX IF NOT EXISTS trades_by_taker ON trades (taker, symbol, trade_id);
        CREATE TABLE IF NOT EXISTS balances (
            shard INTEGER NOT NULL, account TEXT NOT NULL, asset TEXT NOT NULL,
            free INTEGER NOT NULL, locked INTEGER NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (shard, account, asset)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS deposits (
            shard INTEGER NOT NULL, seq INTEGER NOT NULL, account TEXT NOT NULL,
            asset TEXT NOT NULL, amount INTEGER NOT NULL, deposit_id TEXT NOT NULL,
            PRIMARY KEY (shard, seq)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS rejects (
            shard INTEGER NOT NULL, seq INTEGER NOT NULL, account TEXT NOT NULL,
            client_id TEXT NOT NULL, symbol TEXT NOT NULL, code INTEGER NOT NULL,
            PRIMARY KEY (shard, seq)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS progress (
            shard INTEGER NOT NULL, writer INTEGER NOT NULL, seq INTEGER NOT NULL,
            updated INTEGER NOT NULL, PRIMARY KEY (shard, writer)) WITHOUT ROWID;
        """

    /// Last command whose effects are all here; 0 for a new store.
    package func progress() throws(CommandFailure) -> UInt64 {
        do {
            let seq = try pool.read {
                try Int64.fetchOne(
                    $0, sql: "SELECT seq FROM progress WHERE shard = 0 AND writer = 0")
            }
            return UInt64(seq ?? 0)
        } catch {
            throw CommandFailure(.unavailable, "store: \(error)")
        }
    }

    /// Connections that somebody works with now, 0 to `connectionLimit`.
    package var connectionsInUse: Int { inUse.load(ordering: .relaxed) }

    private func using<T>(_ body: () throws -> T) rethrows -> T {
        inUse.add(1, ordering: .relaxed)
        defer { inUse.subtract(1, ordering: .relaxed) }
        return try body()
    }

    func read(
        sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> [Row] {
        try pool.read { db in try using { try Row.fetchAll(db, sql: sql, arguments: arguments) } }
    }

    /// Writes `effects` and the watermark `seq` in one transaction.
    package func apply(_ effects: Effects, upTo seq: UInt64, market: Market) throws {
        Faults.pass(.beforeStoreBegin)
        try pool.write { db in
            Faults.pass(.afterStoreBegin)
            try using { try Self.write(effects, upTo: seq, market, db) }
            Faults.pass(.beforeCommit)
        }
        Faults.pass(.afterCommit)
    }

    private static func write(
        _ effects: Effects, upTo seq: UInt64, _ market: Market, _ db: Database
    ) throws {
        try writeOrders(effects.orders, market, db)
        try writeTrades(effects.trades, market, db)
        try writeBalances(effects.balances, market, db)
        try writeDeposits(effects, market, db)
        try writeRejects(effects.rejects, market, db)
        try db.execute(
            sql: """
                INSERT INTO progress VALUES (0, 0, ?, ?) ON CONFLICT DO UPDATE
                SET seq = excluded.seq, updated = excluded.updated
                WHERE excluded.seq >= seq
                """, arguments: [Int64(seq), WallClock.unixNs()])
    }

    /// The last state in the batch of each order only.
    private static func writeOrders(
        _ orders: [OrderState], _ market: Market, _ db: Database
    ) throws {
        guard !orders.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO orders VALUES (?,?,?,?,?,?,?,0,?,0,?,?,?,?,0,?,?,?,?)
                ON CONFLICT DO UPDATE SET status = excluded.status, executed = excluded.executed,
                canceled = excluded.canceled, quote = excluded.quote, updated = excluded.updated,
                seq = excluded.seq WHERE excluded.seq >= seq
                """)
        var last: [OrderKey: Int] = [:]
        for (i, order) in orders.enumerated() {
            last[OrderKey(symbol: order.symbol, id: order.orderID)] = i
        }
        for (i, o) in orders.enumerated()
        where last[OrderKey(symbol: o.symbol, id: o.orderID)] == i {
            try statement.execute(arguments: [
                market.symbols[Int(o.symbol)].symbol, Int64(o.orderID), o.account.description,
                o.clientOrderID.description, o.side.rawValue, o.type.rawValue,
                o.timeInForce.rawValue, o.status.rawValue, o.price, o.quantity, o.executed,
                o.canceled, o.quoteExecuted, Int64(o.createdNs), Int64(o.updatedNs), Int64(o.seq),
            ])
        }
    }

    private struct OrderKey: Hashable {
        var symbol: UInt16
        var id: UInt64
    }

    private static func writeTrades(
        _ trades: [TradeEvent], _ market: Market, _ db: Database
    ) throws {
        guard !trades.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO trades VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
        for t in trades {
            try statement.execute(arguments: [
                market.symbols[Int(t.symbol)].symbol, Int64(t.tradeID), t.price, t.quantity,
                t.quote, Int64(t.makerOrder), Int64(t.takerOrder), t.maker.description,
                t.taker.description, t.takerSide.rawValue, t.makerFee, t.takerFee,
                Int64(t.timeNs), Int64(t.seq),
            ])
        }
    }

    private static func writeBalances(
        _ balances: [BalanceState], _ market: Market, _ db: Database
    ) throws {
        guard !balances.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO balances VALUES (0,?,?,?,?,?) ON CONFLICT DO UPDATE SET
                free = excluded.free, locked = excluded.locked, seq = excluded.seq
                WHERE excluded.seq >= seq
                """)
        var last: [BalanceKey: Int] = [:]
        for (i, balance) in balances.enumerated() {
            last[BalanceKey(account: balance.account, asset: balance.asset)] = i
        }
        for (i, b) in balances.enumerated()
        where last[BalanceKey(account: b.account, asset: b.asset)] == i {
            try statement.execute(arguments: [
                b.account.description, market.assets[Int(b.asset)].name, b.free, b.locked,
                Int64(b.seq),
            ])
        }
    }

    private struct BalanceKey: Hashable {
        var account: InlineText
        var asset: UInt16
    }

    private static func writeDeposits(
        _ effects: Effects, _ market: Market, _ db: Database
    ) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO deposits VALUES (0,?,?,?,?,?)")
        for d in effects.deposits {
            try statement.execute(arguments: [
                Int64(d.seq), d.account.description, market.assets[Int(d.asset)].name, d.amount,
                d.depositID.description,
            ])
        }
        for f in effects.funds {
            try statement.execute(arguments: [
                Int64(f.seq), "u1..u\(f.fund.accounts)", "*", f.fund.amount, "fund",
            ])
        }
    }

    private static func writeRejects(
        _ rejects: [Effects.Rejected], _ market: Market, _ db: Database
    ) throws {
        guard !rejects.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO rejects VALUES (0,?,?,?,?,?)")
        for r in rejects {
            try statement.execute(arguments: [
                Int64(r.seq), r.account.description, r.clientOrderID.description,
                market.name(ofSymbol: r.symbol), r.code,
            ])
        }
    }
}
