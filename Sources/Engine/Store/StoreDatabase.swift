// The SQLite projection: one transaction per batch of effects with the watermark in it. Every row
// is an absolute state guarded by its seq, so applying a batch twice changes nothing (engine.md 5).
//
// `StoreSchema.swift` has the tables, `StoreRows.swift` writes them, `StoreOrders.swift`,
// `StoreTrades.swift` and `StoreExport.swift` read them.

import GRDB
import Glibc
package import HarnessCore
import Synchronization

/// How far the store is: the row of `progress`.
package struct StoreProgress: Sendable, Equatable {
    /// Raised by a new owner of a Redis log; 0 with the journal.
    package var epoch: UInt64 = 0
    /// Last command whose effects are all here.
    package var seq: UInt64
    /// Where its record is in the log. With the journal a record is found by its seq: the same.
    package var logPosition: UInt64
    /// Of all effects up to `seq`, where the matcher tells it; else 0.
    package var eventHash: UInt64 = 0

    package init(seq: UInt64, eventHash: UInt64 = 0) {
        self.seq = seq
        logPosition = seq
        self.eventHash = eventHash
    }
}

/// The store's file. Written by the store thread; reads go through the pool from any thread.
package final class StoreDatabase: Sendable {
    /// A writer and two readers (engine.md 5).
    package static let standardConnections = 3

    package let path: String
    private let pool: DatabasePool
    private let inUse = Atomic(0)
    private let wait: DurationHistogram?
    /// Device and inode of the file when it was opened.
    private let identity: FileIdentity?
    /// Connections the pool has at most: the writer's and the readers'.
    package let connectionLimit: Int
    /// Tables of an older version were there and have been made anew.
    package let wasOutdated: Bool

    /// Opens or creates `path` in WAL mode with synchronous FULL.
    ///
    /// - Parameters:
    ///   - connections: a writer and at least one reader.
    ///   - wait: how long users of a connection waited for it.
    /// - Throws: 69 where it cannot be opened or is locked, 70 where it is damaged, 104 where a
    ///   newer version made it.
    package convenience init(path: String) throws(CommandFailure) {
        try self.init(path: path, connections: Self.standardConnections, wait: nil)
    }

    init(path: String, connections: Int, wait: DurationHistogram?) throws(CommandFailure) {
        var configuration = Configuration()
        configuration.maximumReaderCount = max(1, connections - 1)
        // A moment for a writer from outside; the store thread then tries again by itself.
        configuration.busyMode = .timeout(1)
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
        self.path = path
        self.wait = wait
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            wasOutdated = try pool.write { try StoreSchema.prepare($0) }
        } catch {
            throw StoreFault.failure(error, path: path)
        }
        identity = FileIdentity(path)
    }

    /// How far it is; seq 0 for a new store.
    package func progress() throws(CommandFailure) -> UInt64 {
        do {
            return try read(Self.seq).0
        } catch {
            throw StoreFault.failure(error, path: path)
        }
    }

    private static func seq(_ db: Database) throws -> UInt64 {
        let statement = try db.cachedStatement(
            sql: "SELECT seq FROM progress WHERE shard = 0 AND writer = 0")
        return UInt64(try Int64.fetchOne(statement) ?? 0)
    }

    /// Connections that somebody works with now, 0 to `connectionLimit`.
    package var connectionsInUse: Int { inUse.load(ordering: .relaxed) }

    private func using<T>(since asked: Instant, _ body: () throws -> T) rethrows -> T {
        wait?.record(Instant.now() - asked)
        inUse.add(1, ordering: .relaxed)
        defer { inUse.subtract(1, ordering: .relaxed) }
        return try body()
    }

    /// Reads one consistent state, and says up to which seq it goes. Blocks: call it off the event
    /// loops and the matcher.
    ///
    /// - Parameter asked: when it began to wait for a connection.
    func read<T>(
        since asked: Instant = .now(), _ body: (Database) throws -> T
    ) throws -> (T, seq: UInt64) {
        try pool.read { db in
            try using(since: asked) { (try body(db), seq: try Self.seq(db)) }
        }
    }

    func read(
        sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> [Row] {
        try read { try Row.fetchAll($0, sql: sql, arguments: arguments) }.0
    }

    /// Writes `effects` and the watermark in one transaction.
    package func apply(_ effects: Effects, upTo seq: UInt64, market: Market) throws {
        try apply(effects, StoreProgress(seq: seq), market: market)
    }

    func apply(_ effects: Effects, _ progress: StoreProgress, market: Market) throws {
        // SQLite goes on writing to a file that has no name any more.
        guard FileIdentity(path) == identity else { throw StoreFault.lost(path) }
        let asked = Instant.now()
        Faults.pass(.beforeStoreBegin)
        try pool.write { db in
            Faults.pass(.afterStoreBegin)
            try using(since: asked) {
                try StoreRows(market: market, db: db).write(effects, progress)
            }
            Faults.pass(.beforeCommit)
        }
        Faults.pass(.afterCommit)
    }

    /// Notes the symbols: what a reader of the tables needs to know of them.
    package func write(symbolsOf market: Market) throws(CommandFailure) {
        do {
            try pool.write { try StoreRows(market: market, db: $0).writeSymbols() }
        } catch {
            throw StoreFault.failure(error, path: path)
        }
    }
}

/// Which file a path names.
private struct FileIdentity: Equatable, Sendable {
    var device: UInt
    var inode: UInt

    /// Nil where there is none.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
    }
}
