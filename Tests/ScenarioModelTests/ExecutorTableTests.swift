// Every executor: what is accepted, and what is refused where in k6's words (scenarios.md 4).

import HarnessCore
import ScenarioModel
import TestSupport
import Testing

@Suite struct ExecutorTableTests {
    private static func document(_ scenario: String) -> String {
        """
        name: t
        target: http://h
        flows: { default: [{ get: /x }] }
        scenarios:
          \(scenario)

        """
    }

    private static let rate = "executor: constant-arrival-rate, rate: 5, duration: 2s"
    private static let ramp = "executor: ramping-arrival-rate, preAllocatedVUs: 1"

    @Test(
        arguments: [
            ("s: { executor: shared-iterations }", nil),
            ("s: { executor: shared-iterations, vus: 3, iterations: 3, maxDuration: 1s }", nil),
            ("s: { executor: shared-iterations, vus: »0 }", "number of VUs must be more than 0"),
            (
                "s: { executor: shared-iterations, vus: 4, »iterations: 3 }",
                "number of iterations (3) can't be less than the number of VUs (4)"
            ),
            (
                "s: { executor: shared-iterations, »vus: 2 }",
                "number of iterations (1) can't be less than the number of VUs (2)"
            ),
            (
                "s: { executor: shared-iterations, »maxDuration: 500ms }",
                "maxDuration must be at least 1s, but is 500ms"
            ),
            (
                "s: { executor: shared-iterations, iterations: »1000000000001 }",
                "number of iterations must be at most"
            ),
            (
                "s: { executor: shared-iterations, »duration: 5s }",
                "unknown key \"duration\" in scenarios.s"
            ),
            ("s: { executor: per-vu-iterations, vus: 2, iterations: 1 }", nil),
            ("s: { executor: per-vu-iterations, vus: »-1 }", "number of VUs must be more than 0"),
            (
                "s: { executor: per-vu-iterations, »iterations: 0 }",
                "number of iterations must be more than 0"
            ),
            (
                "s: { executor: per-vu-iterations, »maxDuration: 0 }",
                "maxDuration must be at least 1s, but is 0s"
            ),
            (
                "s: { executor: per-vu-iterations, iterations: »1.5 }",
                "expected an integer, not \"1.5\""
            ),
            ("s: { executor: constant-vus, duration: 1s }", nil),
            ("»s: { executor: constant-vus, vus: 2 }", "duration is unspecified"),
            (
                "s: { executor: constant-vus, »duration: 10ms }",
                "duration must be at least 1s, but is 10ms"
            ),
            ("s: { executor: constant-vus, duration: »-1s }", "duration can't be negative"),
            ("s: { executor: constant-vus, duration: 1s, vus: »0 }", "must be more than 0"),
            ("s: { executor: ramping-vus, stages: [{ duration: 0, target: 3 }] }", nil),
            (
                "s: { executor: ramping-vus, startVUs: 0, stages: [{ duration: 1s, target: 1 }] }",
                nil
            ),
            ("»s: { executor: ramping-vus }", "at least one stage has to be specified"),
            ("s: { executor: ramping-vus, stages: »[] }", "at least one stage has to be specified"),
            (
                "s: { executor: ramping-vus, startVUs: »-1, stages: [{ duration: 1, target: 1 }] }",
                "number of start VUs can't be negative"
            ),
            (
                "s: { executor: ramping-vus, startVUs: 0, »stages: [{ duration: 1s, target: 0 }] }",
                "either startVUs or one of the stages' target values must be greater than 0"
            ),
            (
                "s: { executor: ramping-vus, stages: [{ duration: 1, target: 1 }, »{ target: 1 }]}",
                "stage 2 doesn't have a duration"
            ),
            (
                "s: { executor: ramping-vus, stages: [»{ duration: 1s }] }",
                "stage 1 doesn't have a target"
            ),
            (
                "s: { executor: ramping-vus, stages: [{ duration: »-1s, target: 1 }] }",
                "the duration for stage 1 can't be negative"
            ),
            (
                "s: { executor: ramping-vus, stages: [{ duration: 1s, target: »-1 }] }",
                "the target for stage 1 can't be negative"
            ),
            (
                "s: { executor: ramping-vus, stages: [{ duration: 1s, target: »100000001 }] }",
                "target for stage 1 exceeds max limit of 100000000"
            ),
            (
                "s: { executor: ramping-vus, stages: [{ duration: 1s, target: »1000001 }] }",
                "the target for stage 1 must be at most 1000000 VUs"
            ),
            (
                "s: { executor: ramping-vus, startVUs: »100000001, "
                    + "stages: [{ duration: 1s, target: 1 }] }",
                "exceeds max limit of 100000000"
            ),
            (
                "s: { executor: ramping-vus, gracefulRampDown: »-1s, "
                    + "stages: [{ duration: 1s, target: 1 }] }",
                "gracefulRampDown timeout can't be negative"
            ),
            (
                "s: { executor: ramping-vus, stages: [{ duration: 1s, target: 1, »at: 3 }] }",
                "unknown key \"at\" in scenarios.s.stages[0]"
            ),
            (
                "s: { executor: ramping-vus, »stages: [{ duration: 300d, target: 1 }, "
                    + "{ duration: 300d, target: 2 }] }",
                "the stages together are longer than 366 days"
            ),
            ("s: { \(rate), preAllocatedVUs: 3, poisson: true, maxWait: 0 }", nil),
            ("s: { \(rate), preAllocatedVUs: 3, hawkes: { branching: 0.5 } }", nil),
            ("s: { \(rate), preAllocatedVUs: 3, poisson: true, hawkes: false }", nil),
            (
                "s: { \(rate), preAllocatedVUs: 3, poisson: true, »hawkes: true }",
                "either poisson or hawkes"
            ),
            (
                "s: { \(rate), preAllocatedVUs: 3, hawkes: { branching: »1 } }",
                "\"1\" is not from 0.0 to 0.999"
            ),
            (
                "s: { \(rate), preAllocatedVUs: 3, hawkes: { decay: »0 } }",
                "is not from 1e-06 to 1000000.0"
            ),
            (
                "s: { \(rate), preAllocatedVUs: 3, hawkes: { »branchin: 0.5 } }",
                "did you mean \"branching\"?"
            ),
            (
                "»s: { executor: constant-arrival-rate, duration: 1s, preAllocatedVUs: 1 }",
                "iteration rate isn't specified"
            ),
            (
                "s: { executor: constant-arrival-rate, rate: »0, duration: 9s, "
                    + "preAllocatedVUs: 1 }",
                "iteration rate must be more than 0"
            ),
            (
                "s: { \(rate), preAllocatedVUs: 1, »timeUnit: 0 }", "timeUnit must be more than 0"
            ),
            ("»s: { \(rate) }", "number of preAllocatedVUs isn't specified"),
            (
                "s: { \(rate), preAllocatedVUs: »-1 }",
                "number of preAllocatedVUs can't be negative"
            ),
            (
                "s: { \(rate), preAllocatedVUs: 5, maxVUs: »4 }",
                "maxVUs can't be less than preAllocatedVUs"
            ),
            (
                "s: { executor: constant-arrival-rate, rate: »10, timeUnit: 9ns, duration: 1s, "
                    + "preAllocatedVUs: 1 }", "at most 10000000 a second"
            ),
            ("s: { \(ramp), stages: [{ duration: 1s, target: 1 }], hawkes: false }", nil),
            ("s: { \(ramp), startRate: 5, stages: [{ duration: 1s, target: 0 }] }", nil),
            (
                "s: { \(ramp), startRate: »-1, stages: [{ duration: 1s, target: 0 }] }",
                "startRate value can't be negative"
            ),
            ("»s: { \(ramp) }", "at least one stage has to be specified"),
            (
                "s: { \(ramp), stages: [{ duration: 1s, target: 0 }], »hawkes: true }",
                "hawkes: only with constant-arrival-rate"
            ),
            (
                "s: { \(ramp), stages: [{ duration: 1s, target: »10000001 }] }",
                "must be at most 10000000 a second"
            ),
            (
                "s: { \(ramp), stages: [{ duration: 1s, target: 1 }], »rate: 5 }",
                "unknown key \"rate\""
            ),
            ("s: { executor: externally-controlled, vus: 1, duration: 0 }", nil),
            ("s: { executor: externally-controlled, maxVUs: 4, duration: 10m }", nil),
            (
                "»s: { executor: externally-controlled, vus: 1 }", "duration must be specified"
            ),
            (
                "s: { executor: externally-controlled, vus: »-1, duration: 0 }",
                "number of VUs can't be negative"
            ),
            (
                "s: { executor: externally-controlled, »vus: 3, maxVUs: 2, duration: 0 }",
                "must be less than or equal to the number of maxVUs"
            ),
            (
                "s: { executor: externally-controlled, vus: 1, duration: 0, »gracefulStop: 1s }",
                "gracefulStop is not supported"
            ),
            (
                "»s: { executor: externally-controlled, duration: 0 }",
                "number of maxVUs must be more than 0"
            ),
            ("»s: { vus: 3 }", "doesn't have a specified executor type"),
            (
                "s: { executor: »ramping-vu, stages: [] }",
                "unknown executor type 'ramping-vu'; did you mean \"ramping-vus\"?"
            ),
            (
                "s: { executor: constant-vus, duration: 1s, »startTimee: 3s }",
                "did you mean \"startTime\"?"
            ),
            (
                "s: { executor: constant-vus, duration: 1s, startTime: »-3s }",
                "startTime can't be negative"
            ),
            (
                "s: { executor: constant-vus, duration: 1s, gracefulStop: »-3s }",
                "gracefulStop timeout can't be negative"
            ),
            (
                "s: { executor: constant-vus, duration: 1s, exec: »'' }",
                "exec value cannot be empty"
            ),
            (
                "s: { executor: constant-vus, duration: 1s, exec: »defalt }",
                "flow 'defalt' not found; did you mean \"default\"?"
            ),
            (
                "s: { executor: constant-vus, duration: 1s, env: { »a-b: 1 } }",
                "env: \"a-b\" is not 1 to 64 letters"
            ),
            (
                "s: { executor: constant-vus, duration: 1s, tags: { »scenario: 1 } }",
                "the tag \"scenario\" is set by spotload"
            ),
            ("s: { executor: constant-vus, duration: 1s, transport: multi }", nil),
            (
                "s: { executor: constant-vus, duration: 1s, transport: »mlti }",
                "none of auto, direct, multi; did you mean \"multi\"?"
            ),
        ] as [(String, String?)])
    func rows(scenario: String, words: String?) {
        MarkedDocument.check(Self.document(scenario), words)
    }

    @Test(
        arguments: [
            ("iterations: 4\nvus: 2\nduration: 5s", nil), ("vus: 3", nil),
            ("stages: [{ duration: 1s, target: 2 }]\nvus: 0", nil), ("duration: 1s", nil),
            ("duration: 1s\nvus: »0", "number of VUs must be more than 0"),
            (
                "iterations: 1\n»stages: [{ duration: 1s, target: 2 }]",
                "using `iterations` and `stages` options simultaneously is not allowed"
            ),
            (
                "duration: 1s\n»stages: [{ duration: 1s, target: 2 }]",
                "using `duration` and `stages` options simultaneously is not allowed"
            ),
            (
                "»iterations: 1\nscenarios: { s: { executor: constant-vus, duration: 1s } }",
                "using `iterations` and `scenarios` options simultaneously is not allowed"
            ),
            (
                "vus: 2\n»iterations: 1",
                "number of iterations (1) can't be less than the number of VUs (2)"
            ),
            (
                "stages: [{ duration: 1s, target: 2 }]\n»gracefulRampDown: 1s",
                "unknown key \"gracefulRampDown\" in the document"
            ),
            ("stages: »[]", "at least one stage has to be specified"),
        ] as [(String, String?)])
    func shortcuts(lines: String, words: String?) {
        MarkedDocument.check(
            "name: t\ntarget: http://h\nflows: { default: [{ get: /x }] }\n\(lines)\n", words)
    }

    @Test func shortcutsMakeDefault() throws {
        func executor(_ lines: String) throws -> Executor {
            let text = "name: t\ntarget: http://h\nflows: { only: [{ get: /x }] }\n\(lines)\n"
            let workloads = try Documents.load(text).scenario.workloads
            #expect(workloads.map(\.name) == ["default"] && workloads[0].exec == "only")
            return try #require(workloads.first).executor
        }
        var shared = SharedIterations()
        shared.vus = 3
        shared.iterations = 3
        #expect(try executor("vus: 3") == .sharedIterations(shared))
        shared.iterations = 7
        shared.maxDuration = .seconds(5)
        #expect(
            try executor("vus: 3\niterations: 7\nduration: 5s") == .sharedIterations(shared))
        #expect(
            try executor("vus: 3\nduration: 5s")
                == .constantVUs(ConstantVUs(vus: 3, duration: .seconds(5))))
        var ramp = RampingVUs(stages: [Stage(duration: .seconds(1), target: 2)])
        ramp.startVUs = 3
        #expect(
            try executor("vus: 3\nstages: [{ duration: 1s, target: 2 }]") == .rampingVUs(ramp))
    }

    @Test func burstBringsItsArrivals() throws {
        func hawkes(_ more: String) throws -> (hawkes: Hawkes?, warnings: [String]) {
            let text = """
                name: t
                target: http://h
                flows: { default: [{ order: { profile: burst } }, { request: { from: order } }] }
                scenarios: { s: { \(Self.rate), preAllocatedVUs: 1\(more) } }
                """
            let loaded = try Documents.load(text)
            guard case .constantArrivalRate(let e) = loaded.scenario.workloads[0].executor else {
                return (nil, [])
            }
            return (e.hawkes, loaded.warnings)
        }
        #expect(try hawkes("").hawkes == Hawkes())
        #expect(try hawkes(", hawkes: false").hawkes == nil)
        #expect(try hawkes(", hawkes: { decay: 3 }").hawkes?.decay == 3)
        let poisson = try hawkes(", poisson: true")
        #expect(poisson.hawkes == nil && poisson.warnings.count == 1)
        #expect(poisson.warnings.first?.contains("profile burst") == true)
    }

    @Test func agentsWithoutVUs() throws {
        let loaded = try Documents.load(
            Documents.scenario("\(Self.rate), preAllocatedVUs: 1, maxVUs: 2, exec: other"))
        #expect(loaded.warnings(agents: 2).isEmpty)
        let warnings = loaded.warnings(agents: 5)
        #expect(warnings.count == 1)
        #expect(
            warnings.first?.hasSuffix(
                "scenarios.s: at most 2 VUs for 5 agents: 3 of them run none of it") == true)
        #expect(warnings.first?.hasPrefix("warning: f:4:") == true)
    }
}
