// A table that a flow reads, with its rule of which row an iteration gets.

import HarnessCore
import ScenarioModel

struct CompiledFeeder: Sendable {
    enum Pick: Sendable {
        case sequential, roundRobin, unique
        /// The feeder's word in the name of its streams.
        case random(UInt64)
        case by(CompiledExpression)
    }
    let table: FeederTable
    let pick: Pick

    init(_ feeder: Feeder, _ scope: FlowScope) {
        table = feeder.table
        switch feeder.pick {
        case .sequential: pick = .sequential
        case .roundRobin: pick = .roundRobin
        case .random: pick = .random(FNV1a64.hash(feeder.name.utf8))
        case .unique: pick = .unique
        case .by(let name): pick = .by(CompiledExpression(.name(name), scope))
        }
    }
}
