// What operators may ask for and what comes of it: pause, resume, scale, stop. Heartbeat 1 s, so a
// change takes effect 3 s ahead; 10 s of load.

import Collector
import HarnessCore
import ScenarioModel
import Testing

@Suite struct CoordinateControlTests {
    private static func rules(external end: TimeSpan?) -> RunRules {
        var rules = RunRules()
        rules.scenarios = ["orders", "manual"]
        rules.external = ["manual": RunRules.External(maxVUs: 8, end: end)]
        return rules
    }

    private static func running(external end: TimeSpan? = .seconds(10)) -> CoordinateBench {
        var bench = CoordinateBench(rules: rules(external: end))
        bench.toRunning()
        return bench
    }

    @Test func pauseAndResume() {
        var bench = Self.running()
        #expect(bench.machine.endWindow == 40)
        bench.pass(2, .running, [0, 1])
        #expect(bench.operate(.pause) == "schedules stand still from 5s on")
        #expect(bench.actions.contains(.replan))
        #expect(bench.machine.pauses.pairs == [[5, nil]])
        #expect(bench.machine.endWindow == nil, "nobody knows when it ends")
        #expect(bench.machine.phase == .running, "not yet")
        bench.pass(3, .running, [0, 1])
        #expect(bench.machine.phase == .paused)
        bench.pass(1_000, .paused, [0, 1])
        #expect(bench.machine.phase == .paused, "a pause may last")
        #expect(bench.operate(.resume) == "schedules go on at 16m48s")
        #expect(bench.machine.pauses.pairs == [[5, 1_008]])
        #expect(bench.machine.endWindow == 40 + 1_003)
        bench.pass(2, .paused, [0, 1])
        #expect(bench.machine.phase == .paused)
        bench.pass(1, .running, [0, 1])
        #expect(bench.machine.phase == .running)
        #expect(bench.said.contains("paused at 5s") && bench.said.contains("resumed at 16m48s"))
        // 10 s of schedule and 30 s of gracefulStop, shifted by the pause, and collectTimeout.
        bench.pass(35 + 90, .running, [0, 1])
        #expect(bench.machine.phase == .running)
        bench.pass(10, .running, [0, 1])
        #expect(bench.machine.phase == .over, "nobody is waited for for ever")
    }

    @Test func aResumeBeforeThePauseBeganUndoesIt() {
        var bench = Self.running()
        _ = bench.operate(.pause)
        #expect(bench.operate(.resume) == "schedules go on at 3s")
        #expect(bench.machine.pauses.isEmpty)
        #expect(bench.machine.endWindow == 40)
    }

    @Test func aPauseRightAfterAResumeGoesOnWithIt() {
        var bench = Self.running()
        _ = bench.operate(.pause)
        bench.pass(5, .paused, [0, 1])
        _ = bench.operate(.resume)
        #expect(bench.machine.pauses.pairs == [[3, 8]])
        #expect(bench.operate(.pause) == "schedules stand still from 8s on")
        #expect(bench.machine.pauses.pairs == [[3, nil]])
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        let name: String
        let words: String
        let ask: @Sendable (inout CoordinateBench) -> String
        var testDescription: String { name }
    }

    static let refused: [Refused] = [
        Refused(name: "pause twice", words: "the run is already paused") {
            _ = $0.operate(.pause)
            return $0.operate(.pause)
        },
        Refused(name: "resume what runs", words: "the run is not paused") { $0.operate(.resume) },
        Refused(name: "stop twice", words: "the run is ending already") {
            _ = $0.operate(.stop)
            return $0.operate(.stop)
        },
        Refused(name: "pause what stops", words: "the run is ending already") {
            _ = $0.operate(.stop)
            return $0.operate(.pause)
        },
        Refused(name: "too late", words: "the schedules end at 10s, before a pause could begin") {
            $0.pass(8, .running, [0, 1])
            return $0.operate(.pause)
        },
        Refused(name: "scale nothing", words: "scale takes a scenario and a number of VUs") {
            $0.operate(.scale, vus: 2)
        },
        Refused(
            name: "scale a stranger",
            words: "there is no scenario \"mannual\" in this run (manual, orders)"
        ) { $0.operate(.scale, scenario: "mannual", vus: 2) },
        Refused(
            name: "scale another executor", words: "\"orders\" is not externally-controlled"
        ) { $0.operate(.scale, scenario: "orders", vus: 2) },
        Refused(name: "too many", words: "takes 0 to 8 VUs (maxVUs), not 9") {
            $0.operate(.scale, scenario: "manual", vus: 9)
        },
        Refused(name: "fewer than none", words: "takes 0 to 8 VUs (maxVUs), not -1") {
            $0.operate(.scale, scenario: "manual", vus: -1)
        },
        Refused(name: "scale too late", words: "\"manual\" ends at 10s, before it could act") {
            $0.pass(8, .running, [0, 1])
            return $0.operate(.scale, scenario: "manual", vus: 2)
        },
    ]

    @Test(arguments: refused)
    func refusals(_ c: Refused) {
        var bench = Self.running()
        let answer = c.ask(&bench)
        #expect(answer.hasPrefix("refused: "))
        #expect(answer.contains(c.words), "\(answer)")
    }

    @Test func notBeforeTheStart() {
        var bench = CoordinateBench(rules: Self.rules(external: nil))
        bench.toReady()
        #expect(bench.operate(.pause) == "refused: the run has not started")
        #expect(bench.machine.phase == .arming)
    }

    @Test func scale() {
        var bench = Self.running()
        #expect(
            bench.operate(.scale, scenario: "manual", vus: 4)
                == "scenario \"manual\" has 4 VUs from 3s on")
        #expect(
            bench.operate(.scale, scenario: "manual", vus: 5)
                == "scenario \"manual\" has 5 VUs from 3s on")
        bench.pass(1, .running, [0, 1])
        _ = bench.operate(.scale, scenario: "manual", vus: 0)
        #expect(bench.machine.scales.map(\.from) == [3, 4])
        #expect(bench.machine.scales.map(\.vus) == [5, 0], "the later word counts")
    }

    @Test func stopIsAsCtrlC() {
        var bench = Self.running()
        bench.pass(2, .running, [0, 1])
        #expect(bench.operate(.stop) == "nothing new starts, what runs may end")
        #expect(bench.sent == [.stop])
        #expect(bench.machine.isInterrupted)
        #expect(bench.machine.stoppedAt == .seconds(2))
    }

    @Test func stopBeforeTheStartAnswersAndFails() {
        var bench = CoordinateBench()
        #expect(bench.operate(.stop) == "nothing new starts, what runs may end")
        #expect(bench.failure?.0 == .interrupted)
    }

    @Test func stopEndsAPause() {
        var bench = Self.running()
        _ = bench.operate(.pause)
        bench.pass(5, .paused, [0, 1])
        _ = bench.operate(.stop)
        bench.beats(.idle)
        #expect(bench.machine.phase == .collecting)
    }

    @Test func anEndlessScenarioIsEndedByOperatorsOnly() {
        var bench = Self.running(external: nil)
        #expect(bench.machine.endWindow == nil)
        bench.pass(5_000, .running, [0, 1])
        #expect(bench.machine.phase == .running)
        #expect(bench.operate(.pause).hasPrefix("schedules stand still"))
        #expect(bench.operate(.scale, scenario: "manual", vus: 1).hasPrefix("scenario"))
        _ = bench.operate(.stop)
        #expect(bench.sent == [.stop])
        bench.beats(.idle)
        #expect(bench.machine.phase == .collecting)
    }

    @Test func aLossInAPauseFollowsThePolicy() {
        var bench = CoordinateBench(onLoss: .fail)
        bench.toRunning()
        _ = bench.operate(.pause)
        bench.pass(4, .paused, [0, 1])
        bench.apply(.childExited(pid: 101, status: 137))
        #expect(bench.sent == [.abort])
    }
}
