// `spotload plan --json`, version 1 (scenarios.md section 7). Pure.
//
// null: of maxDurationNs an endless run; of arrivals and totalArrivals what has no fixed number.

import HarnessCore
package import ScenarioModel

package enum PlanJSON {
    package static let version = 1

    /// UTF-8 with a line break at its end. `warnings` are all there are, the plan's among them.
    package static func render(_ plan: RunPlan, warnings: [String]) -> [UInt8] {
        ReportJSON.object([
            ("version", .integer(version)), ("name", .string(plan.name)),
            ("seed", .count(plan.seed)), ("agents", .integer(plan.agents)),
            ("maxVUs", .integer(plan.maxVUs)), ("maxDurationNs", nanoseconds(plan.maxDuration)),
            ("totalArrivals", count(plan.totalArrivals)),
            ("warnings", .strings(warnings)),
            ("scenarios", .array(plan.workloads.map(workload))),
        ]).prettyBytes
    }

    private static func workload(_ plan: WorkloadPlan) -> ReportJSON {
        .object([
            ("name", .string(plan.name)), ("executor", .string(plan.executor)),
            ("description", .string(plan.line)),
            ("startTimeNs", nanoseconds(plan.startTime)),
            ("regularDurationNs", nanoseconds(plan.regularDuration)),
            ("maxDurationNs", nanoseconds(plan.maxDuration)),
            ("arrivals", count(plan.arrivals)),
            ("preAllocatedVUs", .integer(plan.preAllocatedVUs)),
            ("maxVUs", .integer(plan.maxVUs)),
            ("ratePerSecond", .array(plan.rate.map(point))),
            ("perAgent", .array(plan.perAgent.map(agent))),
        ])
    }

    private static func point(_ point: RatePoint) -> ReportJSON {
        .array([.number(point.offset.seconds), .number(point.perSecond)])
    }

    private static func agent(_ plan: AgentPlan) -> ReportJSON {
        .object([
            ("agent", .integer(plan.agent)), ("segment", .string("\(plan.segment)")),
            ("arrivals", count(plan.arrivals)),
            ("preAllocatedVUs", .integer(plan.preAllocatedVUs)),
            ("maxVUs", .integer(plan.maxVUs)),
        ])
    }

    private static func nanoseconds(_ span: TimeSpan?) -> ReportJSON {
        span.map { .integer(Int($0.ns)) } ?? .null
    }

    private static func count(_ n: UInt64?) -> ReportJSON { n.map { .count($0) } ?? .null }
}
