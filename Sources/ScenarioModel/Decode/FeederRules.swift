// What a table and the scenarios that read it must agree on: `unique` gives each row once in the
// fleet, so only one scenario may take rows, and no more than there are.

import HarnessCore

struct FeederRules {
    let catalog: FeederCatalog
    let flows: [String: DecodedFlow]
    let workloads: [Workload]
    let shared: SharedNames
    let problems: Problems

    func check() {
        for (position, feeder) in catalog.feeders.enumerated() {
            let place = catalog.places[position]
            let path = "data.\(feeder.name)"
            switch feeder.pick {
            case .unique: unique(feeder, position, path, place)
            case .by(.setup(let name)) where !shared.setupPossible.contains(name):
                problems.error(
                    "\(path).by: flow setup does not capture \(name.quoted)"
                        + NearestName.hint(name, in: shared.setupPossible), at: place)
            case .by, .sequential, .roundRobin, .random: break
            }
        }
        for name in FlowHookName.all.sorted() {
            for position in flows[name]?.feeders ?? [] {
                hook(name, catalog.feeders[position], catalog.places[position])
            }
        }
    }

    private func unique(
        _ feeder: Feeder, _ position: Int, _ path: String, _ place: SourcePosition
    ) {
        let readers = workloads.filter { flows[$0.exec]?.feeders.contains(position) == true }
        if readers.count > 1 {
            let names = readers.map(\.name).sorted().joined(separator: ", ")
            problems.error(
                "\(path): unique in more than one scenario (\(names)): each has iterations of the "
                    + "same numbers; give each its own table", at: place)
        }
        for workload in readers {
            guard let total = KnownIterations.total(workload.executor),
                total > UInt64(feeder.table.rowCount)
            else { continue }
            problems.error(
                "\(path): unique with \(feeder.table.rowCount) rows, but scenario "
                    + "\(workload.name) has \(total) iterations", at: place)
        }
    }

    /// `setup` and `teardown` are no iterations: they have no number and no drawn command.
    private func hook(_ flow: String, _ feeder: Feeder, _ place: SourcePosition) {
        guard feeder.pick == .unique else { return }
        problems.error(
            "data.\(feeder.name): unique, and flow \(flow) reads it: its row would be the "
                + "first iteration's too", at: place)
    }
}

/// How many iterations an executor makes, where the document alone says it.
enum KnownIterations {
    static func total(_ executor: Executor) -> UInt64? {
        switch executor {
        case .sharedIterations(let e): return e.iterations
        case .perVUIterations(let e): return UInt64(e.vus) * e.iterations
        case .constantArrivalRate(let e) where e.isPoisson || e.hawkes != nil: return nil
        case .rampingArrivalRate(let e) where e.isPoisson: return nil
        case .constantArrivalRate, .rampingArrivalRate, .replay:
            // Neither the seed nor the name matters to arrivals that are not random.
            return Arrivals(executor, seed: 0, scenario: "")?.total
        case .constantVUs, .rampingVUs, .externallyControlled: return nil
        }
    }
}
