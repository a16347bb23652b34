// What a data directory remembers of itself besides journal and store: engine.json with the symbols
// it began with. Records name symbols by position, so the journal is read from its beginning with
// these; later symbols come by CONFIG commands in the journal itself.

import Foundation
import HarnessCore

/// The paths within a data directory, and its engine.json.
struct EngineDirectory {
    let path: String

    var journal: String { path + "/s0/journal" }
    var snapshots: String { path + "/s0/snapshot" }
    var lock: String { path + "/LOCK" }
    var store: String { path + "/store.sqlite3" }
    private var file: String { path + "/engine.json" }

    /// Makes what is missing.
    func create() throws(CommandFailure) {
        for directory in [journal, snapshots] {
            if let reason = Self.make(directory) {
                throw CommandFailure(.unavailable, "cannot create \(directory): \(reason)")
            }
        }
        do {
            try SnapshotFile.removeUnfinished(snapshots)
        } catch {
            throw CommandFailure(.unavailable, "\(error)")
        }
    }

    /// `mkdir -p`; the reason where it cannot be.
    private static func make(_ directory: String) -> String? {
        var path = directory.hasPrefix("/") ? "/" : ""
        for part in directory.split(separator: "/") {
            path += part + "/"
            if mkdir(path, 0o755) != 0, errno != EEXIST { return String(cString: strerror(errno)) }
        }
        return nil
    }

    /// Whether there has been a command or a snapshot.
    private var isUsed: Bool {
        // What cannot be listed is left to recovery, which says why.
        let snapshots = (try? SnapshotFile.list(snapshots)) ?? []
        let segments = (try? JournalSegment.list(journal)) ?? []
        return !snapshots.isEmpty || segments.count > 1
            || segments.contains { JournalReader.hasRecords(journal + "/" + $0) }
    }

    /// The symbols the first command was given under. A directory without commands takes `wanted`.
    func firstMarket(wanted: Market?) throws(CommandFailure) -> Market {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            if FileManager.default.fileExists(atPath: file) {
                throw CommandFailure(.unavailable, "cannot read \(file): \(error)")
            }
            // Without it nobody can say what the records mean, but who gives the symbols.
            guard wanted != nil || !isUsed else {
                throw CommandFailure(
                    .internalError,
                    "\(file) is missing, and with it the symbols that the journal began with: "
                        + "bring it back, or give --symbols as at the first start")
            }
            let market = wanted ?? .builtIn
            try remember(market, freesClientIDs: false)
            return market
        }
        let known = try market(data, wanted)
        guard let wanted, wanted != known, !isUsed else { return known }
        try remember(wanted, freesClientIDs: try freesClientIDs(data))
        return wanted
    }

    /// Whether client ids are free once their order has ended: as the first command was given. A
    /// directory without commands takes `wanted`. Called after `firstMarket`.
    func freesClientIDs(wanted: Bool?) throws(CommandFailure) -> Bool {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw CommandFailure(.unavailable, "cannot read \(file): \(error)")
        }
        let known = try freesClientIDs(data)
        guard let wanted, wanted != known else { return known }
        guard !isUsed else {
            throw CommandFailure(
                .badConfiguration,
                "\(path) was made with --client-id-reuse \(known ? "terminal" : "never"): "
                    + "its journal would mean something else; leave the flag out, or take another "
                    + "--data-dir")
        }
        try remember(try market(data, nil), freesClientIDs: wanted)
        return wanted
    }

    private func freesClientIDs(_ data: Data) throws(CommandFailure) -> Bool {
        do {
            let record = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            // Absent in directories from before there was a choice: never.
            return record?["clientIdReuse"] as? String == "terminal"
        } catch {
            throw CommandFailure(.internalError, "\(file) is damaged: \(error)")
        }
    }

    private func market(_ data: Data, _ wanted: Market?) throws(CommandFailure) -> Market {
        let record: [String: Any]
        let symbols: Data
        do {
            record = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
            symbols = try JSONSerialization.data(withJSONObject: record["symbols"] ?? [])
        } catch {
            throw CommandFailure(.internalError, "\(file) is damaged: \(error)")
        }
        switch record["v"] as? Int {
        case 1:
            return try firstVersion(record["market"] as? String, wanted)
        case 2:
            guard record["shards"] as? Int == 1 else {
                throw CommandFailure(.badConfiguration, "\(file): this version has one shard")
            }
            return try Market.load(yaml: String(decoding: symbols, as: UTF8.self), file: file)
        default:
            throw CommandFailure(.badConfiguration, "\(file) is not of this engine's version")
        }
    }

    /// Version 1 had a digest of the symbols in place of them.
    private func firstVersion(
        _ fingerprint: String?, _ wanted: Market?
    ) throws(CommandFailure) -> Market {
        let market = wanted ?? .builtIn
        guard fingerprint == market.fingerprint else {
            throw CommandFailure(
                .badConfiguration,
                "\(path) was made with other symbols: give the same --symbols once more, so that "
                    + "they can be remembered")
        }
        try remember(market, freesClientIDs: false)
        return market
    }

    private func remember(
        _ market: Market, freesClientIDs: Bool
    ) throws(CommandFailure) {
        let reuse = freesClientIDs ? ",\"clientIdReuse\":\"terminal\"" : ""
        let text = "{\"v\":2,\"shards\":1\(reuse),\"symbols\":\(market.json)}\n"
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
            try JournalSegment.syncDirectory(path)
        } catch {
            throw CommandFailure(.unavailable, "cannot write \(file): \(error)")
        }
    }
}
