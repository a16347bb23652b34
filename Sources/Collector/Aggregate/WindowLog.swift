// The run over time. `WindowLog` keeps a few numbers per window and scenario for the whole run
// (the latest 86,400 windows); `RecentWindows` keeps the series themselves, sparse as they came,
// for as long as a window threshold or the progress line looks back.

import Telemetry

/// One second of one scenario, all agents together.
package struct WindowStats: Sendable, Equatable {
    package var planned: UInt64 = 0
    package var completed: UInt64 = 0
    package var requests: UInt64 = 0
    package var failed: UInt64 = 0
    package var dropped: UInt64 = 0
    package var late: UInt64 = 0
    /// Of the response times, ns.
    package var responseCount: UInt64 = 0
    package var responseSumNs: UInt64 = 0
    package var responseMaxNs: UInt64 = 0

    mutating func merge(_ item: SeriesDelta) {
        switch item.value {
        case .counter(let n, _):
            switch item.key.metric {
            case "arrivals": planned += n
            case "iterations": completed += n
            case "http_reqs": requests += n
            case "http_req_failed" where item.key["rate"] == "true": failed += n
            case "dropped_iterations": dropped += n
            case "iterations_late": late += n
            default: break
            }
        case .histogram(let h) where item.key.metric == "http_req_response_time":
            responseCount += h.count
            responseSumNs &+= h.sum
            responseMaxNs = max(responseMaxNs, h.max)
        case .histogram, .gauge: break
        }
    }
}

/// Warm-up included: this is what happened, not what is judged.
package struct WindowLog: Sendable, Equatable {
    static let windowsMax = 86_400
    package private(set) var windows: [UInt32: [String: WindowStats]] = [:]
    private var newest: UInt32 = 0

    mutating func merge(_ item: SeriesDelta, window: UInt32) {
        guard let scenario = item.key["scenario"] else { return }
        windows[window, default: [:]][scenario, default: WindowStats()].merge(item)
        guard window > newest else { return }
        newest = window
        let limit = UInt32(Self.windowsMax)
        if windows.count > Self.windowsMax, newest >= limit {
            windows = windows.filter { $0.key > newest - limit }
        }
    }

    package func stats(scenario: String, window: UInt32) -> WindowStats? {
        windows[window]?[scenario]
    }
}

/// The series of the last `depth` windows, of the metrics that someone looks back at.
package struct RecentWindows: Sendable {
    struct Entry: Sendable {
        let item: SeriesDelta
        let slot: UInt32
        let order: DeltaOrder
    }
    /// In windows, some late ones included.
    let depth: UInt32
    let metrics: Set<String>
    private var windows: [UInt32: [Entry]] = [:]
    private var newest: UInt32 = 0

    init(depth: UInt32, metrics: Set<String>) {
        self.depth = depth
        self.metrics = metrics
    }

    mutating func merge(_ entry: Entry, window: UInt32) {
        guard metrics.contains(entry.item.key.metric) else { return }
        guard window + depth >= newest else { return }
        windows[window, default: []].append(entry)
        guard window > newest else { return }
        newest = window
        windows = windows.filter { $0.key + depth >= newest }
    }

    /// The kept series of the windows `range`, added up.
    package func table(_ range: Range<UInt32>) -> SeriesTable {
        var table = SeriesTable()
        for (window, entries) in windows where range.contains(window) {
            for entry in entries {
                table.merge(entry.item, slot: entry.slot, order: entry.order)
            }
        }
        return table
    }
}
