// The symbols file: a YAML list of what may be traded (engine.md 3), checked when it is read.

package import HarnessCore
import Yams

extension Market {
    /// The built-in symbols: BTCUSDT, ETHUSDT, LTCUSDT, ETHBTC.
    package static let builtIn: Market = {
        let definitions = [
            SymbolsFile.Entry(
                symbol: "BTCUSDT", base: "BTC", quote: "USDT", tick: "0.01", step: "0.00001"),
            SymbolsFile.Entry(
                symbol: "ETHUSDT", base: "ETH", quote: "USDT", tick: "0.01", step: "0.0001"),
            SymbolsFile.Entry(
                symbol: "LTCUSDT", base: "LTC", quote: "USDT", tick: "0.01", step: "0.001"),
            SymbolsFile.Entry(
                symbol: "ETHBTC", base: "ETH", quote: "BTC", tick: "0.00001", step: "0.001",
                minNotional: "0.0001"),
        ]
        do {
            return try SymbolsFile.market(definitions)
        } catch {
            preconditionFailure("the built-in symbols are valid: \(error)")
        }
    }()

    /// - Throws: `CommandFailure` 104 naming the symbol and what is wrong.
    package static func load(yaml: String) throws(CommandFailure) -> Market {
        let entries: [SymbolsFile.Entry]
        do {
            entries = try YAMLDecoder().decode([SymbolsFile.Entry].self, from: yaml)
        } catch {
            throw CommandFailure(.badConfiguration, "symbols file: \(error)")
        }
        return try SymbolsFile.market(entries)
    }
}

enum SymbolsFile {
    struct Entry: Decodable {
        var symbol: String
        var base: String
        var quote: String
        var baseScale: Int?
        var quoteScale: Int?
        var tick: String
        var step: String
        var minPrice: String?
        var maxPrice: String?
        var minQty: String?
        var maxQty: String?
        var minNotional: String?
        var maxNumOrders: Int?
        var makerPpm: Int64?
        var takerPpm: Int64?
        var shard: Int?
        var status: String?
    }

    static func market(_ entries: [Entry]) throws(CommandFailure) -> Market {
        guard !entries.isEmpty, entries.count <= 10_000 else {
            throw CommandFailure(.badConfiguration, "a symbols file has 1 to 10000 symbols")
        }
        var market = Market(symbols: [], assets: [])
        var seen: Set<String> = []
        for entry in entries {
            guard seen.insert(entry.symbol).inserted else {
                throw failure(entry, "appears twice")
            }
            let base = try asset(entry.base, entry.baseScale ?? 8, entry, &market)
            let quote = try asset(entry.quote, entry.quoteScale ?? 8, entry, &market)
            market.symbols.append(try rules(entry, base, quote, market))
        }
        return market
    }

    private static func asset(
        _ name: String, _ scale: Int, _ entry: Entry, _ market: inout Market
    ) throws(CommandFailure) -> UInt16 {
        guard (0...8).contains(scale) else { throw failure(entry, "scale \(scale): 0 to 8") }
        if let known = market.assets.firstIndex(where: { $0.name == name }) {
            guard market.assets[known].scale == scale else {
                throw failure(entry, "\(name) has scale \(market.assets[known].scale) elsewhere")
            }
            return UInt16(known)
        }
        market.assets.append(.init(name: name, scale: scale))
        return UInt16(market.assets.count - 1)
    }

    private static func rules(
        _ e: Entry, _ base: UInt16, _ quote: UInt16, _ market: Market
    ) throws(CommandFailure) -> SymbolRules {
        let baseScale = market.assets[Int(base)].scale
        let quoteScale = market.assets[Int(quote)].scale
        let tick = try number(e.tick, quoteScale, e, "tick")
        let step = try number(e.step, baseScale, e, "step")
        guard tick > 0, step > 0 else { throw failure(e, "tick and step are above 0") }
        // k = tick x step x 10^quoteScale: both are scaled, so the base's scale goes again.
        let product = Int128(tick) * Int128(step)
        let divisor = (0..<baseScale).reduce(Int128(1)) { n, _ in n * 10 }
        guard product % divisor == 0, product >= divisor, product / divisor <= Int128(Int64.max)
        else {
            throw failure(e, "tick x step x 10^\(quoteScale) must be a whole number from 1 up")
        }
        guard let status = SymbolRules.Status(rawValue: e.status ?? "TRADING") else {
            throw failure(e, "status is TRADING or HALT, not \(e.status ?? "")")
        }
        func multiple(
            _ text: String?, _ scale: Int, _ unit: Int64, _ what: String, _ otherwise: Int64
        )
            throws(CommandFailure) -> Int64
        {
            guard let text else { return otherwise }
            let units = try number(text, scale, e, what)
            guard units % unit == 0, units > 0 else {
                throw failure(e, "\(what) \(text) is no multiple of its tick or step")
            }
            return units / unit
        }
        let billion: Int64 = 1_000_000_000
        return SymbolRules(
            symbol: e.symbol, base: e.base, quote: e.quote, baseAsset: base, quoteAsset: quote,
            baseScale: baseScale, quoteScale: quoteScale, tickUnits: tick,
            tickDecimals: quoteScale, stepUnits: step, stepDecimals: baseScale,
            minPrice: try multiple(e.minPrice, quoteScale, tick, "minPrice", 1),
            maxPrice: try multiple(e.maxPrice, quoteScale, tick, "maxPrice", billion),
            minQuantity: try multiple(e.minQty, baseScale, step, "minQty", 1),
            maxQuantity: try multiple(e.maxQty, baseScale, step, "maxQty", billion),
            minNotional: try number(e.minNotional ?? "0.01", quoteScale, e, "minNotional"),
            maxOrders: e.maxNumOrders ?? 1_000, makerPpm: e.makerPpm ?? 1_000,
            takerPpm: e.takerPpm ?? 1_000, status: status, notionalFactor: Int64(product / divisor),
            lotUnits: step)
    }

    private static func number(
        _ text: String, _ scale: Int, _ entry: Entry, _ what: String
    ) throws(CommandFailure) -> Int64 {
        switch DecimalText.parse(Array(text.utf8), decimals: scale) {
        case .success(let units): return units
        case .failure(let rejection):
            throw failure(entry, "\(what) \"\(text)\": \(rejection.message)")
        }
    }

    private static func failure(_ entry: Entry, _ text: String) -> CommandFailure {
        CommandFailure(.badConfiguration, "symbols file: \(entry.symbol): \(text)")
    }
}
