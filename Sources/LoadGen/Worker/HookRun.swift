// `setup` or `teardown`, once: a worker of its own with one VU that runs the hook's flow one time,
// on the caller's thread. What it records goes nowhere; what it captured, and why it failed, comes
// back. Cut off at the document's timeout, and when the plane is aborted meanwhile.

import HarnessCore
import ScenarioModel
import Telemetry

/// The hooks of an agent's scenario, compiled; nil where the document has none.
struct HookPrograms: Sendable {
    private let setup: FlowProgram?
    private let teardown: FlowProgram?

    init(_ assignment: AgentAssignment, log: FlowLog) throws(CommandFailure) {
        func program(_ hook: FlowHook) throws(CommandFailure) -> FlowProgram? {
            try FlowProgram(
                hook: hook, scenario: assignment.scenario, targetURL: assignment.targetURL,
                runID: assignment.runID, slot: assignment.slot, env: assignment.env,
                runTag: assignment.runTag, secrets: assignment.secrets, log: log)
        }
        setup = try program(.setup)
        teardown = try program(.teardown)
    }

    subscript(_ hook: FlowHook) -> FlowProgram? { hook == .setup ? setup : teardown }
}

struct HookRun {
    private let program: FlowProgram?
    private let assignment: AgentAssignment
    private let timeout: TimeSpan
    private let setup: [String: SetupValue]

    init(
        _ assignment: AgentAssignment, _ hook: FlowHook, _ programs: HookPrograms,
        setup: [String: SetupValue]
    ) {
        self.setup = setup
        program = programs[hook]
        let scenario = assignment.scenario
        timeout = hook == .setup ? scenario.setupTimeout : scenario.teardownTimeout
        var once = PerVUIterations()
        once.maxDuration = timeout
        var workload = Workload(
            name: hook.rawValue, exec: hook.rawValue, executor: .perVUIterations(once))
        workload.gracefulStop = .zero
        var own = assignment
        own.scenario.workloads = [workload]
        own.scenario.warmup = .zero
        own.scenario.defaults.minIterationDuration = .zero
        own.weights = [1]
        own.segment = 0
        own.workers = 1
        // No delta of an incarnation counts these requests: they are not sent in its name.
        own.epoch = 0
        self.assignment = own
    }

    /// - Parameter control: of nobody else; an abort through it ends the hook.
    func run(_ control: WorkerControl) throws(SystemError) -> HookOutcome {
        guard let program else { return HookOutcome(failure: nil, captures: [:]) }
        let worker = try LoadWorker(
            assignment: assignment, programs: [program], worker: 0, control: control)
        let machine = worker.bench.users[0].machine
        machine.explainsFailures = true
        control.tell { $0.setup = setup }
        control.start(at: Instant.now())
        repeat { worker.turn() } while !worker.isIdle
        let reason = failure(of: worker, machine, isAborted: control.wantsAbort)
        return HookOutcome(failure: reason, captures: reason == nil ? machine.captures : [:])
    }

    /// In words; nil where nothing failed.
    private func failure(
        of worker: LoadWorker, _ machine: FlowMachine, isAborted: Bool
    ) -> String? {
        let counters = worker.bench.counters
        if counters.completed == 0 {
            return isAborted ? "aborted" : "it did not end within \(timeout.goText)"
        }
        let example = Self.example(worker.bench)
        if let text = machine.failureText {
            // The flow knows of a transport error only that there was no answer.
            let isTransport = machine.lastStatus == 0 && counters.transfersFailed > 0
            return isTransport ? example.map { "\(text): \($0)" } ?? text : text
        }
        // A request that failed while its step says to go on.
        guard counters.transfersFailed > 0 else { return nil }
        return "a request failed" + (example.map { ": \($0)" } ?? "")
    }

    /// The latest failed request.
    private static func example(_ bench: WorkerBench) -> String? {
        var samples: [SeriesDelta] = []
        bench.errorSamples.drain(into: &samples)
        guard let key = samples.last?.key else { return nil }
        let parts = ["name", "error", "text"].compactMap { key[$0] }
        return parts.joined(separator: ", ")
    }
}
