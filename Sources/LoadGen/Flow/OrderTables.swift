// What all lanes of one order model share: weights, limits, decimals. Immutable, made once.

import Glibc
import HarnessCore
import ScenarioModel

final class OrderTables: Sendable {
    let kinds: [OrderKind]
    let mix: WeightTable
    let symbols: WeightTable
    let accounts: WeightTable
    let offsets: WeightTable
    let lots: WeightTable
    let aggressive: Double
    let mid: Int64
    let lanes: UInt64
    let minAge: UInt64
    let maxOpen: Int
    /// hft: most orders have 100 lots, as market makers' do.
    let hasRoundLots: Bool
    /// hot: the part of the new orders that goes to symbol 1 whatever its rank draws; else 0.
    let hotShare: Double
    /// deep: so many commands of a lane build the book before the mix begins; else 0. All lanes
    /// together lay down at least `depth`.
    let passiveFirst: UInt64
    /// avalanche: resting orders that one order sweeps; nil: not this profile.
    let makers: UInt64?
    /// Lanes remember what retries and stale cancels may repeat.
    let hasRepeats: Bool
    /// What may be drawn, substitutions included, in the order of `OrderOperation`.
    let operations: [OrderOperation]
    let streams: RandomStreams

    init(_ model: OrderModel, streams: RandomStreams) throws(CommandFailure) {
        try Self.check(model)
        let isAvalanche = model.profile == .avalanche
        // An avalanche draws no kinds: its commands follow from their numbers.
        let drawn =
            isAvalanche
            ? [OrderModel.MixEntry(kind: .limit, weight: 1)] : model.mix.filter { $0.weight > 0 }
        kinds = drawn.map(\.kind)
        mix = WeightTable(weights: drawn.map(\.weight))
        symbols = .zipf(count: model.symbols.count, skew: model.symbolSkew)
        accounts = .zipf(count: model.accounts, skew: model.accountSkew)
        offsets = .pareto(alpha: model.offsetAlpha, cap: model.offsetCap)
        lots = .pareto(alpha: model.lotsAlpha, cap: model.lotsCap)
        aggressive = model.aggressive
        mid = model.mid
        let lanes = isAvalanche ? 1 : UInt64(model.lanes)
        self.lanes = lanes
        minAge = model.minAge
        maxOpen = model.maxOpen
        hasRoundLots = model.profile == .hft
        hotShare = model.profile == .hot ? model.hotShare : 0
        passiveFirst =
            model.profile == .deep ? (UInt64(model.depth) + lanes - 1) / lanes : 0
        makers = isAvalanche ? UInt64(model.makers) : nil
        hasRepeats = kinds.contains(.retry) || kinds.contains(.stale)
        operations = Self.operations(of: kinds, isAvalanche: isAvalanche)
        self.streams = streams
    }

    private static func operations(
        of kinds: [OrderKind], isAvalanche: Bool
    ) -> [OrderOperation] {
        // A full lane cancels, an empty one places.
        var possible: Set<OrderOperation> = isAvalanche ? [.new] : [.new, .cancel]
        for kind in kinds {
            switch kind {
            case .limit, .maker, .ioc, .fok, .market: possible.insert(.new)
            case .cancel, .stale: possible.insert(.cancel)
            case .replace: possible.insert(.replace)
            case .query: possible.insert(.query)
            case .retry: possible.insert(.retry)
            case .bad: possible.insert(.bad)
            }
        }
        return OrderOperation.allCases.filter { possible.contains($0) }
    }

    private static func check(_ model: OrderModel) throws(CommandFailure) {
        func refuse(_ message: String) throws(CommandFailure) {
            throw CommandFailure(.badConfiguration, message)
        }
        let weights = model.mix.map(\.weight)
        let hasWeight = model.profile == .avalanche || weights.contains { $0 > 0 }
        if !hasWeight || weights.contains(where: { $0 >= 1 << 32 }) {
            try refuse("an order mix needs weights of 0 to 2^32-1, one of them more than 0")
        }
        let tableSize = 1...10_000_000
        if !tableSize.contains(model.symbols.count) { try refuse("an order model needs symbols") }
        if !tableSize.contains(model.accounts) { try refuse("accounts must be 1 to 10000000") }
        if !tableSize.contains(model.offsetCap) { try refuse("offset cap must be 1 to 10000000") }
        if !tableSize.contains(model.lotsCap) { try refuse("lots cap must be 1 to 10000000") }
        if !tableSize.contains(model.lanes) { try refuse("lanes must be 1 to 10000000") }
        if !tableSize.contains(model.makers) { try refuse("makers must be 1 to 10000000") }
        if !(0...10_000_000).contains(model.depth) { try refuse("depth must be 0 to 10000000") }
        if !(0...1).contains(model.hotShare) { try refuse("hotShare must be 0 to 1") }
        if model.maxOpen < 1 { try refuse("maxOpen must be at least 1") }
        if !(1...1_000_000_000).contains(model.mid) { try refuse("mid must be 1 to 10^9 ticks") }
        for (name, value) in [
            ("symbolSkew", model.symbolSkew), ("accountSkew", model.accountSkew),
            ("offset alpha", model.offsetAlpha), ("lots alpha", model.lotsAlpha),
        ] where !(0...10).contains(value) || (name.hasSuffix("alpha") && value == 0) {
            try refuse("\(name) is \(value); it must be a small positive number, at most 10")
        }
    }
}
