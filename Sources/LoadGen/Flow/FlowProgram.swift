// One workload's flow, ready to run: everything that does not depend on the iteration is worked out
// here, once, before the start barrier.

package import HarnessCore
package import ScenarioModel

/// One workload's flow, compiled for running: Sendable, shared by the workers.
package struct FlowProgram: Sendable {
    let code: FlowCode

    /// - Parameters:
    ///   - targetURL: what relative urls are appended to.
    ///   - slot: `${agent}`.
    ///   - env: `-e` and the coordinator's environment; the workload's own `env` wins.
    ///   - runTag: 6 letters, new for each run: the beginning of every order id.
    ///   - secrets: `${secret.X}` of this agent.
    ///   - log: where lines of `log` steps go; one for all programs of an agent.
    /// - Throws: `badConfiguration` for what a flow cannot be compiled to.
    package init(
        scenario: Scenario, workload: Workload, targetURL: String, runID: String, slot: Int,
        env: [String: String], runTag: String, secrets: [String: String] = [:],
        log: FlowLog = FlowLog()
    ) throws(CommandFailure) {
        guard let flow = scenario.flows[workload.exec] else {
            throw CommandFailure(.badConfiguration, "flow '\(workload.exec)' not found")
        }
        let scope = FlowScope(
            scenario: workload.name, slot: slot, runID: runID,
            env: env.merging(workload.env) { $1 }, secrets: secrets, feeders: scenario.feeders)
        let place = scenario.workloads.reduce(0) { $0 + ($1.name < workload.name ? 1 : 0) }
        var compiler = FlowCompiler(
            scenario: scenario, place: place, target: targetURL, runTag: runTag, scope: scope)
        try compiler.compile(flow)
        code = FlowCode(compiler, log: log)
    }

    /// The flow of a hook; nil where the document has none. It belongs to no workload: its scenario
    /// is `setup` or `teardown`, and its order ids are those of no workload.
    package init?(
        hook: FlowHook, scenario: Scenario, targetURL: String, runID: String, slot: Int,
        env: [String: String], runTag: String, secrets: [String: String] = [:],
        log: FlowLog = FlowLog()
    ) throws(CommandFailure) {
        guard let flow = scenario.flows[hook.rawValue] else { return nil }
        let scope = FlowScope(
            scenario: hook.rawValue, slot: slot, runID: runID, env: env, secrets: secrets,
            feeders: scenario.feeders)
        let place = scenario.workloads.count + (hook == .setup ? 0 : 1)
        var compiler = FlowCompiler(
            scenario: scenario, place: place, target: targetURL, runTag: runTag, scope: scope)
        try compiler.compile(flow)
        code = FlowCode(compiler, log: log)
    }

    /// How many transfers a VU has under way at once in its widest `parallel` step; 0 without any.
    package var batchWidth: Int { code.batchWidth }

    /// By `PreparedRequest.groupID`: `::outer::inner`.
    package var groupNames: [String] { code.groupNames }

    /// By `PreparedRequest.stepID`: the step's own tags.
    package var stepTags: [[String: String]] { code.requests.map(\.tags) }

    /// Request names known before the run: constant ones, and `order new`, `order cancel`, ... for
    /// what a drawn order may be. Each once, in the order of the flow.
    package var staticNames: [String] {
        var names: [String] = []
        for request in code.requests {
            let known: [String]
            if request.isNamedByOperation {
                known = code.order?.tables.operations.map(\.requestName) ?? []
            } else {
                known = request.name.constant.map { [String(decoding: $0, as: UTF8.self)] } ?? []
            }
            for name in known where !names.contains(name) { names.append(name) }
        }
        return names
    }
}
