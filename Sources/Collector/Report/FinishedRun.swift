// A run that is over, as the reports see it: what was measured, what was judged, what is known of
// the circumstances. A value without behaviour but for the few numbers every report derives alike,
// so that terminal, JSON and the rest cannot disagree. Times are run time unless said otherwise.

import HarnessCore
import ScenarioModel
package import Telemetry

/// What one process of the run used, children not counted.
package struct ProcessUsage: Sendable, Equatable, Codable {
    /// `agent 0`, `redis-server`, `engine`, ...
    package var name: String
    package var cpuSeconds: Double
    /// Of one core over the run: 0.48 is 48 %, 1.7 is 1.7 cores.
    package var cpuShare: Double
    /// Resident at its highest.
    package var rssBytes: UInt64

    package init(name: String, cpuSeconds: Double, cpuShare: Double, rssBytes: UInt64) {
        self.name = name
        self.cpuSeconds = cpuSeconds
        self.cpuShare = cpuShare
        self.rssBytes = rssBytes
    }
}

package struct FinishedRun: Sendable {
    package var aggregate: RunAggregate
    package var verdict: RunVerdict
    package var facts: RunFacts
    package var accounting: AccountingSummary
    /// Where the files are; nil: none were written.
    package var directory: String?
    /// Names of all files of the run, this report's own included.
    package var files: [String]
    package var processes: [ProcessUsage]
    /// Size and digest of the files that were written before the summary.
    package var written: [WrittenFile]
    /// The machine the collector ran on; nil: not recorded.
    package var environment: EnvironmentRecord?
    /// The effective scenario as the agents got it, YAML; nil: not kept.
    package var scenarioText: String?
    /// The .hlog file of a series, by its full key.
    package var logs: [SeriesKey: String] = [:]
    /// Intervals of percentiles, by a series' key as reports list it; absent: not known.
    package var estimates: [SeriesKey: SeriesEstimate]

    package init(
        aggregate: RunAggregate, verdict: RunVerdict, facts: RunFacts,
        accounting: AccountingSummary, directory: String?, files: [String],
        processes: [ProcessUsage], written: [WrittenFile] = [],
        environment: EnvironmentRecord? = nil
    ) {
        self.aggregate = aggregate
        self.aggregate.close()
        self.verdict = verdict
        self.facts = facts
        self.accounting = accounting
        self.directory = directory
        self.files = files
        self.processes = processes
        self.written = written
        self.environment = environment
        estimates = SeriesEstimate.all(aggregate)
    }
}

extension FinishedRun {
    /// Until when throughput counts: the end of the schedule, or of the run if that came first.
    var measuredEnd: TimeSpan { max(facts.warmup, min(facts.duration, aggregate.throughputEnd)) }

    /// The time rates are divided by: without warm-up, without pauses, without draining.
    var measured: TimeSpan { aggregate.measured(until: facts.duration) }

    /// Requests per second of the measured part; nil where no time was measured.
    package var requestsPerSecond: Double? { perSecond(aggregate.throughput.count("http_reqs")) }

    /// `count`, taken up to the end of the schedule, per second.
    func perSecond(_ count: UInt64) -> Double? {
        measured > .zero ? Double(count) / measured.seconds : nil
    }

    /// Requests per status of the measured part; `0` is a transfer without response.
    var statuses: [(status: String, count: UInt64)] {
        var counts: [String: UInt64] = [:]
        for (key, count) in aggregate.totals.counters
        where key.metric == "http_reqs" && !key.isWarmup {
            guard let status = key["status"] else { continue }
            counts[status, default: 0] += count
        }
        return counts.sorted { ($0.key.count, $0.key) < ($1.key.count, $1.key) }
            .filter { $0.value > 0 }.map { (status: $0.key, count: $0.value) }
    }

    /// What is said of the run and not of a row: interrupted, aborted.
    var ownReasons: [String] {
        let ofRows = Set(
            verdict.rows.map { $0.reason.isEmpty ? $0.name : "\($0.name): \($0.reason)" })
        return verdict.reasons.filter { !ofRows.contains($0) && $0 != "0 criteria" }
    }

    /// Every slot that should have reported or did.
    var slots: [UInt32] {
        let planned = (0..<max(0, facts.agents)).map { UInt32($0) }
        return Set(planned).union(aggregate.agents.keys).sorted()
    }

    var model: String {
        let isOpen = aggregate.scenario.workloads.map(\.executor.isOpenModel)
        if !isOpen.contains(false) { return "open" }
        return isOpen.contains(true) ? "mixed" : "closed"
    }
}
