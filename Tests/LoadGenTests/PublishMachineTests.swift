// The agent's life as a table: no clock, no socket.

import HarnessCore
import LoadGen
import Testing

@Suite struct PublishMachineTests {
    typealias Event = AgentMachine.Event
    typealias Action = AgentMachine.Action

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let events: [Event]
        /// The scenario has setup and teardown.
        var hooks = false
        let state: Heartbeat.State
        let actions: [Action]
        var testDescription: String { name }
    }

    private static let toReady: [Event] = [.prepared, .clockKnown]
    private static let toRunning: [Event] = toReady + [.startAnnounced(7), .startReached]
    private static let provided: [Event] =
        toReady + [.setupProvided, .startAnnounced(7), .startReached]
    private static let arm: [Action] = [.arm(startAtUs: 7)]

    static let table: [Case] = [
        Case(name: "needs a plane and a clock", events: [.prepared], state: .syncing, actions: []),
        Case(name: "clock first", events: [.clockKnown, .prepared], state: .ready, actions: []),
        Case(
            name: "no start before it is ready", events: [.startAnnounced(7)], state: .syncing,
            actions: []),
        Case(
            name: "the start is taken once",
            events: toReady + [.startAnnounced(7), .startAnnounced(7)], state: .armed,
            actions: arm),
        Case(
            name: "a whole life",
            events: toRunning + [.planeIdle, .command(.finish), .finalAcknowledged], state: .left,
            actions: arm + [.leave(.pass)]),
        Case(
            name: "finish before idle waits", events: toRunning + [.command(.finish)],
            state: .running, actions: arm),
        Case(
            name: "an ack before finish does not end it",
            events: toRunning + [.planeIdle, .finalAcknowledged], state: .idle, actions: arm),
        Case(
            name: "stop, idle, finish",
            events: toRunning + [.command(.stop), .planeIdle, .command(.finish)],
            state: .flushing, actions: arm + [.stopPlane]),
        Case(
            name: "abort while stopping cuts",
            events: toRunning + [.command(.stop), .command(.abort)], state: .stopping,
            actions: arm + [.stopPlane, .abortPlane]),
        Case(
            name: "stop before the start", events: toReady + [.command(.stop)], state: .flushing,
            actions: [.finishUnstarted]),
        Case(
            name: "stop while building", events: [.command(.stop), .finalAcknowledged],
            state: .left, actions: [.finishUnstarted, .leave(.pass)]),
        Case(
            name: "a signal drains and leaves without finish",
            events: toRunning + [.stopRequested, .stopRequested, .planeIdle, .finalAcknowledged],
            state: .left, actions: arm + [.stopPlane, .leave(.pass)]),
        Case(
            name: "two signals: 105",
            events: toRunning + [
                .stopRequested, .abortRequested, .abortRequested, .planeIdle, .finalAcknowledged,
            ], state: .left, actions: arm + [.stopPlane, .abortPlane, .leave(.interrupted)]),
        Case(
            name: "two signals and no Redis: 105",
            events: toRunning + [.abortRequested, .planeIdle, .undeliverable], state: .left,
            actions: arm + [.abortPlane, .leave(.interrupted)]),
        Case(
            name: "offline fences",
            events: toRunning + [.offline, .offline, .planeIdle, .finalAcknowledged], state: .left,
            actions: arm + [.stopPlane, .leave(.pass)]),
        Case(
            name: "a full spool fences", events: toRunning + [.spoolFull], state: .fenced,
            actions: arm + [.stopPlane]),
        Case(
            name: "a cap drains, and it leaves by itself",
            events: toRunning + [
                .capReached("maxBytes is reached"), .planeIdle, .finalAcknowledged,
            ],
            state: .left, actions: arm + [.stopPlane, .leave(.pass)]),
        Case(
            name: "past the end", events: toRunning + [.pastEnd], state: .stopping,
            actions: arm + [.abortPlane]),
        Case(
            name: "past the end, idle", events: toRunning + [.planeIdle, .pastEnd], state: .idle,
            actions: arm),
        Case(
            name: "superseded", events: toRunning + [.superseded, .planeIdle], state: .left,
            actions: arm + [.abortPlane, .leave(.superseded)]),
        Case(
            name: "closed without us", events: toRunning + [.closed], state: .left,
            actions: arm + [.abortPlane, .leave(.unavailable)]),
        Case(
            name: "refused data", events: toRunning + [.fatal(.internalError, "NOPERM")],
            state: .left, actions: arm + [.abortPlane, .leave(.internalError)]),
        Case(
            name: "cannot prepare", events: [.prepareFailed("no file")], state: .left,
            actions: [.leave(.unavailable)]),
        Case(
            name: "setup runs once, in ready",
            events: [.command(.setup)] + toReady + [.command(.setup), .command(.setup)],
            hooks: true, state: .ready, actions: [.run(.setup)]),
        Case(
            name: "no start before the captures are there",
            events: toReady + [.startAnnounced(7)], hooks: true, state: .ready, actions: []),
        Case(
            name: "no start while setup runs",
            events: toReady + [.command(.setup), .setupProvided, .startAnnounced(7)], hooks: true,
            state: .ready, actions: [.run(.setup)]),
        Case(
            name: "setup, captures, start",
            events: toReady + [
                .command(.setup), .hookEnded, .setupProvided, .startAnnounced(7),
            ], hooks: true, state: .armed, actions: [.run(.setup)] + arm),
        Case(
            name: "captures before it is ready",
            events: [.setupProvided] + toReady + [.startAnnounced(7)], hooks: true, state: .armed,
            actions: arm),
        Case(
            name: "teardown in idle, then finish",
            events: provided + [
                .planeIdle, .command(.teardown), .command(.teardown), .hookEnded,
                .command(.finish), .finalAcknowledged,
            ], hooks: true, state: .left, actions: arm + [.run(.teardown), .leave(.pass)]),
        Case(
            name: "no teardown under load", events: provided + [.command(.teardown)], hooks: true,
            state: .running, actions: arm),
        Case(
            name: "a signal waits for teardown",
            events: provided + [.planeIdle, .command(.teardown), .stopRequested], hooks: true,
            state: .idle, actions: arm + [.run(.teardown)]),
        Case(
            name: "and goes on after it",
            events: provided + [.planeIdle, .command(.teardown), .stopRequested, .hookEnded],
            hooks: true, state: .flushing, actions: arm + [.run(.teardown)]),
        Case(
            name: "an abort cuts teardown",
            events: provided + [.planeIdle, .command(.teardown), .command(.abort)], hooks: true,
            state: .idle, actions: arm + [.run(.teardown), .abortPlane]),
        Case(
            name: "closed during setup", events: toReady + [.command(.setup), .closed],
            hooks: true, state: .left, actions: [.run(.setup), .abortPlane, .leave(.unavailable)]),
        Case(
            name: "stopped before the start it stays for teardown",
            events: toReady + [.command(.stop), .planeIdle, .command(.teardown)], hooks: true,
            state: .idle, actions: [.finishUnstarted, .run(.teardown)]),
        Case(
            name: "a signal before the start does not",
            events: toReady + [.stopRequested, .planeIdle], hooks: true, state: .flushing,
            actions: [.finishUnstarted]),
        Case(
            name: "pause and resume",
            events: toRunning + [.pauseReached, .pauseReached, .resumeReached], state: .running,
            actions: arm),
        Case(
            name: "paused", events: toRunning + [.pauseReached], state: .paused, actions: arm),
        Case(
            name: "no pause before the start", events: toReady + [.pauseReached], state: .ready,
            actions: []),
        Case(
            name: "stop in a pause", events: toRunning + [.pauseReached, .command(.stop)],
            state: .stopping, actions: arm + [.stopPlane]),
        Case(
            name: "nothing after the end",
            events: [.prepareFailed("no file"), .stopRequested, .superseded], state: .left,
            actions: [.leave(.unavailable)]),
    ]

    @Test(arguments: table)
    func life(_ c: Case) {
        var machine = AgentMachine(hasSetup: c.hooks, hasTeardown: c.hooks)
        var actions: [Action] = []
        for event in c.events { actions += machine.handle(event) }
        #expect(machine.state == c.state)
        #expect(actions == c.actions)
    }
}
