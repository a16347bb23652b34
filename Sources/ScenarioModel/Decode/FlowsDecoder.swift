// `flows`: lists of one-key steps to compiled steps. Steps are read in order: a template may use
// only what an earlier step has captured.
//
// Requests are numbered over the document, in the order they stand.

import HarnessCore

/// A flow with where it stands.
struct DecodedFlow {
    var flow: Flow
    var place: SourcePosition
}

final class FlowsDecoder {
    let problems: Problems
    private(set) var usedEnvironment: Set<String> = []
    /// Every request, for the tags its series can have.
    private(set) var requests: [RequestStep] = []
    private var steps = 0

    init(problems: Problems) {
        self.problems = problems
    }

    /// - Parameter environment: what `${env.X}` may name; nil: anything.
    func flows(_ document: MapReader, environment: Set<String>?) -> [String: DecodedFlow] {
        guard let node = document.take("flows") else {
            problems.error("flows is required", at: document.place(of: "flows"))
            return [:]
        }
        guard let entries = document.read.entries(node, "flows") else { return [:] }
        guard entries.count <= Limits.flows else {
            problems.error("flows: more than \(Limits.flows)", at: node.place)
            return [:]
        }
        var flows: [String: DecodedFlow] = [:]
        for entry in entries where !entry.key.hasPrefix("x-") {
            if entry.key == "setup" || entry.key == "teardown" {
                problems.unsupported("flows.\(entry.key)", at: entry.keyPlace)
                continue
            }
            if entry.key.isEmpty || entry.key.utf8.count > 64
                || !entry.key.utf8.allSatisfy(Names.isScenarioNameByte)
            {
                problems.error(
                    "flows: \(entry.key.quoted) is not 1 to 64 letters, digits, \"_\", \"-\"",
                    at: entry.keyPlace)
            }
            flows[entry.key] = flow(entry, environment)
        }
        return flows
    }

    private func flow(_ entry: YAMLNode.Entry, _ environment: Set<String>?) -> DecodedFlow {
        let path = "flows.\(entry.key)"
        let scope = NameScope(
            environment: environment, kept: CaptureDecoder.keptNames(entry.value))
        let decoder = StepsDecoder(owner: self, scope: scope)
        if entry.value.items?.isEmpty == true || entry.value.isNull {
            problems.error("\(path): a flow has at least one step", at: entry.keyPlace)
        }
        let steps =
            entry.value.isNull ? [] : decoder.steps(entry.value, path, mayOrder: true)
        usedEnvironment.formUnion(scope.usedEnvironment)
        return DecodedFlow(
            flow: Flow(name: entry.key, steps: steps, variables: scope.variables),
            place: entry.keyPlace)
    }

    func nextRequestID() -> Int { requests.count }

    func add(_ request: RequestStep) { requests.append(request) }

    /// - Returns: false, told once, where the document has too many steps.
    func countStep(at place: SourcePosition) -> Bool {
        steps += 1
        if steps == Limits.steps + 1 {
            problems.error("flows: more than \(Limits.steps) steps", at: place)
        }
        return steps <= Limits.steps
    }
}

@available(*, unavailable)
extension FlowsDecoder: Sendable {}
