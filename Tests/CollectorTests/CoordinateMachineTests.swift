// The coordinator's decisions and the seating, without clock or socket.

import Collector
import HarnessCore
import ScenarioModel
import Testing

@Suite struct CoordinateMachineTests {
    typealias Machine = CoordinatorMachine

    private static func agent(
        _ name: String, host: String = "h", pid: Int32 = 1, capacity: Int = 1,
        wantSlot: Int? = nil, version: String = Limits.version
    ) -> Registration {
        CoordinateBench.agent(
            name, host: host, pid: pid, capacity: capacity, wantSlot: wantSlot, version: version)
    }

    private static func beat(
        _ name: String, _ state: Heartbeat.State, epoch: UInt64 = 1, reason: String? = nil
    ) -> Heartbeat {
        CoordinateBench.beat(name, state, epoch: epoch, reason: reason)
    }

    @Test func aWholeRun() {
        var bench = CoordinateBench()
        for slot in 0..<2 { bench.apply(.seated(slot: slot, Self.agent("a\(slot)"))) }
        bench.beats(.ready, [0])
        #expect(bench.machine.phase == .gathering)
        bench.beats(.ready, [1])
        #expect(bench.machine.phase == .arming)
        #expect(bench.actions.contains(.announceStart))
        bench.apply(.announced(start: bench.now + .seconds(2)))
        bench.apply(.time, after: .seconds(1))
        #expect(bench.machine.phase == .arming)
        bench.apply(.time, after: .seconds(1))
        #expect(bench.machine.phase == .running)
        bench.pass(10, .running, [0, 1])
        bench.beats(.idle, [0])
        #expect(bench.machine.phase == .running)
        bench.beats(.idle, [1])
        #expect(bench.machine.phase == .collecting)
        #expect(bench.sent == [.finish])
        bench.apply(.finalMerged(slot: 1))
        bench.apply(.finalMerged(slot: 0))
        #expect(bench.machine.phase == .over)
        #expect(bench.machine.slots.allSatisfy { $0.loss == nil })
        #expect(bench.machine.aborted == nil)
    }

    @Test func agentsThatDoNotComeAreNamed() {
        var bench = CoordinateBench()
        bench.apply(.seated(slot: 0, Self.agent("a0")))
        bench.beats(.ready, [0])
        bench.apply(.time, after: .seconds(61))
        #expect(bench.machine.phase == .failed)
        #expect(bench.failure?.0 == .unavailable)
        #expect(bench.failure?.1.contains("slots 1 (empty)") == true)
    }

    @Test func oneThatVanishesBeforeTheStartIsReplaced() {
        var bench = CoordinateBench(agents: 1)
        bench.apply(.seated(slot: 0, Self.agent("a0")))
        bench.apply(.heartbeat(slot: 0, nil), after: .seconds(9))
        #expect(bench.machine.slots[0].state == .seated)
        bench.apply(.heartbeat(slot: 0, nil), after: .seconds(2))
        #expect(bench.machine.freeSlots == [0])
        #expect(bench.actions.contains(.unseat(slot: 0, agent: "a0")))
        bench.apply(.seated(slot: 0, Self.agent("b")))
        #expect(bench.machine.slots[0].epoch == 2)
        bench.apply(.heartbeat(slot: 0, Self.beat("a0", .ready)))
        #expect(bench.machine.phase == .gathering, "the old one does not count")
        bench.apply(.heartbeat(slot: 0, Self.beat("b", .ready, epoch: 2)))
        #expect(bench.machine.phase == .arming)
    }

    @Test func aChildThatDiesBeforeTheStartFailsTheRun() {
        var bench = CoordinateBench()
        bench.apply(.childExited(pid: 4_711, status: 104))
        #expect(bench.failure?.1 == "agent process 4711 ended with status 104 before the start")
    }

    @Test func aRefusedSeatFailsTheRunWithItsReason() {
        var bench = CoordinateBench()
        bench.apply(.seated(slot: 0, Self.agent("a0")))
        bench.apply(.heartbeat(slot: 0, Self.beat("a0", .left, reason: "no such flow")))
        #expect(bench.failure?.1 == "slot 0 left before the start: no such flow")
    }

    @Test func silenceMakesSuspectThenLost() {
        var bench = CoordinateBench()
        bench.toRunning()
        bench.pass(9, .running, [0])
        #expect(bench.machine.slots[1].state == .suspect)
        bench.pass(3, .running, [0])
        #expect(bench.machine.slots[1].state == .lost)
        #expect(bench.machine.slots[1].loss == "no heartbeat for 15s")
        #expect(bench.sent.isEmpty, "degrade goes on")
        bench.pass(1, .idle, [0])
        #expect(bench.machine.phase == .collecting)
        bench.apply(.finalMerged(slot: 0))
        #expect(bench.machine.phase == .over)
    }

    @Test func oneThatReturnsKeepsItsSlot() {
        var bench = CoordinateBench()
        bench.toRunning()
        bench.pass(12, .running, [0])
        #expect(bench.machine.slots[1].state == .lost)
        bench.pass(1, .running, [0, 1])
        #expect(bench.machine.slots[1].state == .running)
        #expect(bench.machine.slots[1].loss == nil)
    }

    @Test func anOutageOfOurOwnMakesNobodyLost() {
        var bench = CoordinateBench()
        bench.toRunning()
        bench.now = bench.now + .seconds(60)
        bench.apply(.linkRestored)
        bench.pass(9, .running, [])
        #expect(bench.machine.slots.allSatisfy { $0.state == .suspect })
        bench.pass(1, .running, [0, 1])
        #expect(bench.machine.slots.allSatisfy { $0.state == .running })
    }

    @Test func aDeadChildIsLostAtOnceAndPolicyFailAborts() {
        var bench = CoordinateBench(onLoss: .fail)
        bench.toRunning()
        bench.apply(.childExited(pid: 101, status: 137))
        #expect(bench.machine.slots[1].loss == "process 101 ended with status 137")
        #expect(bench.sent == [.abort])
        #expect(bench.machine.aborted == "slot 1 lost: process 101 ended with status 137")
        bench.apply(.finalMerged(slot: 0))
        #expect(bench.machine.phase == .over)
    }

    @Test func strangersThatDieChangeNothingWhileRunning() {
        var bench = CoordinateBench()
        bench.toRunning()
        bench.apply(.childExited(pid: 9, status: 1))
        #expect(bench.machine.phase == .running)
    }

    @Test func stopThenAbort() {
        var bench = CoordinateBench()
        bench.toRunning()
        bench.apply(.stopRequested, after: .seconds(3))
        bench.apply(.stopRequested)
        bench.apply(.abortRequested)
        #expect(bench.sent == [.stop, .abort])
        #expect(bench.machine.isInterrupted)
        #expect(bench.machine.stoppedAt == .seconds(3))
        for slot in 0..<2 {
            let beat = Self.beat("a\(slot)", .idle, reason: "stopped by the coordinator")
            bench.apply(.heartbeat(slot: slot, beat))
        }
        #expect(bench.machine.phase == .collecting)
        #expect(bench.machine.slots.allSatisfy { $0.loss == nil })
    }

    @Test func stopBeforeTheStartIsAFailure() {
        var bench = CoordinateBench()
        bench.apply(.stopRequested)
        #expect(bench.failure?.0 == .interrupted)
    }

    @Test func aCriterionAborts() {
        var bench = CoordinateBench()
        bench.toRunning()
        bench.apply(.abort("p(95) of 900 ms"))
        bench.apply(.abort("another"))
        #expect(bench.sent == [.abort])
        #expect(bench.machine.aborted == "p(95) of 900 ms")
        #expect(!bench.machine.isInterrupted)
    }

    @Test func oneThatLeavesByItselfIsNamed() {
        var bench = CoordinateBench()
        bench.toRunning()
        bench.apply(.heartbeat(slot: 0, Self.beat("a0", .draining, reason: "stopped by a signal")))
        bench.apply(.finalMerged(slot: 0))
        #expect(bench.machine.slots[0].loss == "left early: stopped by a signal")
    }

    @Test func nobodyIsWaitedForForEver() {
        var bench = CoordinateBench()
        bench.toRunning()
        bench.pass(10 + 30 + 90, .running, [0, 1])
        #expect(bench.machine.phase == .running)
        bench.pass(10, .running, [0, 1])
        #expect(bench.machine.phase == .over)
        #expect(bench.machine.slots.allSatisfy { $0.loss == "silent until collectTimeout" })
    }

    // MARK: seating

    struct Seats: CustomTestStringConvertible, Sendable {
        let name: String
        let free: [Int]
        let candidates: [SeatCandidate]
        let taken: [String]
        let chosen: [String]
        var testDescription: String { name }
    }

    private static func idle(_ agent: Registration) -> SeatCandidate {
        SeatCandidate(registration: agent, isIdle: true)
    }

    static let seats: [Seats] = [
        Seats(name: "nobody", free: [0], candidates: [], taken: [], chosen: []),
        Seats(
            name: "distinct hosts before capacity", free: [0, 1],
            candidates: [
                idle(agent("a", host: "x", capacity: 8)), idle(agent("b", host: "x", capacity: 4)),
                idle(agent("c", host: "y", capacity: 1)),
            ], taken: [], chosen: ["0 a", "1 c"]),
        Seats(
            name: "hosts that are taken count", free: [1],
            candidates: [idle(agent("a", host: "x", capacity: 9)), idle(agent("b", host: "y"))],
            taken: ["x"], chosen: ["1 b"]),
        Seats(
            name: "busy and strange ones are passed over", free: [0, 1],
            candidates: [
                SeatCandidate(registration: agent("a"), isIdle: false),
                idle(agent("b", version: "9.9.9")), idle(agent("c")),
            ], taken: [], chosen: ["0 c"]),
        Seats(
            name: "wanted slots first, and no other", free: [0, 1, 2],
            candidates: [
                idle(agent("a", wantSlot: 2)), idle(agent("b", wantSlot: 5)), idle(agent("c")),
            ], taken: [], chosen: ["0 c", "2 a"]),
        Seats(
            name: "one slot wanted twice: the first", free: [0, 1],
            candidates: [idle(agent("a", wantSlot: 1)), idle(agent("b", wantSlot: 1))],
            taken: [], chosen: ["1 a"]),
    ]

    @Test(arguments: seats)
    func seating(_ c: Seats) {
        let chosen = Seating.choose(free: c.free, from: c.candidates, takenHosts: c.taken)
        #expect(chosen.map { "\($0.slot) \($0.registration.agent)" } == c.chosen)
    }
}
