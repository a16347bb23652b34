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
    /// - Throws: `badConfiguration` for what this version does not do.
    package init(
        scenario: Scenario, workload: Workload, targetURL: String, runID: String, slot: Int,
        env: [String: String], runTag: String
    ) throws(CommandFailure) {
        guard let flow = scenario.flows[workload.exec] else {
            throw CommandFailure(.badConfiguration, "flow '\(workload.exec)' not found")
        }
        let scope = FlowScope(
            scenario: workload.name, slot: slot, runID: runID,
            env: env.merging(workload.env) { $1 })
        var compiler = FlowCompiler(
            scenario: scenario, workload: workload, target: targetURL, runTag: runTag, scope: scope)
        try compiler.compile(flow)
        code = FlowCode(compiler)
    }

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
