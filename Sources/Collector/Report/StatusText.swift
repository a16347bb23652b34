// How a run stands, and who is in a pool, for people: what `spotload ctl status` and `spotload
// agents` print. Pure.

package import HarnessCore

package enum StatusText {
    /// A line or two on the run, then a row per slot.
    package static func render(_ status: StatusRecord, width: Int) -> String {
        var lines = [head(status)] + changes(status)
        if let rates = status.rates { lines.append(text(rates)) }
        var table = TextTable([
            .right("slot"), .left("state"), .left("host", isFlexible: true), .right("VUs"),
            .right("windows"), .right("started"), .right("requests"), .left("note"),
        ])
        for slot in status.slots {
            table.add([
                String(slot.slot), slot.state, slot.host, ReportText.grouped(UInt64(slot.vus)),
                String(slot.window), ReportText.grouped(slot.started),
                ReportText.grouped(slot.transfers), slot.note ?? "",
            ])
        }
        return (lines + [""] + table.lines(width: width)).map { $0 + "\n" }.joined()
    }

    private static func head(_ status: StatusRecord) -> String {
        var text = "run \(status.run)   scenario \(status.scenario)   \(status.state)"
        if let runTime = status.runTime {
            text += "   \(span(runTime))"
            if let end = status.scheduleEnd { text += " of \(span(end))" }
        }
        return ReportText.escaped(text, limit: 400)
    }

    private static func changes(_ status: StatusRecord) -> [String] {
        let pauses = status.pauses.compactMap { pair -> String? in
            guard let from = pair.first ?? nil else { return nil }
            let to = (pair.last ?? nil).map { "to \(span(Double($0)))" } ?? "until resumed"
            return "paused from \(span(Double(from))) \(to)"
        }
        let scales = status.scales.map { scale in
            "\(scale.scenario): \(ReportText.counted(scale.vus, "VU")) "
                + "from \(span(Double(scale.from)))"
        }
        return (pauses + scales).map { ReportText.escaped($0) }
    }

    private static func text(_ rates: StatusRecord.Rates) -> String {
        let parts = [
            ("started", rates.started), ("completed", rates.completed), ("dropped", rates.dropped),
            ("requests", rates.transfers), ("failed", rates.failed),
        ]
        return parts.map { "\($0.0) \(ReportText.decimal($0.1, 1))/s" }.joined(separator: "   ")
    }

    private static func span(_ seconds: Double) -> String {
        let whole = Int64(max(0, min(seconds, 1e9)))
        return TimeSpan.seconds(whole).goText
    }

    /// A row per agent of a pool.
    package static func render(_ agents: [PoolAgent], pool: String, width: Int) -> String {
        guard !agents.isEmpty else { return "no agent is in pool \"\(pool)\"\n" }
        var table = TextTable([
            .left("agent"), .left("host", isFlexible: true), .right("pid"), .left("version"),
            .right("cores"), .right("workers"), .left("state"), .left("run"), .right("slot"),
            .right("rtt ms", dispensable: 1),
        ])
        for agent in agents {
            table.add([
                String(agent.agent.prefix(8)), agent.host, String(agent.pid), agent.version,
                String(agent.cores), String(agent.capacity), agent.state, agent.run ?? "",
                (agent.slot ?? agent.wantSlot).map { String($0) } ?? "",
                ReportText.decimal(Double(agent.rttUs) / 1_000, 2),
            ])
        }
        return table.lines(width: width).map { $0 + "\n" }.joined()
    }
}
