// `flows`: lists of one-key steps to compiled steps. Steps are read in order: a template may use
// only what an earlier step has captured. `setup` comes first, since all others may use what it
// captures.
//
// Requests are numbered over the document, in the order they are read.

import HarnessCore

/// A flow with where it stands and what it needs.
struct DecodedFlow {
    var flow: Flow
    var place: SourcePosition
    /// Positions in the catalog.
    var feeders: Set<Int>
}

final class FlowsDecoder {
    let problems: Problems
    let files: ScenarioFiles
    private(set) var shared: SharedNames
    private(set) var metrics = MetricCatalog()
    private(set) var usedEnvironment: Set<String> = []
    private(set) var usedSecrets: Set<String> = []
    /// Every request, for the tags its series can have.
    private(set) var requests: [RequestStep] = []
    private var steps = 0

    init(problems: Problems, files: ScenarioFiles, shared: SharedNames) {
        self.problems = problems
        self.files = files
        self.shared = shared
    }

    func flows(_ document: MapReader) -> [String: DecodedFlow] {
        guard let node = document.take("flows") else {
            problems.error("flows is required", at: document.place(of: "flows"))
            return [:]
        }
        guard let all = document.read.entries(node, "flows") else { return [:] }
        let entries = all.filter { !$0.key.hasPrefix("x-") }
        guard entries.count <= Limits.flows else {
            problems.error("flows: more than \(Limits.flows)", at: node.place)
            return [:]
        }
        metrics.collect(entries, problems: problems)
        let setup = entries.filter { $0.key == "setup" }
        var flows: [String: DecodedFlow] = [:]
        for entry in setup + entries.filter({ $0.key != "setup" }) {
            if entry.key.isEmpty || entry.key.utf8.count > 64
                || !entry.key.utf8.allSatisfy(Names.isScenarioNameByte)
            {
                problems.error(
                    "flows: \(entry.key.quoted) is not 1 to 64 letters, digits, \"_\", \"-\"",
                    at: entry.keyPlace)
            }
            flows[entry.key] = flow(entry)
        }
        return flows
    }

    private func flow(_ entry: YAMLNode.Entry) -> DecodedFlow {
        let path = "flows.\(entry.key)"
        let scope = NameScope(
            shared: shared, kept: CaptureDecoder.names(below: entry.value, keptOnly: true),
            isSetup: entry.key == "setup")
        let decoder = StepsDecoder(owner: self, scope: scope)
        if entry.value.items?.isEmpty == true || entry.value.isNull {
            problems.error("\(path): a flow has at least one step", at: entry.keyPlace)
        }
        let mayOrder: StepsDecoder.Order =
            FlowHookName.all.contains(entry.key) ? .notInHooks : .allowed
        let steps = entry.value.isNull ? [] : decoder.steps(entry.value, path, order: mayOrder)
        usedEnvironment.formUnion(scope.usedEnvironment)
        usedSecrets.formUnion(scope.usedSecrets)
        if scope.isSetup {
            shared.setupCertain = scope.certain
            shared.setupPossible = scope.possible
        }
        return DecodedFlow(
            flow: Flow(name: entry.key, steps: steps, variables: scope.variables),
            place: entry.keyPlace, feeders: scope.usedFeeders)
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

/// Flows that run once for the whole fleet.
enum FlowHookName {
    static let all: Set<String> = ["setup", "teardown"]
}
