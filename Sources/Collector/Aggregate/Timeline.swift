// The run over time: for every window and scenario a row of counts and percentiles, all agents
// together, warm-up included: this is what happened, not what is judged. Charts, timeseries.csv and
// the live page read it.
//
// Percentiles need the window's histograms of all agents. They are kept while the window is open,
// and become a few numbers when every agent has passed it. An agent that is far behind holds at
// most `openMax` windows open; what it reports of older ones still counts, but moves only maxima.
//
// Memory: `openMax` histograms of a few series while agents are behind; else about 500 bytes per
// window and scenario, of the latest `windowsMax` windows.

import Glibc
import Telemetry

/// Percentiles of one series in one window, ns.
package struct TimelineTrend: Sendable, Equatable {
    package var count: UInt64
    package var p50: UInt64
    package var p90: UInt64
    package var p95: UInt64
    package var p99: UInt64
    /// Exact.
    package var max: UInt64

    init?(_ histogram: MergedHistogram) {
        let percentiles = histogram.percentiles([50, 90, 95, 99])
        guard percentiles.count == 4 else { return nil }
        count = histogram.count
        p50 = percentiles[0]
        p90 = percentiles[1]
        p95 = percentiles[2]
        p99 = percentiles[3]
        max = histogram.max
    }
}

/// One window of one scenario.
package struct TimelineRow: Sendable, Equatable {
    /// Arrivals whose intended time lies in the window; 0 in the closed model.
    package var planned: UInt64 = 0
    package var started: UInt64 = 0
    /// Iterations that ended by themselves.
    package var completed: UInt64 = 0
    package var requests: UInt64 = 0
    package var failed: UInt64 = 0
    package var dropped: UInt64 = 0
    /// Arrivals fired more than 100 ms late.
    package var late: UInt64 = 0
    /// Sum of the agents' last values; nil until one was reported.
    package var vus: Int64?
    /// nil: no samples, or the window is still open.
    package var response: TimelineTrend?
    package var service: TimelineTrend?
    package var lag: TimelineTrend?
    package var vuWait: TimelineTrend?
    package var connWait: TimelineTrend?
    /// Failed requests by error class.
    package var errors: [String: UInt64] = [:]
    /// Response times per row of `HeatScale`, ascending by row; empty while the window is open.
    package var heat: [HeatCell] = []
}

/// Samples of one row of the heat map.
package struct HeatCell: Sendable, Equatable {
    package var row: UInt8
    package var count: UInt32
}

/// The rows of the heat map: eight a decade, from 10 us.
package enum HeatScale {
    package static let rows = 64
    private static let perDecade = 8.0
    private static let lowestNs = 10_000.0

    package static func row(ofNs value: UInt64) -> Int {
        let position = log10(Double(max(value, 1)) / lowestNs) * perDecade
        return min(rows - 1, max(0, Int(position.rounded(.down))))
    }

    /// By bucket of a histogram: a logarithm for each would be most of what a window costs.
    fileprivate static let rowOfBucket: [UInt8] = (0..<HistogramLayout.bucketCount).map {
        UInt8(row(ofNs: HistogramLayout.lowestEquivalent($0)))
    }

    /// Where a row begins, ns; row 0 has everything below as well.
    package static func lowerBoundNs(_ row: Int) -> Double {
        lowestNs * pow(10, Double(row) / perDecade)
    }
}

package struct Timeline: Sendable, Equatable {
    static let windowsMax = 86_400
    static let openMax: UInt32 = 128

    /// By window, then by scenario.
    package private(set) var rows: [UInt32: [String: TimelineRow]] = [:]
    /// Agents in whose window the generator added delay.
    package private(set) var tainted: [UInt32: Int] = [:]
    /// One more than the newest window.
    package private(set) var end: UInt32 = 0
    private var open: [UInt32: [String: OpenWindow]] = [:]
    private var sealedBelow: UInt32 = 0

    /// What becomes percentiles later: by `Trend`.
    private struct OpenWindow: Equatable {
        private var histograms = [MergedHistogram](
            repeating: MergedHistogram(), count: Trend.allCases.count)

        subscript(trend: Trend) -> MergedHistogram {
            get { histograms[trend.rawValue] }
            _modify { yield &histograms[trend.rawValue] }
        }
    }

    package init() {}

    package func row(_ window: UInt32, scenario: String) -> TimelineRow? {
        rows[window]?[scenario]
    }

    /// - Precondition: an ordinary series, not one kept for a selector.
    mutating func merge(_ item: SeriesDelta, window: UInt32) {
        guard let scenario = item.key["scenario"] else { return }
        extend(to: window)
        switch item.value {
        case .counter(let n, _):
            guard n > 0 else { return }
            rows[window, default: [:]][scenario, default: TimelineRow()].count(item.key, n)
        case .gauge(let gauge) where item.key.metric == "vus" && gauge.n > 0:
            let known = rows[window]?[scenario]?.vus ?? 0
            rows[window, default: [:]][scenario, default: TimelineRow()].vus = known &+ gauge.last
        case .gauge: break
        case .histogram(let h):
            guard h.count > 0 else { return }
            merge(h, metric: item.key.metric, scenario: scenario, window: window)
        }
    }

    private mutating func merge(
        _ delta: HistogramDelta, metric: String, scenario: String, window: UInt32
    ) {
        guard let trend = Trend(metric: metric) else { return }
        guard window < sealedBelow else {
            open[window, default: [:]][scenario, default: OpenWindow()][trend].add(delta)
            return
        }
        // Too late for a percentile; what is the largest is known all the same.
        rows[window]?[scenario]?[keyPath: trend.place]?.noteLate(delta)
    }

    mutating func noteTaint(window: UInt32) {
        extend(to: window)
        tainted[window, default: 0] += 1
    }

    /// Every window below is complete: its percentiles are final.
    mutating func seal(below complete: UInt32) {
        let bound = max(complete, end > Self.openMax ? end - Self.openMax : 0)
        guard bound > sealedBelow else { return }
        sealedBelow = bound
        for window in open.keys where window < bound {
            for (scenario, histograms) in open.removeValue(forKey: window) ?? [:] {
                var row = rows[window]?[scenario] ?? TimelineRow()
                for trend in Trend.allCases {
                    row[keyPath: trend.place] = TimelineTrend(histograms[trend])
                }
                row.heat = Self.heat(histograms[.response])
                rows[window, default: [:]][scenario] = row
            }
        }
    }

    private mutating func extend(to window: UInt32) {
        guard window >= end else { return }
        end = window + 1
        guard end > Self.windowsMax, rows.count > Self.windowsMax else { return }
        let first = end - UInt32(Self.windowsMax)
        rows = rows.filter { $0.key >= first }
        tainted = tainted.filter { $0.key >= first }
    }

    private static func heat(_ histogram: MergedHistogram) -> [HeatCell] {
        let counts = histogram.grouped(by: HeatScale.rowOfBucket, groups: HeatScale.rows)
        return counts.enumerated().filter { $1 > 0 }.map {
            HeatCell(row: UInt8($0), count: UInt32(clamping: $1))
        }
    }
}

private enum Trend: Int, CaseIterable {
    case response, service, lag, vuWait, connWait

    init?(metric: String) {
        switch metric {
        case "http_req_response_time": self = .response
        case "http_req_duration": self = .service
        case "schedule_lag": self = .lag
        case "vu_wait": self = .vuWait
        case "conn_wait": self = .connWait
        default: return nil
        }
    }

    var place: WritableKeyPath<TimelineRow, TimelineTrend?> {
        switch self {
        case .response: \.response
        case .service: \.service
        case .lag: \.lag
        case .vuWait: \.vuWait
        case .connWait: \.connWait
        }
    }
}

extension TimelineTrend {
    fileprivate mutating func noteLate(_ delta: HistogramDelta) {
        count += delta.count
        max = Swift.max(max, delta.max)
    }
}

extension TimelineRow {
    fileprivate mutating func count(_ key: SeriesKey, _ n: UInt64) {
        switch key.metric {
        case "arrivals": planned += n
        case "iterations_started": started += n
        case "iterations": completed += n
        case "http_reqs": requests += n
        case "http_req_failed" where key["rate"] == "true": failed += n
        case "dropped_iterations": dropped += n
        case "iterations_late": late += n
        case "http_req_errors": errors[key["error"] ?? "other", default: 0] += n
        default: break
        }
    }
}
