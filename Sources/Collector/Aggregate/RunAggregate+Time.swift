// What rates are divided by: run time of the measured part, less warm-up, less pauses, and only as
// long as the schedules last.

package import HarnessCore
import ScenarioModel

extension RunAggregate {
    /// Run time until which throughput counts; distant while nobody knows when a pause ends.
    package var throughputEnd: TimeSpan {
        pauses.runTime(of: scheduledThroughputEnd) ?? TimeSpan(ns: .max)
    }

    /// Requests of the measured part where not one got a response; nil where there were none, or
    /// one did.
    var unanswered: UInt64? {
        var count: UInt64 = 0
        for (key, n) in totals.counters where key.metric == "http_reqs" && !key.isWarmup && n > 0 {
            guard let status = key["status"] else { continue }
            guard status == "0" else { return nil }
            count &+= n
        }
        return count > 0 ? count : nil
    }

    /// Windows that begin before it.
    var scheduledWindows: UInt32 {
        UInt32(clamping: (throughputEnd.ns - 1) / 1_000_000_000 + 1)
    }

    /// Measured time up to `runTime`.
    package func measured(until runTime: TimeSpan) -> TimeSpan {
        measured(from: .zero, to: runTime)
    }

    /// Measured time within a span of run time.
    func measured(from: TimeSpan, to: TimeSpan) -> TimeSpan {
        let begin = max(from, scenario.warmup)
        let end = min(to, throughputEnd)
        return end > begin ? end - begin - pauses.paused(from: begin, to: end) : .zero
    }
}
