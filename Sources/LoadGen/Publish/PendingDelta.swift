// A cut that waits to be sent: it has no seq and no bytes yet, so it may still be joined with its
// neighbour (fleet.md section 3, coalescing). Joining adds counts exactly; only the resolution in
// time shrinks. Windows are seconds of run time.

package import Telemetry

package struct PendingDelta: Sendable, Equatable {
    package var fromWindow: UInt32
    /// Exclusive.
    package var toWindow: UInt32
    package var planRev: UInt32
    package var cutAtUs: Int64
    package var counters: RunCounters
    package var series: [SeriesDelta]
    package var isFinal: Bool
    package private(set) var isCoalesced = false
    /// What it will take in the spool, roughly; an upper bound for undeflated bodies.
    package private(set) var bytes: Int

    package init(
        fromWindow: UInt32, toWindow: UInt32, planRev: UInt32, cutAtUs: Int64,
        counters: RunCounters, series: [SeriesDelta], isFinal: Bool
    ) {
        self.fromWindow = fromWindow
        self.toWindow = toWindow
        self.planRev = planRev
        self.cutAtUs = cutAtUs
        self.counters = counters
        self.series = series
        self.isFinal = isFinal
        bytes = Self.estimate(series)
    }

    package var windows: UInt32 { toWindow - fromWindow }

    /// Takes in the next delta of the same epoch.
    package mutating func join(_ next: PendingDelta) {
        precondition(!isFinal && toWindow <= next.toWindow, "deltas are joined in order")
        var places: [SeriesKey: Int] = [:]
        for (i, item) in series.enumerated() { places[item.key] = i }
        for item in next.series {
            if let place = places[item.key] {
                series[place].value = Self.sum(series[place].value, item.value)
            } else {
                series.append(item)
            }
        }
        toWindow = next.toWindow
        planRev = next.planRev
        cutAtUs = next.cutAtUs
        counters = next.counters
        isFinal = next.isFinal
        isCoalesced = true
        bytes = Self.estimate(series)
    }

    private static func sum(_ a: SeriesDelta.Value, _ b: SeriesDelta.Value) -> SeriesDelta.Value {
        switch (a, b) {
        case (.counter(let x, _), .counter(let y, _)): .counter(delta: x + y, cum: 0)
        case (.gauge(let x), .gauge(let y)): .gauge(sum(x, y))
        case (.histogram(let x), .histogram(let y)): .histogram(sum(x, y))
        default: preconditionFailure("a series keeps its kind")
        }
    }

    private static func sum(_ a: GaugeDelta, _ b: GaugeDelta) -> GaugeDelta {
        if a.n == 0 { return b }
        if b.n == 0 { return a }
        return GaugeDelta(
            n: a.n + b.n, last: b.last, min: min(a.min, b.min), max: max(a.max, b.max),
            sum: a.sum &+ b.sum)
    }

    private static func sum(_ a: HistogramDelta, _ b: HistogramDelta) -> HistogramDelta {
        if a.count == 0 { return b }
        if b.count == 0 { return a }
        var over = a.over
        for (i, n) in b.over.enumerated() {
            if i < over.count { over[i] += n } else { over.append(n) }
        }
        return HistogramDelta(
            count: a.count + b.count, cum: 0, min: min(a.min, b.min), max: max(a.max, b.max),
            sum: a.sum + b.sum, over: over, buckets: merged(a.buckets, b.buckets))
    }

    /// Both lists ascend by index.
    private static func merged(
        _ a: [HistogramDelta.Bucket], _ b: [HistogramDelta.Bucket]
    ) -> [HistogramDelta.Bucket] {
        var out: [HistogramDelta.Bucket] = []
        out.reserveCapacity(a.count + b.count)
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            if j == b.count || (i < a.count && a[i].index < b[j].index) {
                out.append(a[i])
                i += 1
            } else if i == a.count || b[j].index < a[i].index {
                out.append(b[j])
                j += 1
            } else {
                out.append(.init(index: a[i].index, count: a[i].count + b[j].count))
                i += 1
                j += 1
            }
        }
        return out
    }

    private static func estimate(_ series: [SeriesDelta]) -> Int {
        var total = 256
        for item in series {
            // A fixed allowance for the key: its text is not built for an estimate.
            total += 96
            if case .histogram(let h) = item.value { total += 40 + 4 * h.buckets.count }
        }
        return total
    }
}
