// A coordinator's machine with its clock, for tests: heartbeat 1 s, leaseTtl 5 s, lostAfter 15 s,
// 10 s of load.

import Collector
import HarnessCore
import ScenarioModel

struct CoordinateBench {
    var machine: CoordinatorMachine
    var now = Instant(ns: 1_000_000_000_000)
    var actions: [CoordinatorMachine.Action] = []

    init(agents: Int = 2, onLoss: OnAgentLoss = .degrade, rules: RunRules = RunRules()) {
        let scenario = Synthetic.scenario([], seconds: 10)
        machine = CoordinatorMachine(
            agents: agents, timings: FleetTimings(scenario: scenario), rules: rules, onLoss: onLoss,
            ownHost: "h", at: now)
    }

    mutating func apply(_ event: CoordinatorMachine.Event, after: TimeSpan = .zero) {
        now = now + after
        actions += machine.handle(event, at: now)
    }

    mutating func beats(_ state: Heartbeat.State, _ slots: [Int] = [0, 1]) {
        for slot in slots {
            apply(.heartbeat(slot: slot, Self.beat("a\(slot)", state)))
        }
    }

    /// Both agents are ready.
    mutating func toReady() {
        for slot in 0..<2 {
            let agent = Self.agent("a\(slot)", pid: Int32(100 + slot))
            apply(.seated(slot: slot, agent))
        }
        beats(.ready)
    }

    mutating func toRunning() {
        toReady()
        if machine.phase == .setup { hookEnds("setup", slot: 0) }
        apply(.announced(start: now + .seconds(2)))
        beats(.armed)
        apply(.time, after: .seconds(2))
        beats(.running)
        actions = []
    }

    /// Seconds pass with heartbeats of some slots only.
    mutating func pass(_ seconds: Int, _ state: Heartbeat.State, _ slots: [Int]) {
        for _ in 0..<seconds {
            now = now + .seconds(1)
            for slot in 0..<2 {
                apply(
                    .heartbeat(
                        slot: slot,
                        slots.contains(slot)
                            ? Self.beat("a\(slot)", state) : nil))
            }
            apply(.time)
        }
    }

    var said: [String] {
        actions.compactMap { if case .say(let text) = $0 { text } else { nil } }
    }
    var sent: [CommandRecord.Verb] {
        actions.compactMap { if case .send(let verb, _) = $0 { verb } else { nil } }
    }
    var warnings: [String] {
        actions.compactMap { if case .warn(let text) = $0 { text } else { nil } }
    }
    var answers: [StatusRecord.Answer] {
        actions.compactMap { if case .answer(let answer) = $0 { answer } else { nil } }
    }
    mutating func hookEnds(
        _ hook: String, slot: Int, failure: String? = nil,
        captures: [String: SetupCapture] = [:], epoch: UInt64 = 1
    ) {
        apply(
            .hookEnded(
                slot: slot,
                HookRecord(run: "r", epoch: epoch, hook: hook, failure: failure, captures: captures)
            ))
    }
    /// What an operator hears: the result, or `refused: ` and the reason.
    mutating func operate(
        _ operation: OperatorRequest.Operation, scenario: String? = nil, vus: Int? = nil
    ) -> String {
        let arguments = OperatorRequest.Arguments(scenario: scenario, vus: vus)
        apply(.operated(id: "7-0", OperatorRequest(operation, arguments, by: "me")))
        guard let answer = answers.last else { return "no answer" }
        return answer.result ?? "refused: \(answer.error ?? "")"
    }
    var failure: (ExitCode, String)? {
        for action in actions {
            if case .fail(let code, let why) = action { return (code, why) }
        }
        return nil
    }

    static func agent(
        _ name: String, host: String = "h", pid: Int32 = 1, capacity: Int = 1,
        wantSlot: Int? = nil, version: String = Limits.version
    ) -> Registration {
        Registration(
            agent: name, host: host, pid: pid, proto: Limits.fleetProtocol, version: version,
            cores: 1, capacity: capacity, wantSlot: wantSlot, pwHash: "")
    }

    static func beat(
        _ name: String, _ state: Heartbeat.State, epoch: UInt64 = 1, reason: String? = nil
    ) -> Heartbeat {
        Heartbeat(
            agent: name, epoch: epoch, state: state, planRev: 1, cmdId: "0-0", cutSeq: 0,
            sentSeq: 0, ackSeq: 0, window: 0, cum: Array(repeating: 0, count: 14), vus: 0,
            spoolBytes: 0, offsetUs: 0, errorUs: 0, rttUs: 100, driftUs: 0, startErrorUs: nil,
            server: "", deadline: nil, reason: reason)
    }
}
