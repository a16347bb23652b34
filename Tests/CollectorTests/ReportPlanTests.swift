// `spotload plan`: its text and JSON as golden files, k6's lines, totals and shares.

import Collector
import HarnessCore
import ScenarioModel
import Testing

@Suite struct ReportPlanTests {
    private static func ramp() -> Workload {
        var ramp = RampingArrivalRate(
            stages: [
                Stage(duration: .seconds(30), target: 5_200),
                Stage(duration: .seconds(600), target: 5_200),
            ], preAllocatedVUs: 400, maxVUs: 1_200)
        ramp.startRate = 500
        var workload = Workload(
            name: "orders", exec: "trade", executor: .rampingArrivalRate(ramp))
        workload.isExecGiven = true
        return workload
    }

    private static func readers() -> Workload {
        var workload = Workload(
            name: "readers", exec: "read",
            executor: .constantVUs(ConstantVUs(vus: 20, duration: .seconds(600))))
        workload.startTime = .seconds(30)
        workload.gracefulStop = .seconds(5)
        workload.isExecGiven = true
        return workload
    }

    private static func scenario(_ workloads: Workload...) -> Scenario {
        Scenario(name: "baseline", workloads: workloads, flows: [:])
    }

    private static func workload(_ executor: Executor) -> Workload {
        Workload(name: "default", exec: "default", executor: executor)
    }

    @Test func text() {
        let plan = RunPlan(Self.scenario(Self.ramp(), Self.readers()), agents: 3)
        #expect(PlanText.render(plan) == ReportPlanGolden.text)
        #expect(plan.warnings.isEmpty)
    }

    @Test func json() {
        var short = ConstantArrivalRate(
            rate: 50, duration: .seconds(2), preAllocatedVUs: 10, maxVUs: 20)
        short.timeUnit = .seconds(1)
        let plan = RunPlan(Self.scenario(Self.workload(.constantArrivalRate(short))), agents: 3)
        let json = String(decoding: PlanJSON.render(plan, warnings: ["a <b>"]), as: UTF8.self)
        #expect(json == ReportPlanGolden.json)
    }

    @Test func manyAgentsAreGrouped() {
        let plan = RunPlan(Self.scenario(Self.readers()), agents: 50)
        let lines = PlanText.render(plan).split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("    agents 0-19, each     0:2/5") })
        #expect(lines.contains { $0.hasPrefix("    agents 20-49, each    2/5:1") })
        #expect(lines.count < 40 && plan.warnings.isEmpty)
    }

    /// What would take seconds to walk or to draw is bounded, and said where it is not known.
    @Test func longRampsAndManyRandomArrivals() {
        let up = Stage(duration: .seconds(1), target: 1_000_000)
        let down = Stage(duration: .seconds(1), target: 0)
        let ramp = RampingVUs(stages: (0..<500).flatMap { _ in [up, down] })
        let long = RunPlan(Self.scenario(Self.workload(.rampingVUs(ramp))), agents: 7)
        #expect(long.maxVUs == 1_000_000)
        #expect(long.maxDuration == .seconds(1_030))
        var random = ConstantArrivalRate(
            rate: 1_000_000, duration: .seconds(3_600), preAllocatedVUs: 1, maxVUs: 1)
        random.isPoisson = true
        let many = RunPlan(Self.scenario(Self.workload(.constantArrivalRate(random))), agents: 1)
        #expect(many.totalArrivals == nil && many.warnings.count == 1)
    }

    static let lines: [(Executor, String)] = {
        var shared = SharedIterations()
        (shared.vus, shared.iterations, shared.maxDuration) = (12, 22, .seconds(100))
        var each = PerVUIterations()
        (each.vus, each.iterations) = (3, 5)
        var vus = RampingVUs(
            stages: [
                Stage(duration: .seconds(60), target: 30),
                Stage(duration: .seconds(130), target: 10),
            ])
        vus.gracefulRampDown = .seconds(10)
        var slow = ConstantArrivalRate(
            rate: 30, duration: .seconds(600), preAllocatedVUs: 20, maxVUs: 30)
        slow.timeUnit = .seconds(60)
        var outside = ExternallyControlled(maxVUs: 5, duration: .zero)
        outside.vus = 1
        var bounded = outside
        bounded.duration = .seconds(90)
        return [
            (
                .sharedIterations(shared),
                "22 iterations shared among 12 VUs (maxDuration: 1m40s, gracefulStop: 30s)"
            ),
            (
                .perVUIterations(each),
                "5 iterations for each of 3 VUs (maxDuration: 10m0s, gracefulStop: 30s)"
            ),
            (
                .constantVUs(ConstantVUs(vus: 20, duration: .seconds(600))),
                "20 looping VUs for 10m0s (gracefulStop: 30s)"
            ),
            (
                .rampingVUs(vus),
                "Up to 30 looping VUs for 3m10s over 2 stages (gracefulRampDown: 10s, "
                    + "gracefulStop: 30s)"
            ),
            (
                .constantArrivalRate(slow),
                "0.50 iterations/s for 10m0s (maxVUs: 20-30, gracefulStop: 30s)"
            ),
            (
                .constantArrivalRate(
                    ConstantArrivalRate(
                        rate: 5, duration: .seconds(1), preAllocatedVUs: 2, maxVUs: 2)),
                "5.00 iterations/s for 1s (maxVUs: 2, gracefulStop: 30s)"
            ),
            (
                .externallyControlled(outside),
                "Externally controlled execution with 1 VUs, 5 max VUs, infinite duration"
            ),
            (
                .externallyControlled(bounded),
                "Externally controlled execution with 1 VUs, 5 max VUs, 1m30s duration"
            ),
            (
                .replay(
                    Replay(
                        file: "t.csv", offsetsNs: [0, 1, 2, 3, 4, 5, 6, 7, 60_000_000_000],
                        preAllocatedVUs: 1, maxVUs: 1)),
                "9 replayed iterations for 1m0s (gracefulStop: 30s)"
            ),
        ]
    }()

    @Test(arguments: lines)
    func wordsOfK6(executor: Executor, line: String) {
        var workload = Self.workload(executor)
        #expect(workload.line == line)
        workload.gracefulStop = .zero
        #expect(!workload.line.contains("gracefulStop"))
    }

    /// Iterations, VUs ready, VUs max of each agent.
    struct Shares: Sendable {
        let executor: Executor
        let agents: Int
        let arrivals: [UInt64?]
        let ready: [Int]
        let most: [Int]
    }

    static let shares: [Shares] = {
        var shared = SharedIterations()
        (shared.vus, shared.iterations) = (12, 22)
        var each = PerVUIterations()
        (each.vus, each.iterations) = (4, 10)
        func rate(_ ready: Int, _ most: Int) -> Executor {
            .constantArrivalRate(
                ConstantArrivalRate(
                    rate: 50, duration: .seconds(2), preAllocatedVUs: ready, maxVUs: most))
        }
        var ramp = RampingVUs(stages: [Stage(duration: .seconds(1), target: 5)])
        ramp.startVUs = 2
        return [
            Shares(
                executor: .sharedIterations(shared), agents: 3, arrivals: [8, 7, 7],
                ready: [4, 4, 4], most: [4, 4, 4]),
            Shares(
                executor: .sharedIterations(shared), agents: 13,
                arrivals: Array(repeating: 2, count: 10) + [1, 1, 0],
                ready: Array(repeating: 1, count: 12) + [0],
                most: Array(repeating: 1, count: 12) + [0]),
            Shares(
                executor: .perVUIterations(each), agents: 3, arrivals: [20, 10, 10],
                ready: [2, 1, 1], most: [2, 1, 1]),
            Shares(
                executor: rate(20, 20), agents: 3, arrivals: [35, 35, 30], ready: [7, 7, 6],
                most: [7, 7, 6]),
            Shares(
                executor: rate(1, 2), agents: 3, arrivals: [50, 50, 0], ready: [1, 0, 0],
                most: [1, 1, 0]),
            Shares(
                executor: rate(0, 0), agents: 2, arrivals: [0, 0], ready: [0, 0], most: [0, 0]),
            Shares(
                executor: rate(100, 4_000), agents: 4, arrivals: [25, 25, 25, 25],
                ready: [25, 25, 25, 25], most: [1_000, 1_000, 1_000, 1_000]),
            Shares(
                executor: .rampingVUs(ramp), agents: 2, arrivals: [nil, nil], ready: [3, 2],
                most: [3, 2]),
        ]
    }()

    @Test(arguments: shares)
    func sharesOfAgents(_ expected: Shares) {
        let plan = RunPlan(Self.scenario(Self.workload(expected.executor)), agents: expected.agents)
        let agents = plan.workloads[0].perAgent
        #expect(agents.map(\.arrivals) == expected.arrivals)
        #expect(agents.map(\.preAllocatedVUs) == expected.ready)
        #expect(agents.map(\.maxVUs) == expected.most)
        #expect(plan.totalArrivals == plan.workloads[0].arrivals)
    }

    @Test func heldVUs() {
        // 30 reserved until 1m40s + 30s, 20 from 2m on until 2m + 10m + 5s: never together.
        let vus = RampingVUs(stages: [Stage(duration: .seconds(100), target: 30)])
        let first = Self.workload(.rampingVUs(vus))
        var second = Self.readers()
        second.startTime = .seconds(130)
        let apart = RunPlan(Self.scenario(first, second), agents: 1)
        #expect(apart.maxVUs == 30)
        #expect(apart.maxDuration == .seconds(735))
        second.startTime = .milliseconds(129_999)
        #expect(RunPlan(Self.scenario(first, second), agents: 1).maxVUs == 50)
    }

    @Test func endless() {
        let executor = Executor.externallyControlled(
            ExternallyControlled(maxVUs: 5, duration: .zero))
        let plan = RunPlan(Self.scenario(Self.workload(executor)), agents: 1)
        #expect(plan.maxDuration == nil && plan.maxVUs == 5 && plan.totalArrivals == nil)
        let text = PlanText.render(plan)
        #expect(text.hasPrefix("scenarios: (100.00%) 1 scenario, 5 max VUs, infinite duration:\n"))
        let json = String(decoding: PlanJSON.render(plan, warnings: []), as: UTF8.self)
        #expect(json.contains("\"maxDurationNs\": null"))
        #expect(json.contains("\"totalArrivals\": null"))
    }

    @Test func randomArrivalsAreCountedWhereTheyAreFew() {
        var rate = ConstantArrivalRate(
            rate: 1_000, duration: .seconds(10), preAllocatedVUs: 5, maxVUs: 5)
        rate.isPoisson = true
        let few = RunPlan(Self.scenario(Self.workload(.constantArrivalRate(rate))), agents: 2)
        let arrivals = Arrivals(.constantArrivalRate(rate), seed: 1, scenario: "default")
        #expect(few.totalArrivals == arrivals?.total)
        #expect(
            few.workloads[0].perAgent.compactMap(\.arrivals).reduce(0, +) == few.totalArrivals)
        rate.duration = .seconds(30_000)
        let many = RunPlan(Self.scenario(Self.workload(.constantArrivalRate(rate))), agents: 2)
        #expect(many.totalArrivals == nil && many.workloads[0].arrivals == nil)
        #expect(many.warnings.count == 1)
        #expect(many.warnings.first?.contains("about 30000000 random arrivals") == true)
    }

    /// Twenty rows hold all arrivals; nothing is wider than a terminal.
    @Test func rows() {
        let plan = RunPlan(Self.scenario(Self.ramp(), Self.readers()), agents: 1)
        #expect(plan.rows.count == 20)
        let sum = plan.rows.reduce(0) { $0 + $1.arrivalsPerSecond * 31.5 }
        #expect(abs(sum - 3_205_500) < 1)
        #expect(plan.rows.map(\.vus) == Array(repeating: 1_220, count: 20))
        let lines = PlanText.render(plan).split(separator: "\n")
        #expect(lines.filter { !$0.hasPrefix("  *") }.allSatisfy { $0.count <= 100 })
    }
}
