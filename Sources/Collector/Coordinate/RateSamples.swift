// How fast the fleet goes, by what its heartbeats say: counters of now against those of a few
// seconds ago. For operators; no verdict rests on it. A value.

import HarnessCore
import Telemetry

struct RateSamples: Sendable {
    private static let span = TimeSpan.seconds(5)
    private var samples: [(at: Instant, totals: RunCounters)] = []

    mutating func add(_ totals: RunCounters, at now: Instant) {
        samples.append((now, totals))
        // The oldest that is kept is the one from just before the span.
        while samples.count > 2, now - samples[1].at >= Self.span { samples.removeFirst() }
    }

    /// Nil until there are two moments to compare.
    var rates: StatusRecord.Rates? {
        guard let old = samples.first, let new = samples.last, new.at > old.at else { return nil }
        let seconds = (new.at - old.at).seconds
        func rate(_ value: (RunCounters) -> UInt64) -> Double {
            // An agent that is gone takes its counters with it.
            let (a, b) = (value(old.totals), value(new.totals))
            return b > a ? Double(b - a) / seconds : 0
        }
        return StatusRecord.Rates(
            started: rate(\.started), completed: rate(\.completed), dropped: rate(\.dropped),
            transfers: rate(\.transfersEnded), failed: rate(\.transfersFailed))
    }
}
