// The .hlog files of a run, made from its write-ahead log when it is over: one per series that has
// samples, a line per window with samples, agents added up, in order of time.
//
// Two passes, so that an hour of a thousand series is never in memory: the first notes where each
// merged delta lies and which series there are (40 bytes a delta), the second takes the deltas in
// order of their windows, however late they came, and holds one window at a time:
//
//     log:    a w1, a w2, b w1, a w3, b w2 ...      places by window: w1 (a, b)  w2 (a, b)  w3 ...
//
// A coalesced delta is a line of its own with its real length, beside the single windows of other
// agents. Samples intended before `warmup` are lines tagged `warmup`, which readers leave out
// unless told. Series kept for one threshold are left out: their samples are in others too.

import HarnessCore
package import Telemetry

package enum RunHlogs {
    /// A file and whose samples it has.
    package struct File: Sendable, Equatable {
        package let name: String
        package let series: SeriesKey

        package init(name: String, series: SeriesKey) {
            self.name = name
            self.series = series
        }
    }
    static let warmupTag = "warmup"

    /// Writes the files of the run whose log is the folder `wal`.
    /// - Returns: the files by name; none where the log has no samples.
    /// - Throws: `CommandFailure` where a file cannot be written, `WalDamage` or `SystemError`
    ///   where the log cannot be read; nothing is left half written.
    package static func write(
        wal: String, startedAtUnixNs: Int64, into directory: RunDirectory
    ) throws -> [File] {
        let index = try LogIndex(wal: wal)
        let names = HlogNames.names(index.series)
        let files = GrowingFiles(directory)
        let head = Array(HistogramLogWriter.head(startedAtUnixNs: startedAtUnixNs).utf8)
        for name in names.values { try files.append(head, to: name) }
        let records = WalRecords(directory: wal)
        for interval in index.intervals {
            var window = OneInterval()
            for place in interval.places { window.merge(try records.delta(at: place)) }
            try window.write(interval.windows, names, to: files)
        }
        try files.finish()
        return names.map { File(name: $0.value, series: $0.key) }.sorted { $0.name < $1.name }
    }
}

/// Where the deltas of each interval are, and which series have samples.
private struct LogIndex {
    struct Interval {
        let windows: Range<UInt32>
        var places: [WalPlace]
    }
    private(set) var series = Set<SeriesKey>()
    private(set) var intervals: [Interval] = []

    init(wal: String) throws {
        var entries: [(windows: Range<UInt32>, place: WalPlace)] = []
        try WalReplay.visit(directory: wal) { delta, place in
            var hasSamples = false
            for item in delta.series {
                guard let key = item.loggedKey else { continue }
                series.insert(key)
                hasSamples = true
            }
            if hasSamples { entries.append((delta.fromWindow..<delta.toWindow, place)) }
        }
        // Deltas of one interval in the order of the log: sums do not depend on it.
        entries.sort { a, b in
            (a.windows.lowerBound, a.windows.upperBound, a.place.segment, a.place.offset)
                < (b.windows.lowerBound, b.windows.upperBound, b.place.segment, b.place.offset)
        }
        for entry in entries {
            if intervals.last?.windows == entry.windows {
                intervals[intervals.count - 1].places.append(entry.place)
            } else {
                intervals.append(Interval(windows: entry.windows, places: [entry.place]))
            }
        }
    }
}

/// The samples of one interval, all agents together.
private struct OneInterval {
    private var ordinary: [SeriesKey: MergedHistogram] = [:]
    private var warmup: [SeriesKey: MergedHistogram] = [:]

    mutating func merge(_ delta: Delta) {
        for item in delta.series {
            guard let key = item.loggedKey, case .histogram(let h) = item.value else { continue }
            if item.key.isWarmup {
                warmup[key, default: MergedHistogram()].add(h)
            } else {
                ordinary[key, default: MergedHistogram()].add(h)
            }
        }
    }

    func write(
        _ windows: Range<UInt32>, _ names: [SeriesKey: String], to files: GrowingFiles
    ) throws {
        for (table, tag) in [(ordinary, nil), (warmup, RunHlogs.warmupTag as String?)] {
            for (key, histogram) in table {
                guard let name = names[key] else { continue }
                let line = try HistogramLogWriter.line(
                    histogram, start: .seconds(Int64(windows.lowerBound)),
                    length: .seconds(Int64(windows.count)), tag: tag)
                try files.append(line, to: name)
            }
        }
    }
}

extension SeriesDelta {
    /// The series whose log has these samples: a warm-up twin's ordinary one. nil for what is no
    /// histogram, has no samples, or is kept for one threshold.
    fileprivate var loggedKey: SeriesKey? {
        guard case .histogram(let h) = value, h.count > 0, !key.isSelected else { return nil }
        guard key.isWarmup else { return key }
        let tags = key.tags.filter { $0.name != "phase" }
        return SeriesKey(
            key.metric, Dictionary(tags.map { ($0.name, $0.value) }) { first, _ in first })
    }
}
