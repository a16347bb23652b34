// What names of a run stand for while a flow is compiled, and which of the document's tables and
// setup captures it turned out to read: the compiled form numbers those from 0.

import HarnessCore
import ScenarioModel

/// Used by one compilation, then dropped.
final class FlowScope {
    /// The `scenario` tag, and the name of the random streams.
    let scenario: String
    let slot: Int
    let runID: String
    let env: [String: String]
    private let secrets: [String: String]
    let feeders: [Feeder]
    /// Captures of `setup` that are read.
    private(set) var setupNames: [String] = []
    /// Positions in `feeders` of those that are read.
    private(set) var usedFeeders: [Int] = []

    init(
        scenario: String, slot: Int, runID: String, env: [String: String],
        secrets: [String: String], feeders: [Feeder]
    ) {
        self.scenario = scenario
        self.slot = slot
        self.runID = runID
        self.env = env
        self.secrets = secrets
        self.feeders = feeders
    }

    var secretValues: [String] { Array(secrets.values) }

    /// Whether secrets read as `***`: in what is printed, such as a request's name.
    var hidesSecrets = false

    /// `${secret.KEY}`; nil where the agent has none of that name.
    func secret(_ key: String) -> String? {
        secrets[key].map { hidesSecrets ? SecretRedactor.mask : $0 }
    }

    func setupPosition(_ name: String) -> Int { Self.position(of: name, in: &setupNames) }

    func feederPosition(_ feeder: Int) -> Int { Self.position(of: feeder, in: &usedFeeders) }

    private static func position<T: Equatable>(of item: T, in list: inout [T]) -> Int {
        if let known = list.firstIndex(of: item) { return known }
        list.append(item)
        return list.count - 1
    }
}
