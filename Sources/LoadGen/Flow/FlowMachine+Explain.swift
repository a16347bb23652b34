// What hooks need and iterations of a load do not: why it failed, in words, and what was captured,
// by name. Allocates.

import HarnessCore
import ScenarioModel

extension FlowMachine {
    /// Captured variables by name, as they are now.
    package var captures: [String: SetupValue] {
        var all: [String: SetupValue] = [:]
        for (name, value) in zip(code.variableNames, variables) {
            let kind: SetupValue.Kind
            switch value.kind {
            case .undefined: continue
            case .text: kind = .text
            case .number: kind = .number
            case .json: kind = .json
            }
            all[name] = SetupValue(kind: kind, text: String(decoding: value.bytes, as: UTF8.self))
        }
        return all
    }

    /// The first reason stays: what follows it is its consequence.
    func explain(_ text: String) {
        if failureText == nil { failureText = code.redactor.redact(text) }
    }

    /// Tells the operator of the first iteration errors of each kind: a count alone does not say
    /// which name is missing where.
    func notice(_ failure: FlowFailure) {
        guard context.takesNotice(of: failure) else { return }
        explain(failure)
        let text = "iteration error: \(failureText ?? failure.reason)"
        if !explainsFailures { failureText = nil }
        code.log.add(
            Array(text.utf8), scenario: code.scenario, now: context.now, redactor: code.redactor)
    }

    func explain(_ failure: FlowFailure) {
        let after = lastName < 0 ? "" : " after request '\(context.names.names[lastName])'"
        let name = failure == .undefinedName ? missing.map { " ${\($0)}" } ?? "" : ""
        explain("\(failure.reason)\(name)\(after)")
    }

    /// The name that had no value, as a template writes it.
    private var missing: String? {
        switch undefined {
        case .none: nil
        case .variable(let i): code.variableNames[i]
        case .order(let field): "order.\(field.rawValue)"
        }
    }

    func explain(_ response: TransferResponse) {
        let name = context.names.names[lastName]
        guard response.status > 0 else {
            explain("request '\(name)' got no response")
            return
        }
        let shown = String(decoding: response.body.prefix(Self.shownBytes), as: UTF8.self)
        let isCut = response.body.count > Self.shownBytes
        let body = ErrorSamples.clean(code.redactor.redact(shown, isCut: isCut))
        explain("request '\(name)' got status \(response.status)\(body.isEmpty ? "" : ": \(body)")")
    }

    private static let shownBytes = 200
}
