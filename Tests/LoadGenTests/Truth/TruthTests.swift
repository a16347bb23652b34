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

import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@testable import LoadGen

/// Tests of the data plane that look at times or take many connections: the name puts them among
/// the integration tests, which run one after the other.
@Suite(.serialized) enum PlaneIntegrationTests {
    static let lanes: [Workload.Transport] = [.multi, .direct]
}

extension PlaneIntegrationTests {
    @Suite(.serialized) struct Truth {
        private static func arrivals(
            _ rate: Double, _ seconds: Int64, vus: Int, isPoisson: Bool = false
        ) -> Executor {
            var executor = ConstantArrivalRate(
                rate: rate, duration: .seconds(seconds), preAllocatedVUs: vus, maxVUs: vus)
            executor.isPoisson = isPoisson
            return .constantArrivalRate(executor)
        }

        @Test(arguments: PlaneIntegrationTests.lanes) func fixedDelay(_ lane: Workload.Transport)
            throws
        {
            let plan = TruthServer.Plan { _ in .milliseconds(2) }
            try TruthRun.settle(Self.arrivals(400, 4, vus: 50), plan, lane) { run in
                run.untrue + run.unplanned(run.analytic(plan))
                    + TruthRun.differences(
                        run.run.measured("http_req_duration"),
                        [Int64](repeating: 2_000_000, count: 1_400), "S of the plan",
                        at: [50, 90, 95])
            }
        }

        @Test(arguments: PlaneIntegrationTests.lanes) func aFewThatTake50ms(
            _ lane: Workload.Transport
        ) throws {
            let plan = TruthServer.Plan { $0 % 50 == 7 ? .milliseconds(50) : .milliseconds(1) }
            try TruthRun.settle(Self.arrivals(500, 4, vus: 100), plan, lane) { run in
                let service = run.run.measured("http_req_duration")
                let (below, above) = (service.percentile(97.5) ?? 0, service.percentile(98.5) ?? 0)
                return run.untrue + run.unplanned(run.analytic(plan))
                    + (below < 10_000_000 && above >= 50_000_000
                        ? [] : ["p97.5 \(below) ns, p98.5 \(above) ns"])
            }
        }

        /// With users to spare the stall is in R and S of all that were sent into it.
        @Test(arguments: PlaneIntegrationTests.lanes) func aStallWithManyUsers(
            _ lane: Workload.Transport
        ) throws {
            let plan = TruthServer.Plan(stall: (number: 400, span: .seconds(2))) { _ in
                .milliseconds(1)
            }
            try TruthRun.settle(Self.arrivals(200, 6, vus: 450), plan, lane) { run in
                run.untrue + run.unplanned(run.analytic(plan))
            }
        }

        /// With one user the stall is in R of all that waited for it, and in S of one.
        @Test(arguments: PlaneIntegrationTests.lanes) func aStallWithOneUser(
            _ lane: Workload.Transport
        ) throws {
            let plan = TruthServer.Plan { number in
                number == 400 ? .milliseconds(2_001) : .milliseconds(1)
            }
            try TruthRun.settle(Self.arrivals(200, 8, vus: 1), plan, lane) { run in
                let service = run.run.measured("http_req_duration")
                #expect(service.max >= 2_001_000_000)
                let hidden = service.percentile(99.9) ?? 0
                let shown = run.run.measured("http_req_response_time").percentile(90) ?? 0
                return run.untrue
                    + (hidden < 10_000_000 && shown > 500_000_000
                        ? [] : ["S p99.9 \(hidden) ns, R p90 \(shown) ns"])
            }
        }

        /// D/D/1: arrivals every 2 ms, each served in 2.5 ms; the queue grows by 0.5 ms an arrival.
        @Test(arguments: PlaneIntegrationTests.lanes) func aSaturatedServer(
            _ lane: Workload.Transport
        ) throws {
            let plan = TruthServer.Plan(workers: 1) { _ in .microseconds(2_500) }
            try TruthRun.settle(Self.arrivals(500, 2, vus: 500), plan, lane) { run in
                let analytic = run.analytic(plan)
                #expect(analytic[749] - analytic[0] == 749 * 500_000)
                return run.untrue + run.unplanned(analytic)
            }
        }

        /// D/D/3 at 1.2 times what three workers can do.
        @Test(arguments: PlaneIntegrationTests.lanes) func threeSaturatedWorkers(
            _ lane: Workload.Transport
        ) throws {
            let plan = TruthServer.Plan(workers: 3) { _ in .milliseconds(6) }
            try TruthRun.settle(Self.arrivals(600, 2, vus: 600), plan, lane) { run in
                run.untrue + run.unplanned(run.analytic(plan))
            }
        }

        /// M/D/1 at 80 %: random arrivals, the wait of each by Lindley's recursion; on average
        /// rho s / (2 (1 - rho)) = 4 ms.
        @Test(arguments: PlaneIntegrationTests.lanes) func randomArrivals(
            _ lane: Workload.Transport
        ) throws {
            let plan = TruthServer.Plan(workers: 1) { _ in .milliseconds(2) }
            try TruthRun.settle(Self.arrivals(400, 6, vus: 200, isPoisson: true), plan, lane) {
                run in
                let analytic = run.analytic(plan)
                let wait = Double(analytic.reduce(0, +)) / Double(analytic.count) - 2_000_000
                // 2,400 arrivals that depend on each other: the mean of one seed, roughly.
                #expect(wait > 1_500_000 && wait < 10_000_000, "mean wait \(wait / 1e6) ms")
                // What the server takes longer than planned, the queue shows 1 / (1 - rho) times.
                return run.untrue + run.unplanned(analytic, times: 5)
            }
        }
    }
}
