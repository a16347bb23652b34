// Which names a flow's templates may use, and what they stand for. Steps are compiled in order, so
// the scope knows what an earlier step has captured: surely, or on some paths only.
//
// Confined to the load that compiles one flow.

/// What every flow of a document may name.
struct SharedNames {
    /// `${env.X}` that some scenario or the command line defines; nil: any name will do.
    var environment: Set<String>?
    var catalog = FeederCatalog()
    /// Captures of flow `setup`: on every path through it, and on some.
    var setupCertain: Set<String> = []
    var setupPossible: Set<String> = []
}

final class NameScope {
    /// Names of captured variables by position; the flow's `variables`.
    private(set) var variables: [String] = []
    /// Captured on every path to here.
    var certain: Set<String> = []
    /// Captured on some path to here, or kept from an earlier iteration.
    var possible: Set<String> = []
    var hasOrder = false
    /// Repeats around the step.
    var loops = 0
    let shared: SharedNames
    /// The flow is `setup`, whose captures are not yet those of the fleet.
    let isSetup: Bool
    private(set) var usedEnvironment: Set<String> = []
    private(set) var usedSecrets: Set<String> = []
    /// Positions in the catalog.
    private(set) var usedFeeders: Set<Int> = []

    /// - Parameter kept: captures with `keep: true`, which outlive an iteration.
    init(shared: SharedNames, kept: Set<String>, isSetup: Bool) {
        self.shared = shared
        self.isSetup = isSetup
        possible = kept
    }

    /// Position of a captured variable; adds it if it is new.
    func variable(_ name: String) -> Int {
        if let known = variables.firstIndex(of: name) { return known }
        variables.append(name)
        return variables.count - 1
    }

    func capture(_ name: String) {
        certain.insert(name)
        possible.insert(name)
    }

    func use(environment name: String) { usedEnvironment.insert(name) }
    func use(secret name: String) { usedSecrets.insert(name) }
    func use(feeder position: Int) { usedFeeders.insert(position) }

    /// Names with a meaning of their own: no capture may take one.
    static let builtIn: [String: Expression.Name] = [
        "scenario": .scenario, "agent": .agent, "run": .run, "vu": .vu, "iteration": .iteration,
        "iterationInTest": .iterationInTest, "uuid": .uuid, "now": .now,
        "response.status": .responseStatus, "response.time": .responseTime,
    ]
    static let functions: Set<String> = ["random", "base64", "urlencode", "now", "uuid"]
    /// First parts of dotted names.
    static let roots: Set<String> = ["setup", "order", "data", "env", "secret", "response"]

    static func isReserved(_ name: String) -> Bool {
        builtIn[name] != nil || functions.contains(name) || roots.contains(name)
            || ["loop", "exists", "matches"].contains(name)
    }

    /// What a hint may offer.
    var known: [String] {
        Array(possible) + Self.builtIn.keys + Self.functions
            + OrderField.allCases.map { "order.\($0.rawValue)" }
            + (shared.environment ?? []).map { "env.\($0)" }
            + (loops > 0 ? ["loop"] : [])
    }
}

@available(*, unavailable)
extension NameScope: Sendable {}
