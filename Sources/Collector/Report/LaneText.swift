// The lane each scenario's requests took, as reports name it: which of the two transports it was,
// and what the document asked for where that was not the same.

import ScenarioModel

extension RunAggregate {
    /// `direct`, `multi`; nil for a scenario that only the data name.
    func lane(of scenario: String) -> String? {
        self.scenario.workloads.first { $0.name == scenario }.map {
            self.scenario.lane(of: $0).rawValue
        }
    }
}

enum LaneText {
    /// `orders direct`, a scenario each; the name is left out where there is only one.
    static func words(_ aggregate: RunAggregate) -> [String] {
        let workloads = aggregate.scenario.workloads
        return workloads.compactMap { workload in
            guard let lane = aggregate.lane(of: workload.name) else { return nil }
            return workloads.count == 1 ? lane : "\(workload.name) \(lane)"
        }
    }
}
