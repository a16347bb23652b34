// The engine as a process: lock, recovery, threads, HTTP; and its orderly end.

import Foundation
package import HarnessCore
import NIOCore
import NIOPosix

package struct EngineOptions: Sendable {
    package enum Store: String, Sendable { case sqlite, none }
    package var host = "127.0.0.1"
    package var port = 8080
    package var dataDirectory: String
    package var market = Market.builtIn
    package var store = Store.sqlite
    package var accounts: UInt32 = 1_000
    /// Whole units of every asset.
    package var fund: Int64 = 1_000_000
    package var maxInflight = 10_000
    package var maxLag: TimeSpan = .seconds(2)
    package var replyTimeout: TimeSpan = .seconds(10)
    package var batching = StoreWriter.Batching()
    /// Connections to the store: a writer, and readers.
    package var storeConnections = StoreDatabase.standardConnections
    package var apiThreads = 1

    package init(dataDirectory: String) { self.dataDirectory = dataDirectory }
}

/// A running engine.
package final class EngineServer: Sendable {
    package let url: String
    private let shard: Shard
    private let storeWriter: StoreWriter?
    private let channel: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let lock: DirectoryLock

    private init(
        url: String, shard: Shard, storeWriter: StoreWriter?, channel: any Channel,
        group: MultiThreadedEventLoopGroup, lock: DirectoryLock
    ) {
        self.url = url
        self.shard = shard
        self.storeWriter = storeWriter
        self.channel = channel
        self.group = group
        self.lock = lock
    }

    /// Recovers what is in the data directory and listens.
    ///
    /// - Parameters:
    ///   - log: lines for the operator, e.g. a torn tail.
    ///   - onFatal: called where the journal can no longer be trusted: the process must end.
    /// - Throws: `CommandFailure` 69 (directory in use, port busy), 70 (corrupt), 104 (bad
    ///   options).
    package static func start(
        _ options: EngineOptions, log: @escaping @Sendable (String) -> Void,
        onFatal: @escaping @Sendable (String) -> Void
    ) async throws -> EngineServer {
        guard LoopbackHost.isLoopback(name: options.host) else {
            throw CommandFailure(
                .badConfiguration,
                "--bind \(options.host): beyond loopback the engine needs API keys, "
                    + "which this version lacks"
            )
        }
        let journalDirectory = options.dataDirectory + "/s0/journal"
        do {
            try FileManager.default.createDirectory(
                atPath: journalDirectory, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .unavailable, "cannot create \(journalDirectory): \(error.localizedDescription)")
        }
        let lock = try DirectoryLock(path: options.dataDirectory + "/LOCK")
        try checkMarket(options)
        let statistics = EngineStatistics()
        let store = try openStore(options, statistics, log: log)
        let (shard, storeWriter) = try recover(
            options, journalDirectory: journalDirectory, store: store, statistics: statistics,
            log: log, onFatal: onFatal)
        let api = TradingAPI(
            market: options.market, shard: shard, store: store, storeWriter: storeWriter,
            statistics: statistics)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.apiThreads)
        let channel: any Channel
        do {
            channel = try await bind(options, api: api, group: group)
        } catch {
            shard.close()
            storeWriter?.close()
            // The port is the error to tell; the group's end adds nothing.
            try? await group.shutdownGracefully()
            throw CommandFailure(
                .unavailable, "cannot listen on \(options.host):\(options.port): \(error)")
        }
        let port = channel.localAddress?.port ?? options.port
        return EngineServer(
            url: "http://\(options.host):\(port)", shard: shard, storeWriter: storeWriter,
            channel: channel, group: group, lock: lock)
    }

    /// Refuses another market than the one the journal was written for; remembers a new one.
    private static func checkMarket(_ options: EngineOptions) throws(CommandFailure) {
        let path = options.dataDirectory + "/engine.json"
        let record = "{\"v\":1,\"market\":\"\(options.market.fingerprint)\"}\n"
        // Not there: a new directory, or one from before this file; nothing to compare with.
        let known = try? String(contentsOfFile: path, encoding: .utf8)
        guard known != record else { return }
        guard known == nil else {
            throw CommandFailure(
                .badConfiguration,
                "\(options.dataDirectory) was made with other symbols or filters: its journal "
                    + "would mean something else; give the same --symbols, or another --data-dir")
        }
        do {
            try Data(record.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(.unavailable, "cannot write \(path): \(error)")
        }
    }

    private static func openStore(
        _ options: EngineOptions, _ statistics: EngineStatistics,
        log: @Sendable (String) -> Void
    ) throws(CommandFailure) -> StoreDatabase? {
        guard options.store == .sqlite else { return nil }
        let store = try StoreDatabase(
            path: options.dataDirectory + "/store.sqlite3", connections: options.storeConnections,
            wait: statistics.poolWait)
        if store.wasOutdated {
            log("store: its tables were of an older version; they are made again from the journal")
        }
        try store.write(symbolsOf: options.market)
        return store
    }

    /// Replays the journal, makes effects the store lacks again, funds a new engine.
    private static func recover(
        _ options: EngineOptions, journalDirectory: String, store: StoreDatabase?,
        statistics: EngineStatistics, log: @escaping @Sendable (String) -> Void,
        onFatal: @escaping @Sendable (String) -> Void
    ) throws -> (Shard, StoreWriter?) {
        let market = options.market
        let matcher = Matcher(market: market)
        var missing = Effects()
        let stored = try store?.progress() ?? 0
        do {
            try JournalSegment.syncAll(journalDirectory)
        } catch {
            throw CommandFailure(.unavailable, "journal: \(error)")
        }
        let recovery = try JournalReader.recover(
            directory: journalDirectory
        ) { command throws(CommandFailure) in
            var effects = Effects()
            _ = matcher.apply(command, effects: &effects)
            guard let store, command.seq > stored else { return }
            missing.append(effects)
            guard command.seq % 4_096 == 0 else { return }
            try flush(&missing, to: store, upTo: command.seq, market)
        }
        if recovery.tornBytes > 0 {
            log("journal: a torn tail of \(recovery.tornBytes) bytes was zeroed")
        }
        guard recovery.lastSeq >= stored else {
            throw CommandFailure(
                .internalError,
                "the store is at seq \(stored), the journal ends at \(recovery.lastSeq): "
                    + "they do not belong together"
            )
        }
        let journal: JournalWriter
        do {
            journal = try JournalWriter(directory: journalDirectory, recovery: recovery)
        } catch {
            throw CommandFailure(.unavailable, "journal: \(error)")
        }
        if recovery.lastSeq == 0, options.accounts > 0 {
            try fund(options, matcher, journal, &missing)
        }
        if let store, matcher.lastSeq > stored {
            try flush(&missing, to: store, upTo: matcher.lastSeq, market)
        }
        statistics.recovered(seq: matcher.lastSeq)
        let writer = store.map {
            StoreWriter(
                database: $0, market: market, batching: options.batching,
                storedSeq: matcher.lastSeq, statistics: statistics, onFatal: onFatal)
        }
        let shard = Shard(
            matcher: matcher, journal: journal, store: writer,
            limits: .init(inflight: options.maxInflight, lag: options.maxLag),
            statistics: statistics, onFatal: onFatal)
        return (shard, writer)
    }

    private static func fund(
        _ options: EngineOptions, _ matcher: Matcher, _ journal: JournalWriter,
        _ effects: inout Effects
    ) throws {
        let total = Int128(options.fund) * Int128(options.accounts) * 100_000_000
        guard options.fund >= 0, total <= Int128(Int64.max) else {
            throw CommandFailure(
                .badConfiguration,
                "--accounts \(options.accounts) x --fund \(options.fund) does not fit in 64 bits")
        }
        let command = Command(
            seq: 1, receivedNs: UInt64(WallClock.unixNs()),
            body: .fund(Fund(accounts: options.accounts, amount: options.fund)))
        try journal.append([command])
        _ = matcher.apply(command, effects: &effects)
    }

    private static func flush(
        _ effects: inout Effects, to store: StoreDatabase, upTo seq: UInt64, _ market: Market
    ) throws(CommandFailure) {
        do {
            try store.apply(effects, upTo: seq, market: market)
        } catch {
            throw StoreFault.failure(error, path: store.path)
        }
        effects.removeAll()
    }

    private static func bind(
        _ options: EngineOptions, api: TradingAPI, group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        let outboxes = group.makeIterator().map { Outbox(loop: $0) }
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let outbox = outboxes.first { $0.loop === channel.eventLoop }
                    try channel.pipeline.syncOperations.addHandler(
                        HTTPConnection(
                            api: api, outbox: outbox ?? Outbox(loop: channel.eventLoop),
                            replyTimeout: options.replyTimeout))
                }
            }
            .bind(host: options.host, port: options.port).get()
    }

    /// Refuses orders, finishes what waits, stores it, ends.
    package func stop() async {
        await withCheckedContinuation { continuation in
            _ = DedicatedThread(name: "engine-stop") { [shard, storeWriter] in
                shard.close()
                storeWriter?.close()
                continuation.resume()
            }
        }
        // Both are on their way out with the process; an error here changes nothing.
        try? await channel.close()
        try? await group.shutdownGracefully()
        withExtendedLifetime(lock) {}
    }
}

/// An flock on the data directory: a second process is refused.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    init(path: String) throws(CommandFailure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.unavailable, "\(SystemError("open", subject: path))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure(
                .unavailable, "\(path) is held: another engine uses this data directory")
        }
    }

    deinit { close(descriptor) }
}
