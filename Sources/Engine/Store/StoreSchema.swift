// The tables of the store, their version, and what is done with a file of another version.
//
// Names are text; prices are ticks, quantities lots, amounts units of 10^-scale of their asset,
// times Unix ns; sides, types and states are the numbers of `Effects.swift` (type 2: LIMIT_MAKER).
// The `symbols` table has what turns ticks and lots into decimals.

import GRDB
import HarnessCore

enum StoreSchema {
    /// `PRAGMA user_version` of the tables below. 0 was the first one: without `prevented` and
    /// `symbols`, and its orders forgot that they were LIMIT_MAKER.
    static let version = 2

    /// By name, with the columns of their key. What an export may ask for.
    static let tables: [(name: String, key: [String])] = [
        ("orders", ["symbol", "order_id"]), ("trades", ["symbol", "trade_id"]),
        ("balances", ["shard", "account", "asset"]), ("deposits", ["shard", "seq"]),
        ("prevented", ["symbol", "prevented_id"]), ("rejects", ["shard", "seq"]),
        ("symbols", ["symbol"]), ("progress", ["shard", "writer"]),
    ]

    /// A command may prevent several matches, so their key is the match, not the seq.
    private static let definition = """
        CREATE TABLE orders (
            symbol TEXT NOT NULL, order_id INTEGER NOT NULL, account TEXT NOT NULL,
            client_id TEXT NOT NULL, side INTEGER NOT NULL, type INTEGER NOT NULL,
            tif INTEGER NOT NULL, stp INTEGER NOT NULL, status INTEGER NOT NULL,
            expiry INTEGER NOT NULL, price INTEGER NOT NULL, qty INTEGER NOT NULL,
            executed INTEGER NOT NULL, canceled INTEGER NOT NULL, prevented INTEGER NOT NULL,
            quote INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
            seq INTEGER NOT NULL, PRIMARY KEY (symbol, order_id)) WITHOUT ROWID;
        CREATE INDEX orders_by_client ON orders (account, client_id);
        CREATE TABLE trades (
            symbol TEXT NOT NULL, trade_id INTEGER NOT NULL, price INTEGER NOT NULL,
            qty INTEGER NOT NULL, quote INTEGER NOT NULL, maker_order INTEGER NOT NULL,
            taker_order INTEGER NOT NULL, maker TEXT NOT NULL, taker TEXT NOT NULL,
            taker_side INTEGER NOT NULL, maker_fee INTEGER NOT NULL, taker_fee INTEGER NOT NULL,
            time INTEGER NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (symbol, trade_id)) WITHOUT ROWID;
        CREATE INDEX trades_by_maker ON trades (maker, symbol, trade_id);
        CREATE INDEX trades_by_taker ON trades (taker, symbol, trade_id);
        CREATE TABLE balances (
            shard INTEGER NOT NULL, account TEXT NOT NULL, asset TEXT NOT NULL,
            free INTEGER NOT NULL, locked INTEGER NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (shard, account, asset)) WITHOUT ROWID;
        CREATE TABLE deposits (
            shard INTEGER NOT NULL, seq INTEGER NOT NULL, account TEXT NOT NULL,
            asset TEXT NOT NULL, amount INTEGER NOT NULL, deposit_id TEXT NOT NULL,
            PRIMARY KEY (shard, seq)) WITHOUT ROWID;
        CREATE TABLE prevented (
            symbol TEXT NOT NULL, prevented_id INTEGER NOT NULL, account TEXT NOT NULL,
            price INTEGER NOT NULL, qty INTEGER NOT NULL, stp INTEGER NOT NULL,
            maker_order INTEGER NOT NULL, taker_order INTEGER NOT NULL, time INTEGER NOT NULL,
            shard INTEGER NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (symbol, prevented_id)) WITHOUT ROWID;
        CREATE INDEX prevented_by_maker ON prevented (symbol, maker_order);
        CREATE INDEX prevented_by_taker ON prevented (symbol, taker_order);
        CREATE TABLE rejects (
            shard INTEGER NOT NULL, seq INTEGER NOT NULL, account TEXT NOT NULL,
            client_id TEXT NOT NULL, symbol TEXT NOT NULL, code INTEGER NOT NULL,
            PRIMARY KEY (shard, seq)) WITHOUT ROWID;
        CREATE INDEX rejects_by_client ON rejects (account, client_id);
        CREATE TABLE symbols (
            symbol TEXT NOT NULL PRIMARY KEY, base TEXT NOT NULL, quote TEXT NOT NULL,
            tick INTEGER NOT NULL, tick_decimals INTEGER NOT NULL, step INTEGER NOT NULL,
            step_decimals INTEGER NOT NULL, base_scale INTEGER NOT NULL,
            quote_scale INTEGER NOT NULL, shard INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE progress (
            shard INTEGER NOT NULL, writer INTEGER NOT NULL, epoch INTEGER NOT NULL,
            seq INTEGER NOT NULL, log_pos INTEGER NOT NULL, event_hash INTEGER NOT NULL,
            updated INTEGER NOT NULL, PRIMARY KEY (shard, writer)) WITHOUT ROWID;
        """

    /// Makes the tables where there are none. Tables of an older version are dropped and made anew,
    /// empty and with watermark 0: the engine fills them again from its journal.
    ///
    /// - Returns: that older tables were dropped.
    /// - Throws: `StoreFault.newer` for a version that this program does not know.
    static func prepare(_ db: Database) throws -> Bool {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if found == version { return false }
        guard found < version else { throw StoreFault.newer(found) }
        let old = try tables.map(\.name).filter { try db.tableExists($0) }
        for name in old { try db.execute(sql: "DROP TABLE \(name)") }
        try db.execute(sql: definition)
        try db.execute(sql: "PRAGMA user_version = \(version)")
        return !old.isEmpty
    }
}

/// What makes a store unusable for good, beside SQLite's own errors.
enum StoreFault: Error, CustomStringConvertible {
    /// Made by a later version of this program.
    case newer(Int)
    /// The file was removed or replaced while the engine ran: what is written goes nowhere.
    case lost(String)

    var description: String {
        switch self {
        case .newer(let version):
            "its tables are version \(version), this program knows \(StoreSchema.version): use "
                + "the program that made it, or move the file away: it is made again from the "
                + "journal"
        case .lost(let path):
            "\(path) was removed or replaced while the engine ran: start the engine again, it "
                + "makes the store anew from the journal"
        }
    }

    /// No retry can help: SQLite says that the file is damaged, or it is gone.
    static func isFinal(_ error: any Error) -> Bool {
        if error is StoreFault { return true }
        guard let error = error as? DatabaseError else { return false }
        return [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
    }

    /// One line: what is wrong and what to do.
    static func text(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        let cause = error.message ?? "\(error.resultCode)"
        return switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            "locked by another process (\(cause)): end it or wait for it"
        case .SQLITE_FULL: "no room left (\(cause)): free some"
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            "cannot be written (\(cause)): check the file, its directory and their rights"
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            "damaged, or no SQLite database (\(cause)): move it away, the engine makes it again "
                + "from the journal"
        default: cause
        }
    }

    /// How a command that cannot open or fill the store ends: 104 for a newer store, 70 for a
    /// damaged one, else 69.
    static func failure(_ error: any Error, path: String) -> CommandFailure {
        if let known = error as? CommandFailure { return known }
        let code: ExitCode
        if case .newer? = error as? StoreFault {
            code = .badConfiguration
        } else {
            code = isFinal(error) ? .internalError : .unavailable
        }
        return CommandFailure(code, "store \(path): \(text(error))")
    }
}
