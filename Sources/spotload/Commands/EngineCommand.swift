// `spotload engine`, in full `spotload engine serve`: the bundled engine as a service.

import ArgumentParser
import Engine
import Foundation
import HarnessCore

struct EngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "The bundled spot exchange as a service.",
        discussion: """
            Loopback only, unless there are API keys. Orders are acknowledged when they are in the
            journal (fdatasync); after a crash the same --data-dir brings every one of them back.

            Each flag may come from the environment: SPOTLOAD_ENGINE_MAX_LAG=5s is --max-lag 5s.
            """)

    @Option(help: "ADDR:PORT; port 0: any free one. Prints `listening http://...` once recovered.")
    var bind: String = "127.0.0.1:8080"

    @Option(help: "Journal, store and lock live here.")
    var dataDir: String = "./engine-data"

    @Option(help: "journal: the one log this version has.")
    var log: String = "journal"

    @Option(help: "sqlite, or none: no histories, nothing to sync but the journal.")
    var store: String = "sqlite"

    @Option(help: "Symbols file (YAML list); built-in symbols where there is none.")
    var symbols: String?

    @Option(help: "First start: accounts u1...uN are funded.")
    var accounts: Int = 1_000

    @Option(help: "First start: whole units of every asset for each account.")
    var fund: Int64 = 1_000_000

    @Option(help: "Commands without an outcome, at most; then -1008.")
    var maxInflight: Int = 10_000

    @Option(help: "Age of the oldest unstored command, at most; then -1008.")
    var maxLag: String = "2s"

    @Option(help: "API keys: a YAML list of key, secret, account, role; mode 0600.")
    var keys: String?

    @Option(help: "Requests per second of each account, at most; then -1003. 0: no limit.")
    var rateLimit: Int = 0

    @Option(help: "never or terminal: are client order ids free once their order has ended?")
    var clientIdReuse: String?

    @Option(help: "How long a request waits for its outcome; then 504.")
    var replyTimeout: String = "10s"

    @Option(help: "Replies wait for log (the journal's sync) or store (its commit, too).")
    var ack: String = "log"

    @Option(help: "Commands per store transaction, at most.")
    var storeBatch: Int = 1_000

    @Option(help: "Commands per store transaction, at least; waits for them up to --store-wait.")
    var storeMin: Int = 1

    @Option(help: "How long a store transaction waits for --store-min commands.")
    var storeWait: String = "100ms"

    @Option(help: "Connections to the store: a writer, and 1 to 7 readers.")
    var dbPool: Int = StoreDatabase.standardConnections

    @Option(help: "Event loop threads of the HTTP side.")
    var apiWorkers: Int = 1

    @Option(help: .hidden)
    var snapshotEvery: UInt64 = 1_000_000

    @Option(help: .hidden)
    var segmentBytes: Int = Limits.journalSegmentBytes

    @Flag(help: .hidden)
    var allowFaults = false

    @Flag(help: .hidden)
    var check = false

    func validate() throws {
        guard port != nil else {
            throw ValidationError("--bind takes ADDR:PORT, not \"\(bind)\"")
        }
        try validateSpans()
        guard [nil, "never", "terminal"].contains(clientIdReuse) else {
            throw ValidationError("--client-id-reuse takes never or terminal")
        }
        guard ["log", "store"].contains(ack) else {
            throw ValidationError("--ack takes log or store")
        }
        try Self.require("accounts", accounts, in: 0...10_000_000)
        try Self.require("fund", Int(fund), in: 0...Int.max)
        try Self.require("max-inflight", maxInflight, in: 1...Int.max)
        try Self.require("rate-limit", rateLimit, in: 0...1_000_000_000)
        try Self.require("store-batch", storeBatch, in: 1...Int.max)
        try Self.require("store-min", storeMin, in: 1...storeBatch)
        try Self.require("db-pool", dbPool, in: 2...8)
        try Self.require("api-workers", apiWorkers, in: 1...64)
        try Self.require("segment-bytes", segmentBytes, in: 4_096...Limits.journalSegmentBytes)
        guard snapshotEvery > 0 else {
            throw ValidationError("--snapshot-every takes 1 or more, not 0")
        }
    }

    private func validateSpans() throws {
        let spans = [
            ("max-lag", maxLag, "1us"), ("reply-timeout", replyTimeout, "1us"),
            ("store-wait", storeWait, "0s"),
        ]
        for (flag, text, least) in spans {
            guard let span = TimeSpan(text: text) else {
                throw ValidationError("--\(flag) takes a duration such as 2s, not \"\(text)\"")
            }
            guard let bound = TimeSpan(text: least), span >= bound else {
                throw ValidationError("--\(flag) takes \(least) or more, not \(text)")
            }
        }
    }

    private static func require(
        _ flag: String, _ value: Int, in range: ClosedRange<Int>
    ) throws {
        guard !range.contains(value) else { return }
        let wanted =
            range.upperBound == .max
            ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
        throw ValidationError("--\(flag) takes \(wanted), not \(value)")
    }

    private var port: Int? {
        guard let colon = bind.lastIndex(of: ":") else { return nil }
        return Int(bind[bind.index(after: colon)...]).flatMap {
            (0...65_535).contains($0) ? $0 : nil
        }
    }

    /// Without the brackets of an IPv6 address.
    private var host: String {
        let name = bind[..<(bind.lastIndex(of: ":") ?? bind.endIndex)]
        return name.hasPrefix("[") && name.hasSuffix("]")
            ? String(name.dropFirst().dropLast()) : String(name)
    }

    mutating func run() async throws {
        let options = try engineOptions()
        let fault = ProcessInfo.processInfo.environment["SPOTLOAD_ENGINE_FAULT"] ?? ""
        if allowFaults, !fault.isEmpty {
            try Faults.arm(fault)
        }
        let server = try await EngineServer.start(
            options, log: { Terminal.error("engine: \($0)") },
            onFatal: { message in
                Terminal.error("engine: \(message)")
                Foundation.exit(HarnessCore.ExitCode.internalError.rawValue)
            })
        // Before the line: who reads it may send a signal at once.
        let (signals, arrived) = AsyncStream.makeStream(of: Void.self)
        let watcher = SignalWatcher { n in
            if n > 1 { Foundation.exit(HarnessCore.ExitCode.interrupted.rawValue) }
            arrived.yield()
        }
        Terminal.output("listening \(server.url)\n")
        for await _ in signals { break }
        await server.stop()
        withExtendedLifetime(watcher) {}
    }

    private func engineOptions() throws -> EngineOptions {
        guard log == "journal" else {
            throw CommandFailure(
                .badConfiguration, "--log \(log): this version has the journal only")
        }
        guard let store = EngineOptions.Store(rawValue: store) else {
            throw CommandFailure(
                .badConfiguration, "--store \(store): this version has sqlite and none")
        }
        var options = EngineOptions(dataDirectory: dataDir)
        options.host = host
        options.port = port ?? 8_080
        options.store = store
        options.accounts = UInt32(accounts)
        options.fund = fund
        options.maxInflight = maxInflight
        options.maxLag = TimeSpan(text: maxLag) ?? .seconds(2)
        options.replyTimeout = TimeSpan(text: replyTimeout) ?? .seconds(10)
        options.batching = StoreWriter.Batching(
            most: storeBatch, least: storeMin,
            wait: TimeSpan(text: storeWait) ?? .milliseconds(100))
        options.repliesWhenStored = ack == "store"
        options.storeConnections = dbPool
        options.apiThreads = apiWorkers
        options.snapshotEvery = snapshotEvery
        options.segmentBytes = segmentBytes
        options.checks = check
        options.allowsFaults = allowFaults
        options.keysFile = keys
        options.rateLimit = rateLimit
        options.freesClientIDs = clientIdReuse.map { $0 == "terminal" }
        options.market = try symbols.map { try SymbolsOption.market(file: $0) }
        return options
    }
}
