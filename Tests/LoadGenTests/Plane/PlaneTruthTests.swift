// What the generator measures agrees with what the server knows (measurement.md 1): each percentile
// within 1 % or 0.2 ms, on both lanes.
//
// Two truths. The server's own: service time from the kernel's timestamp of the request to the
// answer, response time from the intended start, which the schedule gives, to the answer. And the
// analytic one, of the plan alone: constants, or the queue worked out by Lindley's recursion over
// the intended starts, with workers that take a fixed time (D/D/k; M/D/1 with random arrivals).
//
// This machine may be late itself. A run that the generator's own health calls spoiled, or that the
// server was late in, is done again, a few times; it never counts as a pass.

import Foundation
import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@testable import LoadGen

/// One run against a server that knows the truth.
struct TruthRun {
    let run: PlaneRun
    let startedAt: Instant
    let exchanges: [TruthServer.Exchange]
    let offsets: [TimeSpan]

    init(_ executor: Executor, _ plan: TruthServer.Plan, _ lane: Workload.Transport) throws {
        let server = try TruthServer(plan)
        var scenario = PlaneScenario.make(executor)
        scenario.workloads[0].transport = lane
        run = try PlaneRun(scenario, url: server.url)
        // VUs are made by now; what happens in this quarter of a second is nobody's lag.
        startedAt = Instant.now() + .milliseconds(250)
        run.run(from: startedAt)
        exchanges = server.exchanges
        var arrivals = try #require(Arrivals(executor, seed: scenario.seed, scenario: "load"))
        var offsets: [TimeSpan] = []
        while let offset = arrivals.offset(of: UInt64(offsets.count)) { offsets.append(offset) }
        self.offsets = offsets
        run.expectIdentities()
        #expect(run.counters.completed == UInt64(offsets.count))
        #expect(exchanges.map(\.number).sorted() == Array(offsets.indices), "each one once")
    }

    /// Service times, ascending, as the server knows them.
    var service: [Int64] { exchanges.map { ($0.answeredAt - $0.sentAt).ns }.sorted() }

    /// Response times, ascending: from the intended starts.
    var response: [Int64] {
        exchanges.map { ($0.answeredAt - intended($0.number)).ns }.sorted()
    }

    func intended(_ number: Int) -> Instant { startedAt + offsets[number] }

    /// What follows from plan and schedule alone, ascending.
    func analytic(_ plan: TruthServer.Plan) -> [Int64] {
        var queue = TruthQueue(plan)
        return offsets.indices.map { number in
            (queue.due(number, arrival: intended(number)) - intended(number)).ns
        }.sorted()
    }

    /// Why it proves nothing; empty: it does.
    var spoiled: [String] {
        var reasons: [String] = []
        func bound(_ what: String, _ ns: Int64, _ limit: TimeSpan) {
            if ns > limit.ns { reasons.append("\(what) \(Double(ns) / 1e6) ms") }
        }
        let lag = run.histogram("schedule_lag")
        bound("p99 of the lag", Int64(lag.percentile(99) ?? 0), .milliseconds(1))
        bound("longest lag", Int64(lag.max), .milliseconds(20))
        bound("longest turn", run.longestTurn, .milliseconds(10))
        let late = exchanges.map { ($0.answeredAt - $0.due).ns }.sorted()
        bound("p99 of the server's lateness", Self.percentile(late, 99), .microseconds(150))
        return reasons
    }

    static func percentile(_ sorted: [Int64], _ p: Double) -> Int64 {
        let rank = Int((p.nextDown * Double(sorted.count) / 100).rounded(.up))
        return sorted[max(1, min(sorted.count, rank)) - 1]
    }

    /// Every percentile that reports print and that differs from the truth by more than 1 % and
    /// 0.2 ms.
    static func differences(_ seen: MergedHistogram, _ truth: [Int64], _ what: String) -> [String] {
        guard Int(seen.count) == truth.count else {
            return ["\(what): \(seen.count) samples, not \(truth.count)"]
        }
        return [50, 90, 95, 99, 99.9].compactMap { p in
            let (a, b) = (Int64(seen.percentile(p) ?? 0), percentile(truth, p))
            let allowed = max(200_000, b / 100)
            return abs(a - b) <= allowed
                ? nil : "\(what) p\(p): \(Double(a) / 1e6) ms, not \(Double(b) / 1e6)"
        }
    }

    /// Runs until a run proves something; then it must be right.
    static func settle(
        _ executor: Executor, _ plan: TruthServer.Plan, _ lane: Workload.Transport,
        _ compare: (TruthRun) throws -> [String]
    ) throws {
        var last: [String] = []
        for _ in 0..<5 {
            let run = try TruthRun(executor, plan, lane)
            run.expectNothingFasterThanTrue()
            let wrong = try compare(run)
            if wrong.isEmpty { return }
            last = wrong + ["(spoiled: \(run.spoiled))"]
            if run.spoiled.isEmpty { break }
        }
        Issue.record("\(last.joined(separator: "; "))")
    }

    /// Whatever the machine does: nothing is reported as faster than it was.
    func expectNothingFasterThanTrue(_ source: SourceLocation = #_sourceLocation) {
        let pairs = [
            ("http_req_duration", service), ("http_req_response_time", response),
        ]
        for (metric, truth) in pairs {
            let seen = run.histogram(metric)
            for p in [0.0, 50, 90, 95, 99, 99.9, 100] {
                let (a, b) = (Int64(seen.percentile(p) ?? 0), Self.percentile(truth, p))
                #expect(a >= b - 30_000 - b / 500, "\(metric) p\(p)", sourceLocation: source)
            }
        }
    }
}

extension PlaneTests {
    @Suite(.serialized) struct Truth {
        static let lanes: [Workload.Transport] = [.multi]
        private static let all = ["http_req_duration", "http_req_response_time"]

        private static func arrivals(
            _ rate: Double, _ seconds: Int64, vus: Int, isPoisson: Bool = false
        ) -> Executor {
            var executor = ConstantArrivalRate(
                rate: rate, duration: .seconds(seconds), preAllocatedVUs: vus, maxVUs: vus)
            executor.isPoisson = isPoisson
            return .constantArrivalRate(executor)
        }

        private static func ownTruth(_ run: TruthRun) -> [String] {
            TruthRun.differences(run.run.histogram("http_req_duration"), run.service, "S")
                + TruthRun.differences(
                    run.run.histogram("http_req_response_time"), run.response, "R")
        }

        @Test(arguments: lanes) func fixedDelay(_ lane: Workload.Transport) throws {
            let plan = TruthServer.Plan { _ in .milliseconds(5) }
            try TruthRun.settle(Self.arrivals(500, 4, vus: 50), plan, lane) { run in
                Self.ownTruth(run)
                    + TruthRun.differences(
                        run.run.histogram("http_req_duration"), run.analytic(plan), "S of plan")
            }
        }

        @Test(arguments: lanes) func aFewThatTake50ms(_ lane: Workload.Transport) throws {
            let plan = TruthServer.Plan { $0 % 50 == 7 ? .milliseconds(50) : .milliseconds(1) }
            try TruthRun.settle(Self.arrivals(500, 4, vus: 100), plan, lane) { run in
                let service = run.run.histogram("http_req_duration")
                let (below, above) = (service.percentile(97.5) ?? 0, service.percentile(98.5) ?? 0)
                return Self.ownTruth(run)
                    + (below < 10_000_000 && above >= 50_000_000
                        ? [] : ["p97.5 \(below) ns, p98.5 \(above) ns"])
                    + TruthRun.differences(service, run.analytic(plan), "S of plan")
            }
        }

        /// With users to spare the stall is in R and S of all that were sent into it.
        @Test(arguments: lanes) func aStallWithManyUsers(_ lane: Workload.Transport) throws {
            let plan = TruthServer.Plan(stall: (number: 400, span: .seconds(2))) { _ in
                .milliseconds(1)
            }
            try TruthRun.settle(Self.arrivals(200, 6, vus: 450), plan, lane) { run in
                Self.ownTruth(run)
                    + TruthRun.differences(
                        run.run.histogram("http_req_response_time"), run.analytic(plan),
                        "R of plan")
            }
        }

        /// With one user the stall is in R of all that waited for it, and in S of one.
        @Test(arguments: lanes) func aStallWithOneUser(_ lane: Workload.Transport) throws {
            let plan = TruthServer.Plan { number in
                number == 400 ? .milliseconds(2_001) : .milliseconds(1)
            }
            // One user is a queue with one worker.
            var queue = plan
            queue.workers = 1
            try TruthRun.settle(Self.arrivals(200, 8, vus: 1), plan, lane) { run in
                let service = run.run.histogram("http_req_duration")
                #expect(service.max >= 2_001_000_000)
                let hidden = service.percentile(99.9) ?? 0
                let shown = run.run.histogram("http_req_response_time").percentile(90) ?? 0
                return Self.ownTruth(run)
                    + (hidden < 10_000_000 && shown > 500_000_000
                        ? [] : ["S p99.9 \(hidden) ns, R p90 \(shown) ns"])
            }
        }

        /// D/D/1: arrivals every 2 ms, each served in 2.5 ms; the queue grows by 0.5 ms an arrival.
        @Test(arguments: lanes) func aSaturatedServer(_ lane: Workload.Transport) throws {
            let plan = TruthServer.Plan(workers: 1) { _ in .microseconds(2_500) }
            try TruthRun.settle(Self.arrivals(500, 2, vus: 500), plan, lane) { run in
                let analytic = run.analytic(plan)
                #expect(analytic.last == 2_500_000 + 999 * 500_000)
                return Self.ownTruth(run)
                    + TruthRun.differences(
                        run.run.histogram("http_req_response_time"), analytic, "R of D/D/1")
            }
        }

        /// D/D/3 at 1.2 times what three workers can do.
        @Test(arguments: lanes) func threeSaturatedWorkers(_ lane: Workload.Transport) throws {
            let plan = TruthServer.Plan(workers: 3) { _ in .milliseconds(6) }
            try TruthRun.settle(Self.arrivals(600, 2, vus: 600), plan, lane) { run in
                Self.ownTruth(run)
                    + TruthRun.differences(
                        run.run.histogram("http_req_response_time"), run.analytic(plan),
                        "R of D/D/3")
            }
        }

        /// M/D/1 at 80 %: random arrivals, the wait of each by Lindley's recursion; on average
        /// rho s / (2 (1 - rho)) = 4 ms.
        @Test(arguments: lanes) func randomArrivals(_ lane: Workload.Transport) throws {
            let plan = TruthServer.Plan(workers: 1) { _ in .milliseconds(2) }
            try TruthRun.settle(Self.arrivals(400, 6, vus: 200, isPoisson: true), plan, lane) {
                run in
                let analytic = run.analytic(plan)
                let wait = Double(analytic.reduce(0, +)) / Double(analytic.count) - 2_000_000
                // 2,400 arrivals that depend on each other: the mean of one seed, roughly.
                #expect(wait > 1_500_000 && wait < 10_000_000, "mean wait \(wait / 1e6) ms")
                return Self.ownTruth(run)
                    + TruthRun.differences(
                        run.run.histogram("http_req_response_time"), analytic, "R of M/D/1")
            }
        }
    }
}
