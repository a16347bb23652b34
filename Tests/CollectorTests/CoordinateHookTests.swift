// setup before the start and teardown after the load, as the coordinator sees them.

import Collector
import HarnessCore
import ScenarioModel
import Testing

@Suite struct CoordinateHookTests {
    private static let rules: RunRules = {
        var rules = RunRules()
        rules.setupTimeout = .seconds(60)
        rules.teardownTimeout = .seconds(60)
        return rules
    }()

    private func bench(agents: Int = 2) -> CoordinateBench {
        CoordinateBench(agents: agents, rules: Self.rules)
    }

    // MARK: setup

    @Test func setupRunsOnSlot0OnceAllAreReady() {
        var bench = bench()
        bench.toReady()
        #expect(bench.machine.phase == .setup)
        #expect(bench.actions.contains(.send(.setup, slot: 0)))
        #expect(!bench.actions.contains(.announceStart))
        bench.pass(30, .ready, [0, 1])
        #expect(bench.machine.phase == .setup)
        let captures = ["token": SetupCapture(kind: "text", text: "t")]
        bench.hookEnds("setup", slot: 0, captures: captures)
        #expect(bench.machine.phase == .arming)
        let shared = bench.actions.firstIndex(of: .share(captures))
        let start = bench.actions.firstIndex(of: .announceStart)
        #expect(shared != nil && start != nil)
        #expect((shared ?? 0) < (start ?? 0), "captures are there before the start is announced")
        #expect(bench.sent == [.setup])
        bench.hookEnds("setup", slot: 0, failure: "late")
        #expect(bench.machine.phase == .arming, "a second answer changes nothing")
    }

    @Test func answersThatAreNotOursAreIgnored() {
        var bench = bench()
        bench.toReady()
        bench.hookEnds("setup", slot: 1)
        bench.hookEnds("teardown", slot: 0)
        bench.hookEnds("setup", slot: 0, epoch: 2)
        #expect(bench.machine.phase == .setup)
    }

    struct Failure: CustomTestStringConvertible, Sendable {
        let name: String
        let code: ExitCode
        let words: String
        let happen: @Sendable (inout CoordinateBench) -> Void
        var testDescription: String { name }
    }

    static let failures: [Failure] = [
        Failure(name: "it failed", code: .invalid, words: "setup failed: status 500") {
            $0.hookEnds("setup", slot: 0, failure: "status 500")
        },
        Failure(name: "too much", code: .invalid, words: "at most 65536 can be shared") {
            let text = String(repeating: "x", count: 65_536)
            $0.hookEnds("setup", slot: 0, captures: ["a": SetupCapture(kind: "text", text: text)])
        },
        Failure(
            name: "no answer", code: .invalid,
            words: "setup failed: no answer within setupTimeout (1m0s) of slot 0"
        ) { $0.pass(60 + 5 + 5 + 1, .ready, [0, 1]) },
        Failure(
            name: "its agent is gone", code: .unavailable,
            words: "slot 0 lost during setup: no heartbeat for 15s"
        ) { $0.pass(12, .ready, [1]) },
        Failure(
            name: "another is gone", code: .unavailable,
            words: "slot 1 lost during setup: no heartbeat for 15s"
        ) { $0.pass(12, .ready, [0]) },
        Failure(
            name: "a child died", code: .unavailable,
            words: "agent process 101 ended with status 9 before the start"
        ) { $0.apply(.childExited(pid: 101, status: 9)) },
        Failure(
            name: "another was drained", code: .unavailable,
            words: "slot 1 left before the start: it has ended its part"
        ) { $0.apply(.finalMerged(slot: 1)) },
        Failure(
            name: "stopped", code: .interrupted, words: "interrupted before the start"
        ) { $0.apply(.stopRequested) },
    ]

    @Test(arguments: failures)
    func setupFails(_ c: Failure) {
        var bench = bench()
        bench.toReady()
        c.happen(&bench)
        #expect(bench.machine.phase == .failed)
        #expect(bench.failure?.0 == c.code)
        #expect(bench.failure?.1.contains(c.words) == true, "\(bench.failure?.1 ?? "")")
        #expect(!bench.actions.contains(.announceStart))
        #expect(bench.sent == [.setup], "no teardown without a start")
    }

    // MARK: teardown

    /// A load that was aborted by a threshold: Ctrl-C still means teardown.
    @Test func teardownAfterAnAbortCanBeCut() {
        var bench = bench()
        bench.toRunning()
        bench.apply(.abort("p(95)"))
        bench.beats(.idle)
        #expect(bench.machine.phase == .tearingDown)
        bench.apply(.abortRequested)
        #expect(bench.machine.phase == .collecting)
        #expect(bench.warnings == ["teardown was cut: the run was aborted"])
        #expect(bench.sent == [.abort, .teardown, .abort, .finish])
    }

    @Test func teardownRunsOnTheLowestSlotAfterTheLoad() {
        var bench = bench()
        bench.toRunning()
        bench.pass(10, .running, [0, 1])
        bench.beats(.idle, [0])
        #expect(bench.machine.phase == .running)
        bench.beats(.idle, [1])
        #expect(bench.machine.phase == .tearingDown)
        #expect(bench.actions.contains(.send(.teardown, slot: 0)))
        bench.apply(.finalMerged(slot: 0))
        bench.apply(.finalMerged(slot: 1))
        bench.pass(20, .idle, [0, 1])
        #expect(bench.machine.phase == .tearingDown)
        #expect(bench.sent == [.teardown])
        bench.hookEnds("teardown", slot: 0)
        #expect(bench.machine.phase == .over)
        #expect(bench.sent == [.teardown, .finish])
        #expect(bench.warnings == [])
    }

    @Test func aFailedTeardownIsAWarning() {
        var bench = bench()
        bench.toRunning()
        bench.beats(.idle)
        bench.hookEnds("teardown", slot: 0, failure: "status 500")
        #expect(bench.machine.phase == .collecting)
        #expect(bench.warnings == ["teardown failed: status 500"])
        #expect(bench.machine.aborted == nil)
        #expect(bench.failure == nil)
    }

    @Test func teardownThatDoesNotAnswer() {
        var bench = bench()
        bench.toRunning()
        bench.beats(.idle)
        bench.pass(60 + 10, .idle, [0, 1])
        #expect(bench.machine.phase == .tearingDown)
        bench.pass(1, .idle, [0, 1])
        #expect(bench.machine.phase == .collecting)
        #expect(
            bench.warnings == [
                "teardown failed: no answer within teardownTimeout (1m0s) of slot 0"
            ])
    }

    @Test(arguments: ["exit", "silence", "left"])
    func itsAgentGoesAway(how: String) {
        var bench = bench()
        bench.toRunning()
        bench.beats(.idle)
        #expect(bench.sent == [.teardown])
        switch how {
        case "exit": bench.apply(.childExited(pid: 100, status: 137))
        case "silence": bench.pass(16, .idle, [1])
        default: bench.beats(.left, [0])
        }
        #expect(bench.machine.phase == .collecting)
        #expect(bench.warnings == ["teardown failed: the agent of slot 0 went away"])
        #expect(bench.sent == [.teardown, .finish], "it runs once, not again elsewhere")
    }

    @Test func theLowestThatIsLeft() {
        var bench = bench()
        bench.toRunning()
        bench.apply(.childExited(pid: 100, status: 137))
        bench.pass(1, .idle, [1])
        #expect(bench.actions.contains(.send(.teardown, slot: 1)))
        bench.hookEnds("teardown", slot: 0)
        #expect(bench.machine.phase == .tearingDown, "only slot 1 was asked")
        bench.hookEnds("teardown", slot: 1)
        #expect(bench.machine.phase == .collecting)
    }

    @Test func aFinalThatComesBeforeTheWordIsWaitedFor() {
        var bench = bench()
        bench.toRunning()
        bench.apply(.finalMerged(slot: 0))
        bench.beats(.idle, [1])
        #expect(bench.machine.phase == .tearingDown)
        #expect(bench.sent.isEmpty, "slot 0 may be there still")
        bench.beats(.idle, [0])
        #expect(bench.actions.contains(.send(.teardown, slot: 0)))
    }

    @Test func nobodyIsLeft() {
        var bench = bench()
        bench.toRunning()
        bench.beats(.draining)
        bench.beats(.flushing)
        #expect(bench.machine.phase == .collecting)
        #expect(bench.warnings == ["teardown did not run: no agent is left"])
    }

    @Test(arguments: ["stop", "abort", "criterion", "state lost"])
    func alsoAfterAnEndBeforeItsTime(how: String) {
        var bench = bench()
        bench.toRunning()
        switch how {
        case "stop": bench.apply(.stopRequested)
        case "abort": bench.apply(.abortRequested)
        case "criterion": bench.apply(.abort("p(95)"))
        default: bench.apply(.stateLost)
        }
        for slot in 0..<2 {
            let beat = CoordinateBench.beat("a\(slot)", .idle, reason: "by the coordinator")
            bench.apply(.heartbeat(slot: slot, beat))
        }
        #expect(bench.machine.phase == .tearingDown)
        #expect(bench.actions.contains(.send(.teardown, slot: 0)))
        #expect(bench.machine.slots.allSatisfy { $0.loss == nil })
        bench.apply(.stopRequested)
        #expect(bench.machine.phase == .tearingDown, "a stop does not cut it")
    }

    @Test func anAbortCutsIt() {
        var bench = bench()
        bench.toRunning()
        bench.beats(.idle)
        bench.apply(.abortRequested)
        #expect(bench.sent == [.teardown, .abort, .finish])
        #expect(bench.warnings == ["teardown was cut: the run was aborted"])
    }

    @Test func stoppedWhileArmingItStillTearsDown() {
        var bench = bench()
        bench.toReady()
        bench.hookEnds("setup", slot: 0)
        bench.apply(.stopRequested)
        #expect(bench.machine.phase == .stopping)
        bench.beats(.idle)
        #expect(bench.sent == [.setup, .stop, .teardown])
    }
}
