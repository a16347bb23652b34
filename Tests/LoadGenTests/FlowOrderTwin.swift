// The order-flow model written a second time, slowly and straight from the words of scenarios.md
// section 3: linear searches, a filtered list, one dictionary of parameters.

import HarnessCore
import ScenarioModel

struct FlowOrderTwin {
    struct Entry {
        var position: UInt64
        var type: String
        var tif: String
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
    /// All new orders and all cancels so far, for those that repeat one.
    var news: [Entry] = []
    var cancels: [Entry] = []
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

    /// The next command as `op type tif side symbol account ticks lots id ref defect`, an id as the
    /// position it names.
    mutating func next() -> String {
        defer { k += 1 }
        var stream = streams.stream(.orders, lane, k)
        let r = (0..<10).map { _ in stream.next() }
        if model.profile == .avalanche { return avalanche(r) }
        var kind = model.mix[pick(model.mix.map(\.weight), r[0])].kind
        var isPassive = false
        if model.profile == .deep, Double(k) < Double(model.depth) / Double(model.lanes) {
            kind = .limit
            isPassive = true
        }
        if !isPassive, [.limit, .maker].contains(kind), open.count >= model.maxOpen {
            kind = .cancel
            substitutions += 1
        }
        let old = open.filter { $0.position + minAge <= k }
        let lacks: [OrderKind: Bool] = [
            .cancel: old.isEmpty, .replace: old.isEmpty, .query: old.isEmpty,
            .retry: news.allSatisfy { $0.position + minAge > k }, .stale: cancels.isEmpty,
        ]
        if lacks[kind] == true {
            kind = .limit
            substitutions += 1
        }
        switch kind {
        case .retry:
            guard let entry = news.last(where: { $0.position + minAge <= k }) else { return "" }
            return text("retry", entry, id: entry.position, "\(entry.position)")
        case .stale:
            guard let entry = cancels.last else { return "" }
            return text("cancel", entry, id: k, "\(entry.position)")
        case .cancel, .replace, .query: return later(kind, r, old)
        default: return order(kind, r, isPassive: isPassive)
        }
    }

    private mutating func order(_ kind: OrderKind, _ r: [UInt64], isPassive: Bool) -> String {
        let isUp = r[3] < 1 << 63
        let distance = Int64(pick(offsetWeights, r[4]) + 1)
        var crosses = kind == .ioc || kind == .fok
        if kind == .limit || kind == .bad {
            crosses = !isPassive && Draw.chance(r[5], model.aggressive)
        }
        let price = model.mid + (isUp == crosses ? distance : -distance)
        let words: [OrderKind: (String, String)] = [
            .limit: ("LIMIT", "GTC"), .bad: ("LIMIT", "GTC"), .ioc: ("LIMIT", "IOC"),
            .fok: ("LIMIT", "FOK"), .maker: ("LIMIT_MAKER", "-"), .market: ("MARKET", "-"),
        ]
        var symbol = pick(symbolWeights, r[1])
        if model.profile == .hot, Draw.chance(r[8], model.hotShare) { symbol = 0 }
        var entry = Entry(
            position: k, type: words[kind]?.0 ?? "", tif: words[kind]?.1 ?? "", symbol: symbol,
            account: pick(accountWeights, r[2]) + 1, isBuy: isUp,
            price: kind == .market ? 0 : max(1, price), lots: lots(r))
        if kind == .bad { return bad(&entry, r) }
        if [.limit, .maker].contains(kind), !crosses { open.append(entry) }
        news.append(entry)
        return text("new", entry, id: k, "-")
    }

    private func bad(_ entry: inout Entry, _ r: [UInt64]) -> String {
        let defects = [
            "unknownSymbol", "badPrecision", "zeroQty", "negativePrice", "tooSmall", "badSide",
            "missingPrice", "malformedBody",
        ]
        let defect = defects[Int(Draw.below(r[8], 8))]
        if defect == "zeroQty" { entry.lots = 0 }
        if defect == "negativePrice" { entry.price = -entry.price }
        if defect == "missingPrice" { entry.price = 0 }
        if defect == "tooSmall" { (entry.price, entry.lots) = (1, 1) }
        var words = text("bad", entry, id: k, "-", defect)
        if defect == "badSide" {
            words.replace(entry.isBuy ? "BUY" : "SELL", with: "HOLD")
        }
        if defect == "unknownSymbol" {
            words.replace(model.symbols[entry.symbol], with: "UNKNOWN")
        }
        return words
    }

    private mutating func later(_ kind: OrderKind, _ r: [UInt64], _ old: [Entry]) -> String {
        let u = r[7] >> 32
        let number = Int((u * u).multipliedFullWidth(by: UInt64(old.count)).high)
        var entry = Array(old.reversed())[number]
        let reference = entry.position
        if kind != .query { open.removeAll { $0.position == reference } }
        if kind == .cancel { cancels.append(entry) }
        if kind == .replace {
            var zeros = 0
            while zeros < 64, (r[4] >> UInt64(zeros)) & 1 == 0 { zeros += 1 }
            entry.price += Int64(min(20, 1 + zeros)) * (r[3] < 1 << 63 ? 1 : -1)
            entry.price = max(1, entry.price)
            if !Draw.chance(r[5], 0.99) { entry.lots = lots(r) }
            entry.position = k
            entry.type = "LIMIT"
            entry.tif = "GTC"
            open.append(entry)
        }
        return text(kind.rawValue, entry, id: k, "\(reference)")
    }

    private func lots(_ r: [UInt64]) -> Int64 {
        if model.profile == .hft, Draw.chance(r[9], 0.75) { return 100 }
        return Int64(pick(lotWeights, r[6]) + 1)
    }

    private func avalanche(_ r: [UInt64]) -> String {
        let c = Int64(k) % Int64(model.makers + 1)
        let isLast = c == model.makers
        let entry = Entry(
            position: k, type: "LIMIT", tif: isLast ? "IOC" : "GTC", symbol: 0,
            account: pick(accountWeights, r[2]) + 1, isBuy: isLast,
            price: isLast ? model.mid + 50 : model.mid + 1 + c % 50,
            lots: isLast ? Int64(model.makers) : 1)
        return text("new", entry, id: k, "-")
    }

    private func text(
        _ op: String, _ e: Entry, id: UInt64, _ reference: String, _ defect: String = "-"
    ) -> String {
        "\(op) \(e.type) \(e.tif) \(e.isBuy ? "BUY" : "SELL") \(model.symbols[e.symbol]) "
            + "\(e.account) \(e.price == 0 ? "-" : "\(e.price)") \(e.lots) \(id) "
            + "\(reference) \(defect)"
    }
}
