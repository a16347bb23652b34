// `spotload plan` as text: k6's head and a line per scenario, the share of each agent, and the run
// in twenty rows. Pure; at most 100 columns but for k6's lines, which are as long as they are.

import HarnessCore
package import ScenarioModel

package enum PlanText {
    /// More agents than this are shown in groups of equal shares.
    private static let agentsListed = 16
    private static let barWidth = 58

    package static func render(_ plan: RunPlan) -> String {
        (head(plan) + [""] + split(plan) + [""] + plot(plan)).joined(separator: "\n") + "\n"
    }

    // MARK: - k6's words

    private static func head(_ plan: RunPlan) -> [String] {
        let n = plan.workloads.count
        let length =
            plan.maxDuration.map { "\($0.goText) max duration (incl. graceful stop)" }
            ?? "infinite duration"
        let scenarios = n == 1 ? "1 scenario" : "\(n) scenarios"
        return ["scenarios: (100.00%) \(scenarios), \(plan.maxVUs) max VUs, \(length):"]
            + plan.workloads.map { "  * \($0.name): \($0.line)" }
    }

    // MARK: - Shares

    private static func split(_ plan: RunPlan) -> [String] {
        let agents = plan.agents == 1 ? "1 agent" : "\(plan.agents) agents"
        return [columns(agents, "segment", "arrivals", "VUs ready", "VUs max")]
            + plan.workloads.flatMap(shares)
    }

    private static func shares(_ workload: WorkloadPlan) -> [String] {
        let name = ReportText.left("  " + workload.name, 24)
        let total = columns(
            name, "0:1", arrivals(workload.arrivals), number(workload.preAllocatedVUs),
            number(workload.maxVUs))
        guard workload.perAgent.count > 1 else { return [total] }
        return [total]
            + groups(workload.perAgent).map { first, last in
                let segment = ExecutionSegment(from: first.segment.from, to: last.segment.to)
                let isOne = first.agent == last.agent
                return columns(
                    isOne
                        ? "    agent \(first.agent)"
                        : "    agents \(first.agent)-\(last.agent), each",
                    segment.map { "\($0)" } ?? "", arrivals(first.arrivals),
                    number(first.preAllocatedVUs), number(first.maxVUs))
            }
    }

    /// Runs of agents that do the same, as their first and last; one by one where they are few.
    private static func groups(_ agents: [AgentPlan]) -> [(AgentPlan, AgentPlan)] {
        var groups: [(AgentPlan, AgentPlan)] = []
        for agent in agents {
            if agents.count > agentsListed, let (first, _) = groups.last,
                first.arrivals == agent.arrivals, first.maxVUs == agent.maxVUs,
                first.preAllocatedVUs == agent.preAllocatedVUs
            {
                groups[groups.count - 1].1 = agent
            } else {
                groups.append((agent, agent))
            }
        }
        return groups
    }

    private static func columns(
        _ name: String, _ segment: String, _ arrivals: String, _ ready: String, _ most: String
    ) -> String {
        ReportText.left(name, 26) + ReportText.left(segment, 20) + ReportText.right(arrivals, 16)
            + ReportText.right(ready, 12) + ReportText.right(most, 12)
    }

    private static func number(_ n: Int) -> String { ReportText.grouped(UInt64(max(0, n))) }
    private static func arrivals(_ n: UInt64?) -> String { n.map(ReportText.grouped) ?? "-" }

    // MARK: - Rows

    /// The bar is of the arrival rate, or of the VUs where there are no arrivals.
    private static func plot(_ plan: RunPlan) -> [String] {
        let isOpen = plan.rows.contains { $0.arrivalsPerSecond > 0 }
        let values = plan.rows.map { isOpen ? $0.arrivalsPerSecond : Double($0.vus) }
        let most = values.max() ?? 0
        let title = row("time", "arrivals/s", "VUs max", bar: "")
        return [trimmed(title)]
            + zip(plan.rows, values).map { row, value in
                let length = most > 0 ? Int((value / most * Double(barWidth)).rounded()) : 0
                let bar = String(repeating: "#", count: value > 0 ? max(1, length) : 0)
                let rate = isOpen ? ReportText.decimal(row.arrivalsPerSecond, 1) : "-"
                return trimmed(
                    Self.row(label(row.start, plan.rows), rate, number(row.vus), bar: bar))
            }
    }

    private static func row(
        _ time: String, _ rate: String, _ vus: String, bar: String
    ) -> String {
        ReportText.right(time, 13) + ReportText.right(rate, 14) + ReportText.right(vus, 11) + "  "
            + bar
    }

    private static func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// A row's start, to a hundredth of the rows' length or better.
    private static func label(_ start: TimeSpan, _ rows: [PlanRow]) -> String {
        let step = rows.count > 1 ? rows[1].start.ns : 1
        var grain: Int64 = 1
        while grain <= step / 1_000 { grain *= 10 }
        return TimeSpan(ns: (start.ns + grain / 2) / grain * grain).goText
    }
}
