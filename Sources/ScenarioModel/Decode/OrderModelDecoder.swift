// `order`: the parameters of the order-flow model (scenarios.md section 3), the profile's defaults
// filled in. `symbols` is a number (A0001USDT, A0002USDT, ...) or a list of names, rank 1 first.

import HarnessCore

struct OrderModelDecoder {
    let problems: Problems

    private static let symbolsMax = 10_000

    func model(_ node: YAMLNode, _ path: String) -> OrderModel? {
        let empty = YAMLNode(place: node.place, content: .mapping([]))
        let given = node.isNull ? empty : node
        guard let map = MapReader(given, path: path, problems: problems) else { return nil }
        let profile = map.choice("profile", OrderModel.Profile.self) ?? .steady
        var model = OrderModel(
            profile: profile, symbols: symbols(map), mix: mix(map) ?? Self.mix(of: profile))
        if profile == .deep { model.aggressive = 0.02 }
        people(map, &model)
        shapes(map, &model)
        prices(map, &model)
        lanes(map, &model)
        special(map, &model)
        map.finish()
        return model
    }

    private static let steady: [(OrderKind, UInt64)] = [
        (.limit, 55), (.maker, 3), (.ioc, 6), (.fok, 1), (.market, 5), (.cancel, 27),
        (.replace, 2), (.query, 1),
    ]

    /// Kinds and weights in the order of the specification: draws depend on it. `avalanche` has
    /// kinds by its own count; the two it sends stand here for what reads a mix.
    static func mix(of profile: OrderModel.Profile) -> [OrderModel.MixEntry] {
        let weights: [(OrderKind, UInt64)] =
            switch profile {
            case .steady, .burst, .hot: steady
            case .hft: [(.limit, 47), (.cancel, 43), (.replace, 6), (.ioc, 4)]
            case .deep:
                [
                    (.limit, 46), (.maker, 3), (.ioc, 1), (.market, 1), (.cancel, 46),
                    (.replace, 2), (.query, 1),
                ]
            case .avalanche: [(.limit, 5_000), (.ioc, 1)]
            case .retry: steady.map { ($0, $1 * 48) } + [(.retry, 100), (.stale, 100)]
            case .poison: steady.map { ($0, $1 * 4) } + [(.bad, 100)]
            }
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
        problems.knows(OrderKind.allCases.map(\.rawValue), at: map.path("mix"))
        var mix: [OrderModel.MixEntry] = []
        for entry in entries where !entry.value.isNull {
            guard let kind = OrderKind(rawValue: entry.key) else {
                problems.error(
                    "unknown key \(entry.key.quoted) in \(map.path("mix"))"
                        + NearestName.hint(entry.key, in: OrderKind.allCases.map(\.rawValue)),
                    at: entry.keyPlace)
                continue
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
        let depth = map.int("depth", in: 1...10_000_000)
        if let depth { model.depth = depth }
        if model.profile == .deep {
            // A lane's share and a fifth; in integers, as ceil(1.2 * depth / lanes).
            model.maxOpen = (6 * model.depth + 5 * model.lanes - 1) / (5 * model.lanes)
        }
        if let most = map.int("maxOpen", in: 1...2_000_000) { model.maxOpen = most }
        if model.maxOpen > Self.openMax / model.lanes {
            problems.error(
                "\(map.path): lanes x maxOpen is more than \(Self.openMax) open orders",
                at: map.place(of: depth == nil ? "maxOpen" : "depth"))
        }
    }

    /// Open orders that all lanes together may believe in: each costs an agent memory.
    private static let openMax = 20_000_000

    /// What only one profile reads.
    private func special(_ map: MapReader, _ model: inout OrderModel) {
        if let share = map.number("hotShare", in: 0...1) { model.hotShare = share }
        if let makers = map.int("makers", in: 1...10_000_000) { model.makers = makers }
        for (key, profile) in [
            ("hotShare", OrderModel.Profile.hot), ("depth", .deep), ("makers", .avalanche),
        ] where map.has(key) && model.profile != profile {
            problems.error(
                "\(map.path(key)): only with profile \(profile.rawValue)", at: map.place(of: key))
        }
        // One command in makers + 1 clears the pile: no mix decides.
        if model.profile == .avalanche, map.has("mix") {
            problems.error(
                "\(map.path("mix")): avalanche has no mix", at: map.place(of: "mix"))
        }
    }
}
