// ERRORS, STATUS, AGENTS and PROCESSES. Names, hosts and examples are foreign text; the table
// escapes them.

import HarnessCore
import ScenarioModel
import Telemetry

extension TerminalReport {
    private static let errorRows = 10
    private static let exampleLength = 60

    static func errors(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        var lines = Self.lines(errorTable(run), width: width)
        if let more = moreErrors(run) { lines.append(TerminalLine("  " + more)) }
        return lines
    }

    /// Said below the table where it is cut.
    static func moreErrors(_ run: FinishedRun) -> String? {
        let count = run.aggregate.errors.sorted.count
        return count > errorRows ? "and \(count - errorRows) more in summary.json" : nil
    }

    /// Title and rows; nothing for an empty table.
    static func lines(_ table: TextTable, width: Int) -> [TerminalLine] {
        table.isEmpty ? [] : table.lines(width: width).map { TerminalLine($0) }
    }

    static func errorTable(_ run: FinishedRun) -> TextTable {
        var table = TextTable([
            .left("ERRORS"), .right("count"), .left("class"), .right("code"),
            .left("what", dispensable: 1), .left("step"), .right("first"), .right("last"),
            .left("example", isFlexible: true),
        ])
        let isSingle = run.aggregate.scenario.workloads.count <= 1
        for (key, row) in run.aggregate.errors.sorted.prefix(errorRows) {
            let step = isSingle ? key.step : "\(key.scenario) / \(key.step)"
            let example = row.example.map { ReportText.escaped($0, limit: exampleLength) }
            table.add([
                "", ReportText.grouped(row.count), key.errorClass,
                key.code.map { String($0) } ?? "-", key.words,
                ReportText.escaped(step, limit: 40),
                ReportText.span(.seconds(Int64(row.firstWindow))),
                ReportText.span(.seconds(Int64(row.lastWindow))), example.map { "\"\($0)\"" } ?? "",
            ])
        }
        return table
    }

    static func statuses(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let words = statusWords(run)
        return words.isEmpty ? [] : wrapped("STATUS", words, separator: "   ", width: width)
    }

    static func statusWords(_ run: FinishedRun) -> [String] {
        run.statuses.map { status, count in
            "\(status == "0" ? "no response" : status) \(ReportText.grouped(count))"
        }
    }

    static func agents(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        lines(agentTable(run), width: width)
    }

    static func agentTable(_ run: FinishedRun) -> TextTable {
        // Means of signals that not every machine tells: a column where any agent has them.
        let all: [(title: String, rank: Int, mean: (AgentHealth) -> Double?)] = [
            ("run queue", 2, { $0.meanRunQueue }), ("steal", 1, { $0.meanSteal }),
        ]
        let extra = all.filter { column in
            run.aggregate.agents.values.contains { column.mean($0.health) != nil }
        }
        var table = TextTable(
            [
                .left("AGENTS", isFlexible: true), .right("planned"), .right("delivered"),
                .right("lag p99"), .right("turn max"), .right("worker CPU", dispensable: 3),
            ] + extra.map { .right($0.title, dispensable: $0.rank) } + [.right("lost")])
        for slot in run.slots {
            let name = "  \(slot) \(run.facts.hosts[Int(slot)] ?? "")"
            guard let agent = run.aggregate.agents[slot] else {
                let nothing = [String](repeating: "-", count: 5 + extra.count)
                table.add([name, "no data"] + nothing)
                continue
            }
            let isOpen = run.aggregate.hasOpenModel
            let planned = isOpen ? agent.arrivals.scheduled : agent.counters.scheduled
            let delivered = isOpen ? agent.arrivals.delivered : nil
            let lost = ReportText.grouped(agent.lostSamples)
            table.add(
                [
                    name, ReportText.grouped(planned), delivered.map(ReportText.share) ?? "-",
                    ReportText.latency(agent.lag.percentileNs(99)),
                    ReportText.latency(agent.health.signals[.turn]?.worst),
                    agent.health.meanThreadCpu.map { ReportText.percent($0, 0) } ?? "-",
                ]
                    + extra.map { column in
                        column.mean(agent.health).map { ReportText.percent($0, 1) } ?? "-"
                    } + [agent.isFinal ? lost : lost + ", no final"])
        }
        return table
    }

    static func processes(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        lines(processTable(run), width: width)
    }

    static func processTable(_ run: FinishedRun) -> TextTable {
        var table = TextTable([
            .left("PROCESSES", isFlexible: true), .right("CPU time"), .right("of a core"),
            .right("memory"),
        ])
        for process in run.processes {
            table.add([
                "  " + process.name, ReportText.decimal(process.cpuSeconds, 2) + " s",
                ReportText.percent(process.cpuShare, 0), ReportText.bytes(process.rssBytes),
            ])
        }
        return table
    }

    /// What was scraped from the target and others.
    static func observed(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let notes = observedNotes(run).flatMap { paragraph($0, indent: 2, width: width) }
        return lines(observedTable(run), width: width) + notes
    }

    /// What sources did not tell.
    static func observedNotes(_ run: FinishedRun) -> [String] {
        run.aggregate.observed.sources.sorted { $0.key < $1.key }.flatMap { name, source in
            let failed = source.expected - source.answered
            let why = source.failure.map { ", the last: \($0)" } ?? ""
            let missing = source.missing.map { ", the last without \($0)" } ?? ""
            return [
                failed > 0 ? "\(name): \(failed) of \(source.expected) scrapes failed\(why)" : nil,
                source.incomplete > 0
                    ? "\(name): \(source.incomplete) answers lacked a metric\(missing)" : nil,
            ].compactMap { $0 }
        }
    }

    static func observedTable(_ run: FinishedRun) -> TextTable {
        var table = TextTable([
            .left("OBSERVED", isFlexible: true), .right("samples", dispensable: 1), .right("avg"),
            .right("min"), .right("max"), .left("scrapes"),
        ])
        for reading in ObservedReading.all(run) {
            let source = reading.source
            table.add([
                "  " + reading.name.text, String(reading.samples),
                ObservedReading.text(reading.average), ObservedReading.text(reading.minimum),
                ObservedReading.text(reading.maximum),
                "\(source.answered) of \(source.expected)",
            ])
        }
        return table
    }
}
