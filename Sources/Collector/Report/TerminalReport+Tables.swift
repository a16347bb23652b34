// ERRORS, STATUS, AGENTS and PROCESSES. Names, hosts and examples are foreign text; the table
// escapes them.

import HarnessCore
import ScenarioModel
import Telemetry

extension TerminalReport {
    private static let errorRows = 10
    private static let exampleLength = 60

    static func errors(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let sorted = run.aggregate.errors.sorted
        guard !sorted.isEmpty else { return [] }
        var table = TextTable([
            .left("ERRORS"), .right("count"), .left("class"), .left("step"), .right("first"),
            .right("last"), .left("example", isFlexible: true),
        ])
        let isSingle = run.aggregate.scenario.workloads.count <= 1
        for (key, row) in sorted.prefix(errorRows) {
            let step = isSingle ? key.step : "\(key.scenario) / \(key.step)"
            let example = row.example.map { ReportText.escaped($0, limit: exampleLength) }
            table.add([
                "", ReportText.grouped(row.count), key.errorClass,
                ReportText.escaped(step, limit: 40),
                ReportText.span(.seconds(Int64(row.firstWindow))),
                ReportText.span(.seconds(Int64(row.lastWindow))), example.map { "\"\($0)\"" } ?? "",
            ])
        }
        var lines = table.lines(width: width).map { TerminalLine($0) }
        if sorted.count > errorRows {
            lines.append(TerminalLine("  and \(sorted.count - errorRows) more in summary.json"))
        }
        return lines
    }

    static func statuses(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let words = run.statuses.map { status, count in
            "\(status == "0" ? "no response" : status) \(ReportText.grouped(count))"
        }
        return words.isEmpty ? [] : wrapped("STATUS", words, separator: "   ", width: width)
    }

    static func agents(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        var table = TextTable([
            .left("AGENTS", isFlexible: true), .right("planned"), .right("delivered"),
            .right("lag p99"), .right("turn max"), .right("worker CPU"), .right("lost"),
        ])
        for slot in run.slots {
            let name = "  \(slot) \(run.facts.hosts[Int(slot)] ?? "")"
            guard let agent = run.aggregate.agents[slot] else {
                table.add([name, "no data", "-", "-", "-", "-", "-"])
                continue
            }
            let isOpen = run.aggregate.hasOpenModel
            let planned = isOpen ? agent.arrivals.scheduled : agent.counters.scheduled
            let delivered = isOpen ? agent.arrivals.delivered : nil
            let lost = ReportText.grouped(agent.lostSamples)
            table.add([
                name, ReportText.grouped(planned), delivered.map(ReportText.share) ?? "-",
                ReportText.latency(agent.lag.percentileNs(99)),
                ReportText.latency(agent.health.signals[.turn]?.worst),
                agent.health.meanThreadCpu.map { ReportText.percent($0, 0) } ?? "-",
                agent.isFinal ? lost : lost + ", no final",
            ])
        }
        return table.isEmpty ? [] : table.lines(width: width).map { TerminalLine($0) }
    }

    static func processes(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        guard !run.processes.isEmpty else { return [] }
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
        return table.lines(width: width).map { TerminalLine($0) }
    }
}
