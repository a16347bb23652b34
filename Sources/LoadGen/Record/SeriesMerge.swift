// The same series of several workers, joined into one before it leaves the agent. Pure.

import ScenarioModel
import Telemetry

enum SeriesMerge {
    /// Adds up what has the same key, in the order of first appearance.
    /// - Complexity: O(series + buckets).
    static func join(_ parts: [[SeriesDelta]]) -> [SeriesDelta] {
        var out: [SeriesDelta] = []
        var positions: [SeriesKey: Int] = [:]
        for item in parts.joined() {
            if let i = positions[item.key] {
                out[i].value = sum(out[i].value, item.value, metric: item.key.metric)
            } else {
                positions[item.key] = out.count
                out.append(item)
            }
        }
        return out
    }

    private static func sum(
        _ a: SeriesDelta.Value, _ b: SeriesDelta.Value, metric: String
    ) -> SeriesDelta.Value {
        switch (a, b) {
        case (.counter(let x, let cumX), .counter(let y, let cumY)):
            return .counter(delta: x + y, cum: cumX + cumY)
        case (.gauge(let x), .gauge(let y)):
            if metric.hasPrefix("health_") { return .gauge(worse(x, y)) }
            return .gauge(BuiltInMetrics.kinds[metric] == .gauge ? sum(x, y) : either(x, y))
        case (.histogram(let x), .histogram(let y)): return .histogram(sum(x, y))
        default: preconditionFailure("a series has one kind")
        }
    }

    /// Of a health signal the worse worker's counts.
    private static func worse(_ a: GaugeDelta, _ b: GaugeDelta) -> GaugeDelta {
        a.max >= b.max ? a : b
    }

    /// Of a gauge of the document's own one worker's value: which was set last in the window is not
    /// known.
    private static func either(_ a: GaugeDelta, _ b: GaugeDelta) -> GaugeDelta {
        GaugeDelta(
            n: a.n + b.n, last: b.n > 0 ? b.last : a.last, min: min(a.min, b.min),
            max: max(a.max, b.max), sum: a.sum + b.sum)
    }

    /// VUs of two workers add up.
    private static func sum(_ a: GaugeDelta, _ b: GaugeDelta) -> GaugeDelta {
        GaugeDelta(
            n: max(a.n, b.n), last: a.last + b.last, min: a.min + b.min, max: a.max + b.max,
            sum: a.sum + b.sum)
    }

    private static func sum(_ a: HistogramDelta, _ b: HistogramDelta) -> HistogramDelta {
        var out = HistogramDelta(
            count: a.count + b.count, cum: a.cum + b.cum, min: min(a.min, b.min),
            max: max(a.max, b.max), sum: a.sum + b.sum, over: zip(a.over, b.over).map { $0 + $1 },
            buckets: [])
        out.buckets.reserveCapacity(a.buckets.count + b.buckets.count)
        var (i, j) = (0, 0)
        while i < a.buckets.count || j < b.buckets.count {
            if j == b.buckets.count
                || (i < a.buckets.count && a.buckets[i].index < b.buckets[j].index)
            {
                out.buckets.append(a.buckets[i])
                i += 1
            } else if i == a.buckets.count || b.buckets[j].index < a.buckets[i].index {
                out.buckets.append(b.buckets[j])
                j += 1
            } else {
                out.buckets.append(
                    .init(index: a.buckets[i].index, count: a.buckets[i].count + b.buckets[j].count)
                )
                i += 1
                j += 1
            }
        }
        return out
    }
}
