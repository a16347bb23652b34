// Scenarios and their executors: k6's words (scenarios.md section 4).

import HarnessCore
import ScenarioModel
import Testing

@Suite struct ExecutorErrorTests {
    private static let rate = "executor: constant-arrival-rate, rate: 5, duration: 2s, "
    private static let vus = "executor: constant-vus, duration: 2s, "

    @Test(arguments: [
        ("vus: 1", "doesn't have a specified executor type"),
        ("executor: null", "doesn't have a specified executor type"),
        ("executor: constant-vu, duration: 1s", "unknown executor type 'constant-vu'"),
        ("executor: constant-vus", "duration is unspecified"),
        ("executor: constant-vus, duration: 999ms", "duration must be at least 1s, but is 999ms"),
        ("executor: constant-vus, duration: -1s", "duration can't be negative"),
        (vus + "vus: 0", "number of VUs must be more than 0"),
        (vus + "vus: -3", "number of VUs must be more than 0"),
        (vus + "vus: 1.5", "expected an integer, not \"1.5\""),
        (vus + "vus: 1000001", "number of VUs must be at most 1000000"),
        (vus + "startTime: -1s", "startTime can't be negative"),
        (vus + "gracefulStop: -1s", "gracefulStop timeout can't be negative"),
        (vus + "exec: ''", "exec value cannot be empty"),
        (vus + "exec: othr", "flow 'othr' not found; did you mean \"other\"?"),
        (vus + "rate: 1", "unknown key \"rate\" in scenarios.s"),
        (vus + "options: { browser: {} }", "unknown key \"options\" in scenarios.s"),
        (vus + "transport: x", "none of auto, direct, multi"),
        (vus + "maxWait: 1s", "unknown key \"maxWait\""),
        (rate + "preAllocatedVUs: -1", "number of preAllocatedVUs can't be negative"),
        (rate + "maxVUs: 3", "number of preAllocatedVUs isn't specified"),
        (rate + "preAllocatedVUs: 0", "number of maxVUs must be more than 0"),
        (rate + "preAllocatedVUs: 3, maxVUs: 2", "maxVUs can't be less than preAllocatedVUs"),
        (rate + "preAllocatedVUs: 3, timeUnit: 0", "timeUnit must be more than 0"),
        (rate + "preAllocatedVUs: 3, timeUnit: -1s", "timeUnit must be more than 0"),
        (rate + "preAllocatedVUs: 3, timeUnit: 1us, maxVUs: 5, maxWait: -1", "can't be negative"),
        (
            "executor: constant-arrival-rate, duration: 1s, preAllocatedVUs: 1",
            "iteration rate isn't specified"
        ),
        (
            "executor: constant-arrival-rate, rate: 0, duration: 1s, preAllocatedVUs: 1",
            "iteration rate must be more than 0"
        ),
        (
            "executor: constant-arrival-rate, rate: 1.5, duration: 1s, preAllocatedVUs: 1",
            "expected an integer"
        ),
        (
            "executor: constant-arrival-rate, rate: 10000001, duration: 1s, preAllocatedVUs: 1",
            "at most 10000000 a second"
        ),
        (
            "executor: constant-arrival-rate, rate: 1, preAllocatedVUs: 1",
            "duration is unspecified"
        ),
    ])
    func refused(options: String, words: String) {
        let errors = Documents.errors(Documents.scenario(options))
        #expect(errors.contains { $0.contains(words) }, "\(errors)")
        #expect(errors.allSatisfy { $0.hasPrefix("4:") }, "\(errors)")
    }

    @Test(arguments: ["a b", "é", "a.b"])
    func names(name: String) {
        let text = Documents.base.replacing("{ s:", with: "{ \"\(name)\":")
        let errors = Documents.errors(text)
        let words = "only numbers, latin letters, underscores, and dashes"
        #expect(errors.count == 1 && errors[0].contains(words), "\(errors)")
    }

    @Test func defaults() throws {
        let loaded = try Documents.load(
            Documents.scenario(Self.rate + "preAllocatedVUs: 3, env: { A: b }, maxWait: 0"))
        let workload = loaded.scenario.workloads[0]
        #expect(workload.env == ["A": "b"] && workload.maxWait == .zero)
        #expect(workload.gracefulStop == .seconds(30) && workload.exec == "default")
        var expected = ConstantArrivalRate(
            rate: 5, duration: .seconds(2), preAllocatedVUs: 3, maxVUs: 3)
        expected.timeUnit = .seconds(1)
        #expect(workload.executor == .constantArrivalRate(expected))
        #expect(loaded.warnings == ["warning: f:3:34: no scenario runs flow \"other\""])
    }

    @Test func orderOfScenarios() throws {
        let one = "executor: constant-vus, duration: 1s"
        let text = """
            name: t
            target: http://h
            flows: { only: [{ get: /x }] }
            scenarios:
              b: { \(one) }
              late: { \(one), startTime: 5s }
              a: { \(one) }
            """
        let workloads = try Documents.load(text).scenario.workloads
        #expect(workloads.map(\.name) == ["a", "b", "late"])
        #expect(workloads.map(\.exec) == ["only", "only", "only"])
    }
}
