// What the tests of whole runs read of summary.json, as Decodable values, and the identities every
// run must satisfy however it ended.

import Foundation

/// The parts of summary.json the tests look at.
package struct RunSummary: Decodable, Sendable {
    package struct Run: Decodable, Sendable {
        package let id: String
        package let agents: Int
        package let interrupted: Bool
        package let aborted: String?
        package let target: String
        package let measuredS: Double?
        package let pauses: [Pause]
        package let scales: [Scale]

        package struct Pause: Decodable, Sendable {
            package let fromS: Int
            package let toS: Int?
        }
        package struct Scale: Decodable, Sendable {
            package let scenario: String
            package let fromS, vus: Int
        }
    }
    package struct Accounting: Decodable, Sendable {
        package let planned, started, dropped, missed, unaccounted: UInt64
        package let finalsEqualMerged: Bool
        package let agentsFinal, agents: Int
        package let badDeltas: UInt64
        package let brokenIdentities: [String]
    }
    package struct Validity: Decodable, Sendable {
        package let state: String
        package let distrust: [String]
        package let taintedWindows, measuredWindows: Int
        package let accounting: Accounting
        package let calibration: Calibration?
    }
    package struct Calibration: Decodable, Sendable {
        package let state: String
        package let fraction: Double?
    }
    package struct Criterion: Decodable, Sendable {
        package struct Interval: Decodable, Sendable {
            package let lo, hi: Double?
            package let level: Double
            package let method: String
        }
        package let name, verdict: String
        package let observed: Double?
        package let n: UInt64
        package let ci: Interval?
        package let batches: Int?
        package let reason: String
        package let needs: String?
    }
    package struct Counter: Decodable, Sendable {
        package let metric: String
        package let tags: [String: String]
        package let count: UInt64
    }
    package struct Trend: Decodable, Sendable {
        package let metric: String
        package let tags: [String: String]
        package let count: UInt64
        package let minMs, maxMs: Double?
        package let percentilesMs: [String: Double?]
    }
    package struct Failure: Decodable, Sendable {
        package let `class`, scenario, step: String
        package let count: UInt64
    }
    package struct Agent: Decodable, Sendable {
        package let slot: Int
        package let reported: Bool
        package let planned, started, completed, interrupted, dropped, missed: UInt64?
        package let final: Bool?
    }
    package let run: Run
    package let verdict: String
    package let exitCode: Int32
    package let reasons: [String]
    package let criteria: [Criterion]
    package let validity: Validity
    package let counters: [Counter]
    package let series: [Trend]
    package let errors: [Failure]
    /// Of requests that failed: a check that did not hold fails nothing.
    package var failures: [Failure] { errors.filter { $0.class != "check" } }
    package let status: [String: UInt64]
    package let agents: [Agent]

    package init(file: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        self = try JSONDecoder().decode(RunSummary.self, from: data)
    }

    /// A FAIL the run may be sure of; on a machine so busy that the generator was late in every
    /// window, it is not.
    package var isFailure: Bool {
        exitCode == 99 && verdict == "FAIL"
            || exitCode == 90 && verdict == "INVALID" && validity.taintedWindows > 0
    }

    package var accounting: Accounting { validity.accounting }

    /// The counter with exactly these tags; 0 where it is not listed.
    package func count(_ metric: String, _ tags: [String: String] = [:]) -> UInt64 {
        counters.first { $0.metric == metric && $0.tags == tags }?.count ?? 0
    }

    /// Requests of a name that were answered with `status`, whatever was expected.
    package func answered(_ name: String, status: Int) -> UInt64 {
        counters.filter {
            $0.metric == "http_reqs" && $0.tags["name"] == name
                && $0.tags["status"] == String(status)
        }.reduce(0) { $0 + $1.count }
    }

    package func trend(_ metric: String, _ tags: [String: String] = [:]) -> Trend? {
        series.first { $0.metric == metric && $0.tags == tags }
    }

    /// Failures of one class over all scenarios and steps.
    package func failures(_ errorClass: String) -> UInt64 {
        errors.filter { $0.class == errorClass }.reduce(0) { $0 + $1.count }
    }

    /// Every identity that does not hold, in words: none in any run that was not cheated of data.
    package var contradictions: [String] {
        var found: [String] = accounting.brokenIdentities
        func equal(_ what: String, _ left: UInt64, _ right: UInt64) {
            if left != right { found.append("\(what): \(left) is not \(right)") }
        }
        let a = accounting
        equal(
            "planned = started + dropped + missed + unaccounted", a.planned,
            a.started + a.dropped + a.missed + a.unaccounted)
        let own = agents.filter(\.reported)
        equal("started = sum of agents", a.started, own.reduce(0) { $0 + ($1.started ?? 0) })
        for agent in own where agent.final == true {
            equal(
                "agent \(agent.slot): planned = started + dropped + missed", agent.planned ?? 0,
                (agent.started ?? 0) + (agent.dropped ?? 0) + (agent.missed ?? 0))
            equal(
                "agent \(agent.slot): started = completed + interrupted", agent.started ?? 0,
                (agent.completed ?? 0) + (agent.interrupted ?? 0))
        }
        let requests = count("http_reqs")
        equal("requests by status", requests, status.values.reduce(0, +))
        let judged =
            count("http_req_failed", ["rate": "true"])
            + count("http_req_failed", ["rate": "false"])
        equal("requests by failure", requests, judged)
        // What was never sent has a response time but no service time.
        let served = trend("http_req_duration")?.count ?? 0
        if served > requests || served < requests - (status["0"] ?? 0) {
            found.append("\(served) service times for \(requests) requests")
        }
        equal(
            "requests in http_req_response_time", requests,
            trend("http_req_response_time")?.count ?? 0)
        equal(
            "failures by class", count("http_req_failed", ["rate": "true"]),
            failures.reduce(0) { $0 + $1.count })
        if !a.finalsEqualMerged { found.append("finals are not what was merged") }
        return found
    }
}
