// What /metrics and the OTLP push tell of a run at one moment (measurement.md section 7). Made
// once a second on the collector's thread by sharing the aggregate's tables (they are values: the
// next merge copies what it changes); added up and written on the thread of who asks.
//
// Samples of the warm-up are in here: this is what happened, not what is judged.

import HarnessCore
import ScenarioModel
import Telemetry

package struct MetricsSnapshot: Sendable {
    struct Agent: Sendable {
        var slot: UInt32
        var states: [(signal: HealthSignal, state: HealthState)]
    }
    let run: LiveRun
    private var scenarios: [String] = []
    private var lanes: [(scenario: String, lane: String)] = []
    private var totals = SeriesTable()
    private var counters = RunCounters()
    private var agents: [Agent] = []
    private var rows: [(name: String, verdict: Verdict)] = []
    private var deltas: UInt64 = 0
    private var lost: UInt64 = 0

    /// Before the first window.
    init(run: LiveRun) { self.run = run }

    init(run: LiveRun, aggregate: RunAggregate, rows: [CriterionRow]) {
        self.run = run
        scenarios = aggregate.scenario.workloads.map(\.name)
        lanes = scenarios.compactMap { name in aggregate.lane(of: name).map { (name, $0) } }
        totals = aggregate.totals
        counters = aggregate.counters
        agents = aggregate.agents.sorted { $0.key < $1.key }.map { slot, agent in
            Agent(
                slot: slot,
                states: HealthSignal.allCases.map { ($0, agent.health.state(of: $0)) })
        }
        self.rows = rows.map { ($0.name, $0.verdict) }
        deltas = aggregate.deltas
        lost = aggregate.agents.values.reduce(0) { $0 + $1.lostSamples }
    }

    /// The same after `earlier`: what was called lost may be merged later, and a counter never
    /// falls.
    func following(_ earlier: MetricsSnapshot) -> MetricsSnapshot {
        var copy = self
        copy.lost = max(lost, earlier.lost)
        return copy
    }

    /// All families, in the order of the specification.
    var families: [MetricFamily] {
        histograms + requestCounters + scenarioCounters + fleetCounters + gauges
    }
}

// MARK: - Families

extension MetricsSnapshot {
    private var histograms: [MetricFamily] {
        [
            histogram(
                "http_req_response_time", by: ["scenario", "name", "expected_response"],
                "Response time: from the intended start to the end of the answer."),
            histogram(
                "http_req_duration", by: ["scenario", "name", "expected_response"],
                "Service time: from when the request could be sent to the end of the answer."),
            histogram(
                "schedule_lag", by: ["scenario"],
                "How late the generator fired arrivals though a virtual user was free."),
            histogram(
                "vu_wait", by: ["scenario"],
                "How long arrivals waited for a virtual user where none was free."),
            histogram(
                "conn_wait", by: ["scenario", "name"],
                "From when a virtual user had a request until it could be sent."),
        ]
    }

    private var requestCounters: [MetricFamily] {
        [
            counter(
                "http_reqs", of: "http_reqs", by: ["scenario", "name", "expected_response"],
                "Requests that ended."),
            counter(
                "http_req_failed", of: "http_req_failed", by: ["scenario", "name"],
                "Requests that failed."
            ) { $0["rate"] == "true" },
        ]
    }

    private var scenarioCounters: [MetricFamily] {
        let perScenario: [(name: String, series: String, unit: String, help: String)] = [
            ("iterations", "iterations", "", "Iterations that ended by themselves."),
            ("iterations_planned", "arrivals", "", "Arrivals the schedule has called for so far."),
            ("iterations_late", "iterations_late", "", "Arrivals fired more than 100 ms late."),
            ("iterations_missed", "iterations_missed", "", "Arrivals no agent could fire."),
            (
                "dropped_iterations", "dropped_iterations", "",
                "Arrivals that found no free virtual user in time."
            ),
            ("data_sent_bytes", "data_sent", "bytes", "Bytes sent to the target."),
            ("data_received_bytes", "data_received", "bytes", "Bytes received from the target."),
        ]
        return perScenario.map { item in
            counter(
                item.name, of: item.series, by: ["scenario"], unit: item.unit, item.help,
                atLeast: scenarios.map { [("scenario", $0)] })
        }
    }

    private var fleetCounters: [MetricFamily] {
        var merged = MetricFamily(
            "deltas_merged", .counter, "Deltas of agents that the collector has merged.")
        merged.add(.whole(deltas))
        var lost = MetricFamily(
            "lost_samples", .counter, "Samples agents recorded that never arrived.")
        lost.add(.whole(self.lost))
        return [merged, lost]
    }

    private var gauges: [MetricFamily] {
        var vus = MetricFamily("vus", .gauge, "Virtual users that exist now.")
        for scenario in scenarios {
            let value = totals.gauge(SeriesSelection("vus", ["scenario": scenario])) ?? 0
            vus.add(.number(Double(value)), [("scenario", scenario)])
        }
        var inflight = MetricFamily(
            "inflight_requests", .gauge, "Requests begun and not yet ended.")
        let begun = counters.transfersStarted
        let ended = counters.transfersEnded
        inflight.add(.whole(begun > ended ? begun - ended : 0))
        var health = MetricFamily(
            "health_state", .gauge,
            "State of a health signal of the generator: 0 ok, 1 suspect, 2 invalid.")
        for agent in agents {
            for (signal, state) in agent.states {
                health.add(
                    .number(state.metricValue),
                    [("agent", String(agent.slot)), ("signal", signal.rawValue)])
            }
        }
        var criteria = MetricFamily(
            "criterion_state", .gauge,
            "How a criterion stands: 0 pass, 1 warn, 2 fail, 3 inconclusive, 4 invalid.")
        for row in rows {
            criteria.add(.number(row.verdict.metricValue), [("criterion", row.name)])
        }
        var info = MetricFamily("run_info", .gauge, "The run that is being measured; always 1.")
        info.add(
            .number(1),
            [("run_id", run.id), ("scenario", run.scenario), ("version", run.version)])
        var lane = MetricFamily(
            "scenario_info", .gauge, "The lane a scenario's requests take; always 1.")
        for (scenario, name) in lanes {
            lane.add(.number(1), [("scenario", scenario), ("lane", name)])
        }
        return [vus, inflight, health, criteria, lane, info]
    }
}

// MARK: - Adding up

extension MetricsSnapshot {
    private func histogram(_ metric: String, by labels: [String], _ help: String) -> MetricFamily {
        var groups: [[String]: MergedHistogram] = [:]
        for (key, histogram) in totals.histograms where key.metric == metric {
            groups[labels.map { key[$0] ?? "" }, default: MergedHistogram()].merge(histogram)
        }
        var family = MetricFamily(metric + "_seconds", .histogram, unit: "seconds", help)
        for (values, histogram) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            family.add(.times(histogram), Self.named(labels, values))
        }
        return family
    }

    /// - Parameter atLeast: label sets that exist from the start, with 0.
    private func counter(
        _ name: String, of metric: String, by labels: [String], unit: String = "", _ help: String,
        atLeast: [[(name: String, value: String)]] = [],
        where isCounted: (SeriesKey) -> Bool = { _ in true }
    ) -> MetricFamily {
        var groups: [[String]: UInt64] = [:]
        for known in atLeast { groups[known.map(\.value)] = 0 }
        for (key, count) in totals.counters where key.metric == metric {
            // A series that exists says 0, so that a rate sees its first failure.
            groups[labels.map { key[$0] ?? "" }, default: 0] += isCounted(key) ? count : 0
        }
        var family = MetricFamily(name, .counter, unit: unit, help)
        for (values, count) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            family.add(.whole(count), Self.named(labels, values))
        }
        return family
    }

    /// An empty value is no label.
    private static func named(
        _ labels: [String], _ values: [String]
    ) -> [(name: String, value: String)] {
        zip(labels, values).filter { !$1.isEmpty }.map { (name: $0, value: $1) }
    }
}

extension Verdict {
    /// 0 pass, 1 warn, 2 fail, 3 inconclusive, 4 invalid.
    var metricValue: Double {
        switch self {
        case .pass: 0
        case .warn: 1
        case .fail: 2
        case .inconclusive: 3
        case .invalid: 4
        }
    }
}
