// A histogram of durations as Prometheus exposes it: 0.5 ms to 10 s, doubling; where most are
// shorter, with finer buckets below. Any thread.

import HarnessCore
import Synchronization

final class DurationHistogram: Sendable {
    private let bounds: [TimeSpan]
    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }
    private let state: Mutex<State>

    /// - Parameter finer: how often the lowest bound, 0.5 ms, is halved: 0...9.
    init(finer: Int = 0) {
        bounds = (-finer..<15).map { .nanoseconds($0 < 0 ? 500_000 >> -$0 : 500_000 << $0) }
        state = Mutex(State(counts: [UInt64](repeating: 0, count: 16 + finer)))
    }

    func record(_ span: TimeSpan) {
        let i = bounds.firstIndex { span <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[i] += 1
            $0.sum += span.seconds
        }
    }

    /// Prometheus text lines of histogram `name`; `label` such as `route="x"` or empty.
    func exposition(_ name: String, label: String = "") -> String {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        let labels = label.isEmpty ? "" : "{\(label)}"
        var text = ""
        var cumulative: UInt64 = 0
        for (i, count) in counts.enumerated() {
            cumulative += count
            let bound = i < bounds.count ? String(bounds[i].seconds) : "+Inf"
            let comma = label.isEmpty ? "" : ","
            text += "\(name)_bucket{\(label)\(comma)le=\"\(bound)\"} \(cumulative)\n"
        }
        return text + "\(name)_sum\(labels) \(sum)\n\(name)_count\(labels) \(cumulative)\n"
    }

    var count: UInt64 { state.withLock { $0.counts.reduce(0, +) } }
}
