// The order-flow model written a second time, slowly and straight from the words of scenarios.md
// section 3: linear searches, a filtered list, one dictionary of parameters.

import HarnessCore
import ScenarioModel

struct FlowOrderTwin {
    struct Entry {
        var position: UInt64
        var symbol: Int
        var account: Int
        var isBuy: Bool
        var price: Int64
        var lots: Int64
    }
    let model: OrderModel
    let streams: RandomStreams
    let lane: UInt64
    let minAge: UInt64
    var k: UInt64 = 0
    var open: [Entry] = []
    var substitutions = 0
    let lotWeights: [UInt64]
    let offsetWeights: [UInt64]
    let symbolWeights: [UInt64]
    let accountWeights: [UInt64]

    init(model: OrderModel, streams: RandomStreams, lane: UInt64, minAge: UInt64) {
        self.model = model
        self.streams = streams
        self.lane = lane
        self.minAge = minAge
        lotWeights = Self.weights(.pareto(alpha: model.lotsAlpha, cap: model.lotsCap))
        offsetWeights = Self.weights(.pareto(alpha: model.offsetAlpha, cap: model.offsetCap))
        symbolWeights = Self.weights(.zipf(count: model.symbols.count, skew: model.symbolSkew))
        accountWeights = Self.weights(.zipf(count: model.accounts, skew: model.accountSkew))
    }

    /// First index with cumulative weight over below(r, sum).
    private func pick(_ weights: [UInt64], _ r: UInt64) -> Int {
        var left = Draw.below(r, weights.reduce(0, +))
        for (i, weight) in weights.enumerated() {
            if left < weight { return i }
            left -= weight
        }
        return weights.count - 1
    }

    private static func weights(_ table: WeightTable) -> [UInt64] {
        zip(table.cumulative, [0] + table.cumulative).map { $0 - $1 }
    }

    /// The next command as `op type side symbol account ticks lots ref`.
    mutating func next() -> String {
        var stream = streams.stream(.orders, lane, k)
        let r = (0..<10).map { _ in stream.next() }
        var kind = model.mix[pick(model.mix.map(\.weight), r[0])].kind
        if [.limit, .maker].contains(kind), open.count >= model.maxOpen {
            kind = .cancel
            substitutions += 1
        }
        let old = open.filter { $0.position + minAge <= k }
        if [.cancel, .replace, .query].contains(kind), old.isEmpty {
            kind = .limit
            substitutions += 1
        }
        defer { k += 1 }
        let isUp = r[3] < 1 << 63
        var lots = Int64(
            pick(lotWeights, r[6]) + 1)
        if model.profile == .hft, Draw.chance(r[9], 0.75) { lots = 100 }
        if [.cancel, .replace, .query].contains(kind) {
            let u = r[7] >> 32
            let number = Int((u * u).multipliedFullWidth(by: UInt64(old.count)).high)
            var entry = Array(old.reversed())[number]
            let reference = entry.position
            if kind != .query { open.removeAll { $0.position == reference } }
            if kind == .replace {
                var zeros = 0
                while zeros < 64, (r[4] >> UInt64(zeros)) & 1 == 0 { zeros += 1 }
                entry.price += Int64(min(20, 1 + zeros)) * (isUp ? 1 : -1)
                entry.price = max(1, entry.price)
                if !Draw.chance(r[5], 0.99) { entry.lots = lots }
                entry.position = k
                open.append(entry)
            }
            return text(kind.rawValue, entry, "\(reference)")
        }
        let distance = Int64(
            pick(offsetWeights, r[4]) + 1)
        var crosses = kind == .ioc || kind == .fok
        if kind == .limit { crosses = Draw.chance(r[5], model.aggressive) }
        let price = model.mid + (isUp == crosses ? distance : -distance)
        let entry = Entry(
            position: k,
            symbol: pick(symbolWeights, r[1]),
            account: pick(accountWeights, r[2]) + 1,
            isBuy: isUp, price: kind == .market ? 0 : max(1, price), lots: lots)
        if [.limit, .maker].contains(kind), !crosses { open.append(entry) }
        return text("new", entry, "-")
    }

    private func text(_ op: String, _ e: Entry, _ reference: String) -> String {
        "\(op) \(e.isBuy ? "BUY" : "SELL") \(model.symbols[e.symbol]) \(e.account) "
            + "\(e.price == 0 ? "-" : "\(e.price)") \(e.lots) \(reference)"
    }
}
