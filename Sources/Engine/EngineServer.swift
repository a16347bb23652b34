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
    /// Nil: those of the data directory; of a new one the built-in symbols.
    package var market: Market?
    package var store = Store.sqlite
    package var accounts: UInt32 = 1_000
    /// Whole units of every asset.
    package var fund: Int64 = 1_000_000
    package var maxInflight = 10_000
    package var maxLag: TimeSpan = .seconds(2)
    package var replyTimeout: TimeSpan = .seconds(10)
    /// How long a request may take to arrive, and its answer to be read.
    package var stallLimit: TimeSpan = .seconds(30)
    package var batching = StoreWriter.Batching()
    /// Connections to the store: a writer, and readers.
    package var storeConnections = StoreDatabase.standardConnections
    package var apiThreads = 1
    /// Commands between two snapshots.
    package var snapshotEvery: UInt64 = 1_000_000
    /// Of a journal segment.
    package var segmentBytes = Limits.journalSegmentBytes
    /// Compares what was recovered with the store and the whole journal before it listens.
    package var checks = false
    /// The audit route answers.
    package var allowsFaults = false
    /// API keys; nil: none, on loopback only.
    package var keysFile: String?
    /// Requests per second and account; 0: no limit.
    package var rateLimit = 0
    /// Replies wait for the store's commit; it takes a store.
    package var repliesWhenStored = false
    /// Client ids are free once their order has ended; nil: as the data directory was made.
    package var freesClientIDs: Bool?

    package init(dataDirectory: String) { self.dataDirectory = dataDirectory }

    /// Host and port as a URL has them.
    func authority(_ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// A running engine.
package final class EngineServer: Sendable {
    private static let stopLimit: TimeSpan = .milliseconds(9_500)
    package let url: String
    private let shard: Shard
    private let storeWriter: StoreWriter?
    private let snapshots: SnapshotMaker
    private let channel: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let lock: DirectoryLock

    private init(
        url: String, shard: Shard, storeWriter: StoreWriter?, snapshots: SnapshotMaker,
        channel: any Channel, group: MultiThreadedEventLoopGroup, lock: DirectoryLock
    ) {
        self.url = url
        self.shard = shard
        self.storeWriter = storeWriter
        self.snapshots = snapshots
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
        guard options.keysFile != nil || LoopbackHost.isLoopback(name: options.host) else {
            throw CommandFailure(
                .badConfiguration,
                "--bind \(options.host): beyond loopback the engine needs API keys; "
                    + "give --keys FILE")
        }
        guard !options.repliesWhenStored || options.store != .none else {
            throw CommandFailure(
                .badConfiguration,
                "--ack store: with --store none there is no store to wait for; use --ack log")
        }
        let keys = try options.keysFile.map { path throws(CommandFailure) in
            try KeyFile.load(path: path)
        }
        let directory = EngineDirectory(path: options.dataDirectory)
        try directory.create()
        let lock = try DirectoryLock(path: directory.lock)
        let statistics = EngineStatistics()
        let store = try openStore(options, directory, statistics, log: log)
        var recovery = try EngineRecovery(options, directory, store: store, log: log)
        let (matcher, journal) = try recovery.run()
        if options.checks {
            log(
                try EngineCheck(
                    directory: directory, firstMarket: recovery.firstMarket,
                    matcherOptions: recovery.matcherOptions, store: store
                ).run(matcher))
        }
        let market = matcher.market
        try store?.write(symbolsOf: market)
        statistics.recovered(seq: matcher.lastSeq)
        let storeWriter = store.map {
            StoreWriter(
                database: $0, market: market, batching: options.batching,
                storedSeq: matcher.lastSeq, statistics: statistics, onFatal: onFatal)
        }
        let snapshots = SnapshotMaker(
            place: .init(
                journal: directory.journal, snapshots: directory.snapshots,
                market: recovery.firstMarket, options: recovery.matcherOptions),
            lastSeq: matcher.lastSeq, every: options.snapshotEvery,
            watermark: { storeWriter?.storedSeq ?? .max }, log: log, onFatal: onFatal)
        let shard = Shard(
            matcher: matcher, journal: journal, store: storeWriter, snapshots: snapshots,
            limits: .init(
                inflight: options.maxInflight, lag: options.maxLag,
                repliesWhenStored: options.repliesWhenStored),
            statistics: statistics, onFatal: onFatal)
        let api = TradingAPI(
            market: market, shard: shard, store: store, storeWriter: storeWriter,
            snapshots: snapshots, allowsAudit: options.allowsFaults, statistics: statistics,
            keys: keys, rateLimit: options.rateLimit)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.apiThreads)
        let channel: any Channel
        do {
            channel = try await bind(options, api: api, group: group)
        } catch {
            snapshots.close()
            shard.close()
            storeWriter?.close()
            // The port is the error to tell; the group's end adds nothing.
            try? await group.shutdownGracefully()
            throw CommandFailure(
                .unavailable,
                "cannot listen on \(options.authority(options.port)): " + Self.reason(error)
                    + "; --bind ADDR:PORT names another place")
        }
        let port = channel.localAddress?.port ?? options.port
        return EngineServer(
            url: "http://\(options.authority(port))", shard: shard, storeWriter: storeWriter,
            snapshots: snapshots, channel: channel, group: group, lock: lock)
    }

    private static func openStore(
        _ options: EngineOptions, _ directory: EngineDirectory, _ statistics: EngineStatistics,
        log: @Sendable (String) -> Void
    ) throws(CommandFailure) -> StoreDatabase? {
        guard options.store == .sqlite else { return nil }
        let store = try StoreDatabase(
            path: directory.store, connections: options.storeConnections,
            wait: statistics.poolWait)
        if store.wasOutdated {
            log("store: its tables were of an older version; they are made again from the journal")
        }
        return store
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }

    private static func bind(
        _ options: EngineOptions, api: TradingAPI, group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        let outboxes = group.makeIterator().map { Outbox(loop: $0) }
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let outbox = outboxes.first { $0.loop === channel.eventLoop }
                    try channel.pipeline.syncOperations.addHandler(
                        HTTPConnection(
                            api: api, outbox: outbox ?? Outbox(loop: channel.eventLoop),
                            replyTimeout: options.replyTimeout,
                            stallLimit: options.stallLimit))
                }
            }
            .bind(host: options.host, port: options.port).get()
    }

    /// Refuses orders, finishes what waits, snapshots and stores it, ends.
    ///
    /// Takes `stopLimit` at most: what is left then is in the journal.
    package func stop() async {
        let isDone = Semaphore()
        _ = DedicatedThread(name: "engine-stop") { [shard, storeWriter, snapshots] in
            snapshots.close()
            shard.close { snapshots.writeLast($0, position: $1) }
            storeWriter?.close()
            snapshots.trim()
            isDone.signal()
        }
        await withCheckedContinuation { continuation in
            _ = DedicatedThread(name: "engine-stop-limit") {
                isDone.wait(upTo: Self.stopLimit)
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
