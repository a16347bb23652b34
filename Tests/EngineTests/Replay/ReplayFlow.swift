// Seeded flows of replay commands: few prices, accounts and ids, so that ties, self-trades, empty
// books, ids of the dead and of the living, and empty pockets are common.

import Engine
import HarnessCore

struct ReplayFlow {
    /// Two symbols share an asset; limits are low, so that they are met; one is halted, one pays
    /// its makers.
    static func market() throws -> Market {
        try Market.load(
            yaml: """
                - { symbol: XUSDT, base: X, quote: USDT, tick: "0.01", step: "0.001", \
                maxNumOrders: 8, maxQty: "0.030", minNotional: "0.005", takerPpm: 700 }
                - { symbol: YX, base: Y, quote: X, tick: "0.0001", step: "0.01", \
                makerPpm: -250, takerPpm: 1500, maxQty: "0.30" }
                - { symbol: HUSDT, base: H, quote: USDT, tick: "0.01", step: "0.001", \
                status: HALT }
                """)
    }

    static let accounts = ["a", "b", "c"].compactMap { InlineText($0.utf8) }

    let hasLedger: Bool
    private var rng: SplitMix64
    private var seq: UInt64 = 0

    init(seed: UInt64, hasLedger: Bool) {
        self.hasLedger = hasLedger
        rng = SplitMix64(state: SplitMix64.fold(seed, 8))
    }

    private mutating func below(_ n: Int) -> Int { Int(Draw.below(rng.next(), UInt64(n))) }
    private mutating func isOne(in n: Int) -> Bool { below(n) == 0 }

    mutating func commands(_ count: Int) -> [ReplayCommand] {
        var operations: [ReplayCommand.Operation] = []
        if hasLedger {
            for account in Self.accounts {
                for (asset, amount): (UInt16, Int64) in [
                    (0, 30_000_000), (1, 40_000_000), (2, 200_000_000),
                ] {
                    operations.append(.deposit(account: account, asset: asset, amount: amount))
                }
            }
        }
        while operations.count < count { operations.append(operation()) }
        return operations.map { operation in
            // Gaps are allowed, falling is not.
            seq += 1 + UInt64(isOne(in: 50) ? below(9) : 0)
            return ReplayCommand(seq: seq, operation)
        }
    }

    private mutating func operation() -> ReplayCommand.Operation {
        switch below(20) {
        case 0..<12: return .new(new())
        case 12..<15: return .cancel(id: id())
        case 15..<17:
            return .replace(
                id: id(), price: isOne(in: 3) ? nil : price(),
                quantity: isOne(in: 3) ? nil : quantity())
        case 17..<19: return .amend(id: id(), quantity: quantity())
        default:
            guard hasLedger else { return .cancel(id: id()) }
            let account = isOne(in: 30) ? "@fees" : Self.accounts[below(3)]
            let amount = Int64(below(12_000_000)) - 6_000_000
            return .deposit(
                account: account, asset: UInt16(below(isOne(in: 30) ? 9 : 4)), amount: amount)
        }
    }

    private mutating func id() -> UInt64 { UInt64(below(40)) }
    private mutating func price() -> Int64 { isOne(in: 60) ? 0 : 197 + Int64(below(7)) }
    /// 31 is over the limit, 0 below it.
    private mutating func quantity() -> Int64 { Int64(below(isOne(in: 8) ? 32 : 12)) }

    private mutating func new() -> ReplayCommand.New {
        let type: OrderType = isOne(in: 7) ? .market : .limit
        let timeInForce: TimeInForce = isOne(in: 4) ? .ioc : isOne(in: 4) ? .fok : .gtc
        let mode = isOne(in: 3) ? 0 : UInt8(1 + below(4))
        let isNobody = isOne(in: hasLedger ? 60 : 3)
        return ReplayCommand.New(
            id: id(), account: isNobody ? nil : isOne(in: 80) ? "@fees" : Self.accounts[below(3)],
            symbol: isOne(in: 60) ? 2 + UInt16(below(3)) : UInt16(below(2)),
            side: isOne(in: 2) ? .buy : .sell, type: type, timeInForce: timeInForce,
            postOnly: isOne(in: 9), selfTrade: SelfTradePrevention(rawValue: mode) ?? .none,
            price: type == .market ? 0 : price(), quantity: quantity())
    }
}

extension ReplayCommand {
    /// For a failure's message.
    var words: String {
        switch operation {
        case .new(let o):
            return "\(seq) new id \(o.id) \(o.account?.description ?? "-") sym \(o.symbol) "
                + "\(o.side) \(o.type) \(o.timeInForce) \(o.postOnly ? "post " : "")"
                + "\(o.selfTrade) \(o.quantity)@\(o.price)"
        case .cancel(let id): return "\(seq) cancel \(id)"
        case .replace(let id, let price, let quantity):
            return "\(seq) replace \(id) \(quantity.map { "\($0)" } ?? "-")@"
                + "\(price.map { "\($0)" } ?? "-")"
        case .amend(let id, let quantity): return "\(seq) amend \(id) \(quantity)"
        case .deposit(let account, let asset, let amount):
            return "\(seq) deposit \(account) asset \(asset) \(amount)"
        }
    }
}
