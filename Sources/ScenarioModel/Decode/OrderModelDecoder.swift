// `order`: the parameters of the order-flow model (scenarios.md section 3), the profile's defaults
// filled in. `symbols` is a number (A0001USDT, A0002USDT, ...) or a list of names, rank 1 first.

import HarnessCore

struct OrderModelDecoder {
    let problems: Problems

    private static let symbolsMax = 10_000
    private static let later: Set<OrderModel.Profile> = [
        .burst, .hot, .deep, .avalanche, .retry, .poison,
    ]

    func model(_ node: YAMLNode, _ path: String) -> OrderModel? {
        let empty = YAMLNode(place: node.place, content: .mapping([]))
        let given = node.isNull ? empty : node
        guard let map = MapReader(given, path: path, problems: problems) else { return nil }
        map.refuse("hotShare", "depth", "makers")
        var profile = OrderModel.Profile.steady
        if let chosen = map.choice("profile", OrderModel.Profile.self) {
            if Self.later.contains(chosen) {
                problems.unsupported(
                    "\(map.path("profile")) \(chosen.rawValue)", at: map.place(of: "profile"))
            } else {
                profile = chosen
            }
        }
        var model = OrderModel(
            profile: profile, symbols: symbols(map), mix: mix(map) ?? Self.mix(of: profile))
        people(map, &model)
        shapes(map, &model)
        prices(map, &model)
        lanes(map, &model)
        map.finish()
        return model
    }

    /// Kinds and weights in the order of the specification: draws depend on it.
    static func mix(of profile: OrderModel.Profile) -> [OrderModel.MixEntry] {
        let weights: [(OrderKind, UInt64)] =
            profile == .hft
            ? [(.limit, 47), (.cancel, 43), (.replace, 6), (.ioc, 4)]
            : [
                (.limit, 55), (.maker, 3), (.ioc, 6), (.fok, 1), (.market, 5), (.cancel, 27),
                (.replace, 2), (.query, 1),
            ]
        return weights.map { OrderModel.MixEntry(kind: $0, weight: $1) }
    }

    /// A0001USDT and on.
    static func generatedSymbols(_ count: Int) -> [String] {
        (1...count).map { number in
            let digits = String(number)
            return "A" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "USDT"
        }
    }

    private func symbols(_ map: MapReader) -> [String] {
        guard let node = map.take("symbols") else { return Self.generatedSymbols(100) }
        let path = map.path("symbols")
        guard let items = node.items else {
            let count = map.read.int(node, path, in: 1...Self.symbolsMax)
            return Self.generatedSymbols(count ?? 1)
        }
        var names: [String] = []
        for item in items {
            guard let name = map.read.text(item, path) else { continue }
            if names.contains(name) || !(1...32).contains(name.utf8.count)
                || !name.utf8.allSatisfy(Names.isScenarioNameByte)
            {
                problems.error(
                    "\(path): \(name.quoted) is repeated or no name of a symbol", at: item.place)
            }
            names.append(name)
        }
        if !(1...Self.symbolsMax).contains(items.count) {
            problems.error("\(path): 1 to \(Self.symbolsMax) symbols", at: node.place)
        }
        return names
    }

    private func mix(_ map: MapReader) -> [OrderModel.MixEntry]? {
        guard let node = map.take("mix"), let entries = map.read.entries(node, map.path("mix"))
        else { return nil }
        var mix: [OrderModel.MixEntry] = []
        for entry in entries where !entry.value.isNull {
            guard let kind = OrderKind(rawValue: entry.key) else {
                problems.error(
                    "unknown key \(entry.key.quoted) in \(map.path("mix"))"
                        + NearestName.hint(entry.key, in: OrderKind.allCases.map(\.rawValue)),
                    at: entry.keyPlace)
                continue
            }
            if [.retry, .stale, .bad].contains(kind) {
                problems.unsupported("\(map.path("mix")).\(entry.key)", at: entry.keyPlace)
            }
            let inner = "\(map.path("mix")).\(entry.key)"
            if let weight = map.read.int(entry.value, inner, in: 0...1_000_000), weight > 0 {
                mix.append(OrderModel.MixEntry(kind: kind, weight: UInt64(weight)))
            }
        }
        if mix.isEmpty, problems.isEmpty {
            problems.error("\(map.path("mix")): no kind has a weight", at: node.place)
        }
        return mix
    }

    private func people(_ map: MapReader, _ model: inout OrderModel) {
        if let skew = map.number("symbolSkew", in: 0...10) { model.symbolSkew = skew }
        if let accounts = map.int("accounts", in: 1...10_000_000) { model.accounts = accounts }
        if let skew = map.number("accountSkew", in: 0...10) { model.accountSkew = skew }
        if let share = map.number("aggressive", in: 0...1) { model.aggressive = share }
    }

    private func shapes(_ map: MapReader, _ model: inout OrderModel) {
        let offset = pareto("offset", map)
        if let alpha = offset.alpha { model.offsetAlpha = alpha }
        if let cap = offset.cap { model.offsetCap = cap }
        let lots = pareto("lots", map)
        if let alpha = lots.alpha { model.lotsAlpha = alpha }
        if let cap = lots.cap { model.lotsCap = cap }
    }

    private func pareto(_ key: String, _ map: MapReader) -> (alpha: Double?, cap: Int?) {
        guard let node = map.take(key),
            let inner = MapReader(node, path: map.path(key), problems: problems)
        else { return (nil, nil) }
        defer { inner.finish() }
        return (inner.number("alpha", in: 0.1...10), inner.int("cap", in: 1...1_000_000))
    }

    private func prices(_ map: MapReader, _ model: inout OrderModel) {
        if let mid = map.int("mid", in: 1...1_000_000_000) { model.mid = Int64(mid) }
        if let tick = decimal("tick", map) { model.tick = tick }
        if let lot = decimal("lot", map) { model.lot = lot }
    }

    /// A positive decimal, its digits kept: at most 8 before and after the point, and at most
    /// 10^8 units of its last digit.
    private func decimal(_ key: String, _ map: MapReader) -> String? {
        guard let node = map.take(key), let text = map.read.text(node, map.path(key)) else {
            return nil
        }
        let isDecimal = text.wholeMatch(of: /[0-9]{1,8}(\.[0-9]{1,8})?/) != nil
        let units = Int(text.filter(\.isASCIIDigit)) ?? 0
        guard isDecimal, (1...100_000_000).contains(units) else {
            problems.error(
                "\(map.path(key)): \(text.quoted) is no positive decimal such as 0.01",
                at: node.place)
            return nil
        }
        return text
    }

    private func lanes(_ map: MapReader, _ model: inout OrderModel) {
        if let lanes = map.int("lanes", in: 1...65_536) { model.lanes = lanes }
        if let age = map.int("minAge", in: 0...1_000_000) { model.minAge = UInt64(age) }
        if let most = map.int("maxOpen", in: 1...1_000_000) { model.maxOpen = most }
    }
}
