// The symbols file: a YAML list of what may be traded (engine.md 3), checked when it is read. All
// errors of a file are told at once, each as `FILE:LINE: symbol: what`. Text and numbers may be
// quoted or not: `tick: 0.01` is read by its text, never as a floating-point number.

package import HarnessCore

extension Market {
    /// The built-in symbols: BTCUSDT, ETHUSDT, LTCUSDT, ETHBTC.
    package static let builtIn: Market = {
        let yaml = """
            - { symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.01, step: 0.00001 }
            - { symbol: ETHUSDT, base: ETH, quote: USDT, tick: 0.01, step: 0.0001 }
            - { symbol: LTCUSDT, base: LTC, quote: USDT, tick: 0.01, step: 0.001 }
            - { symbol: ETHBTC, base: ETH, quote: BTC, tick: 0.00001, step: 0.001, \
            minNotional: 0.0001 }
            """
        do throws(CommandFailure) {
            return try load(yaml: yaml)
        } catch {
            preconditionFailure("the built-in symbols are valid: \(error)")
        }
    }()

    /// - Parameter file: the name errors begin with.
    /// - Throws: `CommandFailure` 104 with a line per error.
    package static func load(
        yaml: String, file: String = "symbols file"
    ) throws(CommandFailure) -> Market {
        var reader = SymbolsReader(file: file)
        let market = reader.market(SymbolsYAML.entries(yaml, file: file, &reader.errors))
        guard reader.errors.isEmpty else {
            throw CommandFailure(.badConfiguration, reader.errors.joined(separator: "\n"))
        }
        return market
    }
}

/// One symbol as the file has it: each value with its line.
struct SymbolEntry {
    struct Value {
        var text: String
        var line: Int
    }
    var line: Int
    var values: [String: Value] = [:]

    static let required = ["symbol", "base", "quote", "tick", "step"]
    static let known = Set(
        required + [
            "baseScale", "quoteScale", "minPrice", "maxPrice", "minQty", "maxQty", "minNotional",
            "maxNumOrders", "makerPpm", "takerPpm", "shard", "status",
        ])
}

/// Entries to a market, collecting errors.
struct SymbolsReader {
    let file: String
    var errors: [String] = []
    private var seen: Set<String> = []
    private var market = Market(symbols: [], assets: [])
    private var positions: [String: UInt16] = [:]

    init(file: String) { self.file = file }

    /// What could be read; complete where there are no errors.
    mutating func market(_ entries: [SymbolEntry]) -> Market {
        for entry in entries {
            if let rules = rules(entry) { market.symbols.append(rules) }
        }
        return market
    }

    private mutating func fail(_ entry: SymbolEntry, _ key: String? = nil, _ text: String) {
        let line = key.flatMap { entry.values[$0]?.line } ?? entry.line
        let symbol = entry.values["symbol"].map { "\($0.text): " } ?? ""
        errors.append("\(file):\(line): \(symbol)\(text)")
    }

    private mutating func rules(_ e: SymbolEntry) -> SymbolRules? {
        let before = errors.count
        for key in SymbolEntry.required where e.values[key] == nil {
            fail(e, nil, "\(key) is missing")
        }
        let symbol = name(e, "symbol")
        if !symbol.isEmpty, !seen.insert(symbol).inserted { fail(e, "symbol", "appears twice") }
        let baseScale = Int(whole(e, "baseScale", 0...8, otherwise: 8))
        let quoteScale = Int(whole(e, "quoteScale", 0...8, otherwise: 8))
        let base = asset(e, "base", baseScale)
        let quote = asset(e, "quote", quoteScale)
        let tick = amount(e, "tick", quoteScale, least: 1) ?? 1
        let step = amount(e, "step", baseScale, least: 1) ?? 1
        let minPrice = multiple(e, "minPrice", quoteScale, of: tick, "tick") ?? 1
        let maxPrice =
            multiple(e, "maxPrice", quoteScale, of: tick, "tick") ?? SymbolRules.defaultMax
        let minQuantity = multiple(e, "minQty", baseScale, of: step, "step") ?? 1
        let maxQuantity =
            multiple(e, "maxQty", baseScale, of: step, "step") ?? SymbolRules.defaultMax
        if minPrice > maxPrice { fail(e, "maxPrice", "maxPrice is below minPrice") }
        if minQuantity > maxQuantity { fail(e, "maxQty", "maxQty is below minQty") }
        let standard = Self.hundredth(quoteScale)
        let minNotional = amount(e, "minNotional", quoteScale, least: 0) ?? standard
        let maxOrders = Int(whole(e, "maxNumOrders", 1...1_000_000, otherwise: 1_000))
        let makerPpm = whole(e, "makerPpm", -1_000_000...1_000_000, otherwise: 1_000)
        let takerPpm = whole(e, "takerPpm", -1_000_000...1_000_000, otherwise: 1_000)
        _ = whole(e, "shard", 0...0, otherwise: 0)
        let statusText = e.values["status"]?.text ?? "TRADING"
        let status = SymbolRules.Status(rawValue: statusText)
        if status == nil { fail(e, "status", "status is TRADING or HALT, not \(statusText)") }
        guard errors.count == before, let status, let base, let quote,
            let factor = factor(e, tick, step, baseScale, quoteScale)
        else { return nil }
        let (tickUnits, tickDecimals) = Self.reduced(tick, quoteScale)
        let (stepUnits, stepDecimals) = Self.reduced(step, baseScale)
        return SymbolRules(
            symbol: symbol, base: name(e, "base"), quote: name(e, "quote"), baseAsset: base,
            quoteAsset: quote, baseScale: baseScale, quoteScale: quoteScale, tickUnits: tickUnits,
            tickDecimals: tickDecimals, stepUnits: stepUnits, stepDecimals: stepDecimals,
            minPrice: minPrice, maxPrice: maxPrice, minQuantity: minQuantity,
            maxQuantity: maxQuantity, minNotional: minNotional, maxOrders: maxOrders,
            makerPpm: makerPpm, takerPpm: takerPpm, status: status, notionalFactor: factor,
            lotUnits: step, tickAmount: tick)
    }

    /// k = tick x step x 10^quoteScale: both are scaled, so the base's scale goes again.
    private mutating func factor(
        _ e: SymbolEntry, _ tick: Int64, _ step: Int64, _ baseScale: Int, _ quoteScale: Int
    ) -> Int64? {
        let product = Int128(tick) * Int128(step)
        let divisor = (0..<baseScale).reduce(Int128(1)) { n, _ in n * 10 }
        guard product % divisor == 0, product >= divisor,
            let factor = Int64(exactly: product / divisor)
        else {
            fail(e, "tick", "tick x step x 10^\(quoteScale) must be a whole number from 1 up")
            return nil
        }
        return factor
    }

    /// 0.01 in units of 10^-scale, at least 1.
    private static func hundredth(_ scale: Int) -> Int64 {
        scale <= 2 ? 1 : (0..<scale - 2).reduce(1) { n, _ in n * 10 }
    }

    /// `units` / 10^decimals with as few decimals as it takes: 0.01000000 is 1 with 2.
    private static func reduced(_ units: Int64, _ decimals: Int) -> (Int64, Int) {
        var units = units
        var decimals = decimals
        while decimals > 0, units % 10 == 0 {
            units /= 10
            decimals -= 1
        }
        return (units, decimals)
    }

    // MARK: Values

    /// 1 to 20 of `[A-Za-z0-9._-]`, empty where it is not.
    private mutating func name(_ e: SymbolEntry, _ key: String) -> String {
        guard let value = e.values[key] else { return "" }
        let isLegal = value.text.utf8.allSatisfy {
            switch $0 {
            case 45, 46, 48...57, 65...90, 95, 97...122: true
            default: false
            }
        }
        guard isLegal, (1...20).contains(value.text.utf8.count) else {
            fail(e, key, "\(key) \"\(value.text)\": 1 to 20 of A-Z a-z 0-9 . _ -")
            return ""
        }
        return value.text
    }

    private mutating func asset(_ e: SymbolEntry, _ key: String, _ scale: Int) -> UInt16? {
        let name = name(e, key)
        if name.isEmpty { return nil }
        if let known = positions[name] {
            let there = market.assets[Int(known)].scale
            if there != scale { fail(e, key, "\(name) has scale \(there) elsewhere") }
            return known
        }
        let position = UInt16(market.assets.count)
        positions[name] = position
        market.assets.append(.init(name: name, scale: scale))
        return position
    }

    private mutating func whole(
        _ e: SymbolEntry, _ key: String, _ range: ClosedRange<Int64>, otherwise: Int64
    ) -> Int64 {
        guard let value = e.values[key] else { return otherwise }
        guard let number = Int64(value.text), range.contains(number) else {
            fail(
                e, key,
                "\(key) is a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "not \(value.text)")
            return otherwise
        }
        return number
    }

    /// A decimal in units of 10^-scale; nil where it is absent or wrong.
    private mutating func amount(
        _ e: SymbolEntry, _ key: String, _ scale: Int, least: Int64
    ) -> Int64? {
        guard let value = e.values[key] else { return nil }
        switch DecimalText.parse(Array(value.text.utf8), decimals: scale) {
        case .success(let units):
            if units >= least { return units }
            fail(e, key, "\(key) is above 0")
        case .failure(let rejection):
            let reason =
                rejection.code == -1111
                ? "more than \(scale) decimals" : "no decimal number such as 0.01"
            fail(e, key, "\(key) \"\(value.text)\": \(reason)")
        }
        return nil
    }

    /// A price in ticks or a quantity in lots.
    private mutating func multiple(
        _ e: SymbolEntry, _ key: String, _ scale: Int, of unit: Int64, _ what: String
    ) -> Int64? {
        guard let units = amount(e, key, scale, least: 1) else { return nil }
        if units % unit != 0 {
            fail(e, key, "\(key) \(e.values[key]?.text ?? "") is no multiple of its \(what)")
        }
        return max(1, units / unit)
    }
}
