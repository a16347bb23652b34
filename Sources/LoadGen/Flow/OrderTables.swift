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
    let streams: RandomStreams

    init(_ model: OrderModel, streams: RandomStreams) throws(CommandFailure) {
        try Self.check(model)
        kinds = model.mix.map(\.kind)
        mix = WeightTable(weights: model.mix.map(\.weight))
        symbols = .zipf(count: model.symbols.count, skew: model.symbolSkew)
        accounts = .zipf(count: model.accounts, skew: model.accountSkew)
        offsets = .pareto(alpha: model.offsetAlpha, cap: model.offsetCap)
        lots = .pareto(alpha: model.lotsAlpha, cap: model.lotsCap)
        aggressive = model.aggressive
        mid = model.mid
        lanes = UInt64(model.lanes)
        minAge = model.minAge
        maxOpen = model.maxOpen
        hasRoundLots = model.profile == .hft
        self.streams = streams
    }

    private static func check(_ model: OrderModel) throws(CommandFailure) {
        func refuse(_ message: String) throws(CommandFailure) {
            throw CommandFailure(.badConfiguration, message)
        }
        guard model.profile == .steady || model.profile == .hft else {
            throw CommandFailure(
                .badConfiguration,
                "profile \(model.profile.rawValue) is not supported by this version")
        }
        for entry in model.mix where [.retry, .stale, .bad].contains(entry.kind) {
            try refuse("order kind \(entry.kind.rawValue) is not supported by this version")
        }
        let weights = model.mix.map(\.weight)
        if !weights.contains(where: { $0 > 0 }) || weights.contains(where: { $0 >= 1 << 32 }) {
            try refuse("an order mix needs weights of 0 to 2^32-1, one of them more than 0")
        }
        let tableSize = 1...10_000_000
        if !tableSize.contains(model.symbols.count) { try refuse("an order model needs symbols") }
        if !tableSize.contains(model.accounts) { try refuse("accounts must be 1 to 10000000") }
        if !tableSize.contains(model.offsetCap) { try refuse("offset cap must be 1 to 10000000") }
        if !tableSize.contains(model.lotsCap) { try refuse("lots cap must be 1 to 10000000") }
        if !tableSize.contains(model.lanes) { try refuse("lanes must be 1 to 10000000") }
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
