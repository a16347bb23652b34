// Panels 9 to 11: requests and agents, what was scraped from the target, and all that is needed to
// do the run again.

import HarnessCore
import ScenarioModel
import Telemetry

extension HTMLReportBuilder {
    private static let requestRows = 300

    func requests() -> HTMLTable? {
        let all = requestSeries
        guard !all.isEmpty else { return nil }
        let counts = requestCounts()
        let more =
            all.count > Self.requestRows
            ? ", the first \(Self.requestRows) of \(all.count); all are in summary.json" : ""
        return HTMLTable(
            caption: "Measured part, latencies in ms\(more)",
            head: [HTMLCell(text: "Request", style: "l")]
                + [
                    "Requests", "Per second", "Failed", "Failed %", "P50", "P95", "P99", "P99.9",
                    "Max", "Service P50", "Service P99",
                ].map { HTMLCell(text: $0) },
            rows: all.prefix(Self.requestRows).map { series in
                let id = SeriesKey("", ["scenario": series.scenario, "name": series.name])
                return row(series, counts[id] ?? RequestCount())
            })
    }

    private struct RequestCount {
        var requests: UInt64 = 0
        var failed: UInt64 = 0
        /// Up to the end of the schedule.
        var judged: UInt64 = 0
    }

    private func requestCounts() -> [SeriesKey: RequestCount] {
        var counts: [SeriesKey: RequestCount] = [:]
        func id(_ key: SeriesKey) -> SeriesKey {
            SeriesKey("", ["scenario": key["scenario"] ?? "", "name": key["name"] ?? ""])
        }
        for (key, n) in run.aggregate.totals.counters where !key.isWarmup {
            if key.metric == "http_reqs" {
                counts[id(key), default: RequestCount()].requests += n
            } else if key.metric == "http_req_failed", key["rate"] == "true" {
                counts[id(key), default: RequestCount()].failed += n
            }
        }
        for (key, n) in run.aggregate.throughput.counters
        where !key.isWarmup && key.metric == "http_reqs" {
            counts[id(key), default: RequestCount()].judged += n
        }
        return counts
    }

    private func row(_ series: RequestSeries, _ count: RequestCount) -> HTMLRow {
        let name = isSingle ? series.name : "\(series.scenario) / \(series.name)"
        let share =
            count.requests == 0
            ? "-" : ReportText.percent(Double(count.failed) / Double(count.requests), 4)
        let latencies =
            [50.0, 95, 99, 99.9].map { series.response.percentileNs($0) }
            + [series.response.isEmpty ? nil : Double(series.response.max)]
            + [50.0, 99].map { series.service.percentileNs($0) }
        let numbers =
            [
                ReportText.grouped(count.requests),
                run.perSecond(count.judged).map { ReportText.decimal($0, 1) } ?? "-",
                ReportText.grouped(count.failed), share,
            ] + latencies.map { Self.ms($0) }
        return HTMLRow(
            cells: [HTMLCell(text: HTMLText.foreign(name), style: "l w")]
                + numbers.map { HTMLCell(text: $0) })
    }

    func agents() -> HTMLTable? {
        guard !run.slots.isEmpty else { return nil }
        return HTMLTable(
            caption: "Measured part of each agent",
            head: [HTMLCell(text: "Agent", style: "l")]
                + [
                    "Planned", "Delivered", "Lag P99", "Lag max", "Turn max", "Worker CPU",
                    "Tainted", "Lost", "Final",
                ].map { HTMLCell(text: $0) },
            rows: run.slots.map(agent))
    }

    private func agent(_ slot: UInt32) -> HTMLRow {
        let host = HTMLText.foreign(run.facts.hosts[Int(slot)] ?? "")
        let name = HTMLCell(text: host.isEmpty ? "\(slot)" : "\(slot) \(host)", style: "l")
        guard let agent = run.aggregate.agents[slot] else {
            let cells = ["no data"] + [String](repeating: "-", count: 8)
            return HTMLRow(cells: [name] + cells.map { HTMLCell(text: $0) })
        }
        let isOpen = run.aggregate.hasOpenModel
        let numbers = [
            ReportText.grouped(isOpen ? agent.arrivals.scheduled : agent.counters.scheduled),
            (isOpen ? agent.arrivals.delivered : nil).map(ReportText.share) ?? "-",
            ReportText.latency(agent.lag.percentileNs(99)),
            agent.lag.isEmpty ? "-" : ReportText.latency(Double(agent.lag.max)),
            ReportText.latency(agent.health.signals[.turn]?.worst),
            agent.health.meanThreadCpu.map { ReportText.percent($0, 0) } ?? "-",
            "\(agent.health.taintedWindows) of \(agent.health.windows)",
            ReportText.grouped(agent.lostSamples), agent.isFinal ? "yes" : "no",
        ]
        return HTMLRow(cells: [name] + numbers.map { HTMLCell(text: $0) })
    }
}

// MARK: - Set-up

extension HTMLReportBuilder {
    func setup() -> HTMLSetup {
        let document = run.scenarioText.map(HTMLText.document)
        return HTMLSetup(
            run: runPairs, environment: environmentPairs,
            processes: processTable, files: fileTable, scenarioText: document?.text,
            scenarioNote: document.map { document in
                document.isCut
                    ? "Cut at \(ReportText.grouped(UInt64(HTMLText.documentMax))) characters." : nil
            } ?? "The text of the scenario was not kept; its SHA-256 is above.")
    }

    private var runPairs: [HTMLPair] {
        let facts = run.facts
        let tags = facts.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let scales = facts.scales.map { "\($0.scenario) to \($0.vus) VUs at \($0.from)s" }
        let all: [(String, String)] = [
            ("Run", facts.runID), ("Started", WallClock.iso8601(unixNs: facts.startedAtUnixNs)),
            ("Length", ReportText.span(facts.duration)),
            ("Warm-up", ReportText.span(facts.warmup)), ("Model", run.model),
            ("Seed", String(facts.seed)), ("Target", facts.target),
            ("Scenario file", facts.scenarioFile), ("Scenario SHA-256", facts.scenarioSha256),
            ("Tags", tags.joined(separator: ", ")), ("Scaled", scales.joined(separator: ", ")),
            ("Interrupted", facts.interrupted ? "yes" : ""), ("Aborted", facts.aborted ?? ""),
            ("Version", "spotload " + facts.version),
        ]
        return all.filter { !$0.1.isEmpty }.map {
            HTMLPair(term: $0.0, value: HTMLText.foreign($0.1))
        }
    }

    private var environmentPairs: [HTMLPair] {
        guard let environment = run.environment else {
            return [HTMLPair(term: "Environment", value: "not recorded")]
        }
        let versions = environment.versions.sorted { $0.key < $1.key }.map {
            "\($0.key) \($0.value)"
        }
        let all: [(String, String?)] = [
            ("System", environment.os), ("Kernel", environment.kernel),
            ("Architecture", environment.architecture), ("CPU", environment.cpuModel),
            ("Cores", String(environment.cores)),
            ("Memory", environment.memoryBytes.map(ReportText.bytes)),
            ("Libraries", versions.isEmpty ? nil : versions.joined(separator: ", ")),
        ]
        return all.compactMap { term, value in
            value.map { HTMLPair(term: term, value: HTMLText.foreign($0)) }
        }
    }

    private var processTable: HTMLTable? {
        guard !run.processes.isEmpty else { return nil }
        return HTMLTable(
            caption: "Of the collector's machine, children not counted",
            head: [
                HTMLCell(text: "Process", style: "l"), HTMLCell(text: "CPU time"),
                HTMLCell(text: "Of a core"), HTMLCell(text: "Memory"),
            ],
            rows: run.processes.map { process in
                HTMLRow(cells: [
                    HTMLCell(text: HTMLText.foreign(process.name), style: "l"),
                    HTMLCell(text: ReportText.decimal(process.cpuSeconds, 2) + " s"),
                    HTMLCell(text: ReportText.percent(process.cpuShare, 0)),
                    HTMLCell(text: ReportText.bytes(process.rssBytes)),
                ])
            })
    }

    private var fileTable: HTMLTable? {
        guard !run.written.isEmpty else { return nil }
        return HTMLTable(
            caption: "Written before this report",
            head: [
                HTMLCell(text: "File", style: "l"), HTMLCell(text: "Bytes"),
                HTMLCell(text: "SHA-256", style: "l"),
            ],
            rows: run.written.map { file in
                HTMLRow(cells: [
                    HTMLCell(text: HTMLText.foreign(file.name), style: "l"),
                    HTMLCell(text: ReportText.grouped(UInt64(max(0, file.bytes)))),
                    HTMLCell(text: HTMLText.foreign(file.sha256), style: "l mono"),
                ])
            })
    }
}
