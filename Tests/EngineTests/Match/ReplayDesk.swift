// A matcher for orders that their callers number, driven by the short notation of engine.md 11, and
// its events in the same notation.

import Engine
import Testing

/// `B1 10@100`, `S4 15@100 IOC`, `cancel 1`, `replace 2 10@105`, `amend 1 3`; `B5 10@market`.
///
/// After a new order: IOC, FOK, post, an account such as `a=u1`, a mode such as `stp=DECREMENT`.
final class ReplayDesk {
    let matcher: Matcher
    var effects = Effects()
    private var seq: UInt64 = 0

    init() {
        var options = MatcherOptions()
        options.ledger = false
        options.callersNumbers = true
        matcher = Matcher(market: Market(symbols: [], assets: []), options: options)
        _ = matcher.addSymbol("X")
    }

    init(market: Market) {
        var options = MatcherOptions()
        options.callersNumbers = true
        matcher = Matcher(market: market, options: options)
    }

    private static let modes: [Substring: SelfTradePrevention] = [
        "NONE": .none, "EXPIRE_TAKER": .expireTaker, "EXPIRE_MAKER": .expireMaker,
        "EXPIRE_BOTH": .expireBoth, "DECREMENT": .decrement,
    ]

    static func operation(_ text: String, symbol: UInt16 = 0) -> ReplayCommand.Operation? {
        let words = text.split(separator: " ")
        guard words.count > 1 else { return nil }
        let pair = words[words[0] == "replace" ? 2 : 1].split(separator: "@")
        let quantity = pair.first.flatMap { Int64($0) }
        let price = pair.count > 1 ? Int64(pair[1]) : nil
        switch words[0] {
        case "cancel": return UInt64(words[1]).map { .cancel(id: $0) }
        case "replace":
            return UInt64(words[1]).map { .replace(id: $0, price: price, quantity: quantity) }
        case "amend":
            guard let id = UInt64(words[1]), let open = Int64(words[2]) else { return nil }
            return .amend(id: id, quantity: open)
        default: break
        }
        guard let id = UInt64(words[0].dropFirst()), let quantity else { return nil }
        var new = ReplayCommand.New(
            id: id, account: nil, symbol: symbol, side: words[0].first == "B" ? .buy : .sell,
            type: price == nil ? .market : .limit, price: price ?? 0, quantity: quantity)
        for word in words.dropFirst(2) {
            switch word {
            case "IOC": new.timeInForce = .ioc
            case "FOK": new.timeInForce = .fok
            case "post": new.postOnly = true
            case _ where word.hasPrefix("a="): new.account = InlineText(word.dropFirst(2).utf8)
            case _ where word.hasPrefix("stp="):
                guard let mode = modes[word.dropFirst(4)] else { return nil }
                new.selfTrade = mode
            default: return nil
            }
        }
        return .new(new)
    }

    /// Applies commands; returns their events.
    @discardableResult
    func run(_ commands: String..., symbol: UInt16 = 0) throws -> String {
        var events: [String] = []
        for text in commands {
            let operation = try #require(Self.operation(text, symbol: symbol), "\(text)")
            events += apply(operation)
        }
        return events.joined(separator: ", ")
    }

    func apply(_ operation: ReplayCommand.Operation) -> [String] {
        seq += 1
        effects.removeAll()
        let rejection = matcher.replay(ReplayCommand(seq: seq, operation), effects: &effects)
        #expect((rejection != nil) == (effects.events.last?.kind == .rejected))
        #expect(matcher.firstBrokenInvariant() == nil)
        return effects.events.map(Self.text)
    }

    static func text(_ e: MatchEvent) -> String {
        let order = "\(e.id) \(e.side == .buy ? "B" : "S") \(e.quantity)@\(e.price)"
        switch e.kind {
        case .accepted: return "+\(e.id)"
        case .trade: return "t\(e.id) \(e.quantity)@\(e.price) \(e.maker)/\(e.taker)"
        case .prevented: return "p\(e.id) \(e.quantity)@\(e.price) \(e.maker)/\(e.taker)"
        case .canceled:
            let reason = e.reason == .selfTrade ? "stp" : "\(e.reason)"
            return "canceled \(order) \(reason)"
        case .replaced, .amended: return "\(e.kind) \(order)"
        case .rejected: return "rejected \(e.id) \(e.code)"
        case .deposited: return "deposited \(e.quantity)"
        }
    }

    var depth: Depth { matcher.depth(symbol: 0, limit: 1_000) }
}
