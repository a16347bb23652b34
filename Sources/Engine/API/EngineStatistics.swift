// Counters and histograms behind /metrics. Written from several threads, each entry by itself.

package import HarnessCore
import Synchronization

/// A histogram of durations: 0.5 ms to 10 s, doubling, as Prometheus exposes it.
package final class DurationHistogram: Sendable {
    static let bounds: [TimeSpan] = (0..<15).map { .microseconds(500 << $0) }
    private struct State {
        var counts = [UInt64](repeating: 0, count: DurationHistogram.bounds.count + 1)
        var sum = 0.0
    }
    private let state = Mutex(State())

    package func record(_ span: TimeSpan) {
        let i = Self.bounds.firstIndex { span <= $0 } ?? Self.bounds.count
        state.withLock {
            $0.counts[i] += 1
            $0.sum += span.seconds
        }
    }

    /// Prometheus text lines of histogram `name`.
    func exposition(_ name: String) -> String {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var text = "# TYPE \(name) histogram\n"
        var cumulative: UInt64 = 0
        for (i, count) in counts.enumerated() {
            cumulative += count
            let bound = i < Self.bounds.count ? String(Self.bounds[i].seconds) : "+Inf"
            text += "\(name)_bucket{le=\"\(bound)\"} \(cumulative)\n"
        }
        return text + "\(name)_sum \(sum)\n\(name)_count \(cumulative)\n"
    }
}

package final class EngineStatistics: Sendable {
    struct Totals {
        var commands: UInt64 = 0
        var trades: UInt64 = 0
        var seq: UInt64 = 0
        var rejects: [Int32: UInt64] = [:]
        var requests: [String: UInt64] = [:]
        var agentRequests: [String: UInt64] = [:]
        var agentResponses: [String: UInt64] = [:]
    }
    private let totals = Mutex(Totals())
    package let logAppend = DurationHistogram()
    package let requestDuration = DurationHistogram()

    package init() {}

    func applied(commands: Int, effects: Effects, seq: UInt64) {
        totals.withLock {
            $0.commands += UInt64(commands)
            $0.trades += UInt64(effects.trades.count)
            $0.seq = seq
            for reject in effects.rejects { $0.rejects[reject.code, default: 0] += 1 }
        }
    }

    package func recovered(seq: UInt64) { totals.withLock { $0.seq = seq } }

    func requested(agent: String?) {
        guard let agent else { return }
        totals.withLock {
            // A caller may invent names; the table stays small.
            if $0.agentRequests.count < 10_000 || $0.agentRequests[agent] != nil {
                $0.agentRequests[agent, default: 0] += 1
            }
        }
    }

    func answered(route: String, method: String, status: Int, agent: String?, took: TimeSpan) {
        requestDuration.record(took)
        let key = "route=\"\(route)\",method=\"\(method)\",status=\"\(status)\""
        totals.withLock {
            $0.requests[key, default: 0] += 1
            if let agent, $0.agentRequests[agent] != nil {
                $0.agentResponses[agent, default: 0] += 1
            }
        }
    }

    var snapshot: Totals { totals.withLock { $0 } }
}
