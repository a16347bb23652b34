// A lane of the order-flow model: a sequence of commands that depends on seed, scenario, lane and
// position alone (scenarios.md section 3). Its open list, the orders it believes open, is all the
// state; whoever wants command k replays 0 ..< k first: any number of agents sends the same flow.
//
//     position   0      1       2      ...    9             10
//     drawn      limit  market  limit         replace (0)   cancel (2)
//     open       {0}    {0}     {0,2}         {2,..,9}      {..,9}
//
// An entry may be meant by a later command once it is `minAge` positions old. Younger entries are
// all at the list's end, for positions only grow. Thread-confined by its owner.

import HarnessCore
import ScenarioModel

struct OrderLane {
    let lane: UInt64
    private let minAge: UInt64
    /// Position of the next command.
    private(set) var next: UInt64 = 0
    private var open: [Entry] = []

    struct Entry: Equatable {
        var position: UInt64
        var priceTicks: Int64
        var lots: Int64
        var account: Int32
        var symbol: Int32
        var type: OrderType
        var isSell: Bool
    }

    var openCount: Int { open.count }

    init(lane: UInt64, minAge: UInt64) {
        self.lane = lane
        self.minAge = minAge
    }

    /// Command `position`; those before it are drawn too. Asking again for one that has passed
    /// starts the lane over.
    /// - Complexity: O(commands skipped), about 100 ns each; allocates while the open list grows.
    mutating func command(_ position: UInt64, _ tables: OrderTables) -> OrderCommand {
        if position < next {
            next = 0
            open.removeAll(keepingCapacity: true)
        }
        while next < position { _ = draw(tables) }
        return draw(tables)
    }

    /// The raw numbers r0...r9 of one command.
    private struct Numbers {
        let r0, r1, r2, r3, r4, r5, r6, r7, r8, r9: UInt64

        init(_ stream: SplitMix64) {
            var stream = stream
            r0 = stream.next()
            r1 = stream.next()
            r2 = stream.next()
            r3 = stream.next()
            r4 = stream.next()
            r5 = stream.next()
            r6 = stream.next()
            r7 = stream.next()
            r8 = stream.next()
            r9 = stream.next()
        }

        /// r3's top bit is 0.
        var isUp: Bool { r3 >> 63 == 0 }
    }

    private mutating func draw(_ tables: OrderTables) -> OrderCommand {
        let r = Numbers(tables.streams.stream(.orders, lane, next))
        var kind = tables.kinds[tables.mix.pick(r.r0)]
        var substitutions = 0
        if kind == .limit || kind == .maker, open.count >= tables.maxOpen {
            kind = .cancel
            substitutions += 1
        }
        var eligible = 0
        if kind == .cancel || kind == .replace || kind == .query {
            eligible = eligibleCount
            if eligible == 0 {
                kind = .limit
                substitutions += 1
            }
        }
        var command: OrderCommand
        switch kind {
        case .cancel, .replace, .query: command = later(kind, r, eligible, tables)
        default: command = new(kind, r, tables)
        }
        command.substitutions = substitutions
        next += 1
        return command
    }

    /// Entries at least `minAge` positions old: all but a few at the end.
    private var eligibleCount: Int {
        var n = open.count
        while n > 0, next - open[n - 1].position < minAge { n -= 1 }
        return n
    }

    private func lots(_ r: Numbers, _ tables: OrderTables) -> Int64 {
        if tables.hasRoundLots, Draw.chance(r.r9, 0.75) { return 100 }
        return Int64(tables.lots.pick(r.r6) + 1)
    }

    private mutating func new(
        _ kind: OrderKind, _ r: Numbers, _ tables: OrderTables
    ) -> OrderCommand {
        let isSell = !r.isUp
        let distance = Int64(tables.offsets.pick(r.r4) + 1)
        let crosses: Bool
        switch kind {
        case .ioc, .fok: crosses = true
        case .limit: crosses = Draw.chance(r.r5, tables.aggressive)
        default: crosses = false
        }
        // BUY at mid+d and SELL at mid-d cross; the others rest.
        let isAbove = isSell != crosses
        let price = max(1, isAbove ? tables.mid + distance : tables.mid - distance)
        let command = OrderCommand(
            operation: .new, type: Self.type(kind), duration: Self.duration(kind), isSell: isSell,
            symbol: tables.symbols.pick(r.r1), account: tables.accounts.pick(r.r2) + 1,
            priceTicks: kind == .market ? 0 : price, lots: lots(r, tables), lane: lane,
            position: next, reference: nil, substitutions: 0)
        if (kind == .limit || kind == .maker) && !crosses { join(command) }
        return command
    }

    private static func type(_ kind: OrderKind) -> OrderType {
        switch kind {
        case .maker: .limitMaker
        case .market: .market
        default: .limit
        }
    }

    private static func duration(_ kind: OrderKind) -> OrderDuration {
        switch kind {
        case .maker, .market: .none
        case .ioc: .ioc
        case .fok: .fok
        default: .gtc
        }
    }

    private mutating func later(
        _ kind: OrderKind, _ r: Numbers, _ eligible: Int, _ tables: OrderTables
    ) -> OrderCommand {
        let u = r.r7 >> 32
        let age = Int((u * u).multipliedFullWidth(by: UInt64(eligible)).high)
        let index = eligible - 1 - age
        let meant = open[index]
        var command = OrderCommand(
            operation: .cancel, type: meant.type, duration: meant.type == .limit ? .gtc : .none,
            isSell: meant.isSell, symbol: Int(meant.symbol), account: Int(meant.account),
            priceTicks: meant.priceTicks, lots: meant.lots, lane: lane, position: next,
            reference: meant.position, substitutions: 0)
        switch kind {
        case .query: command.operation = .query
        case .cancel: open.remove(at: index)
        default:
            open.remove(at: index)
            let step = Int64(min(20, 1 + r.r4.trailingZeroBitCount))
            command.operation = .replace
            command.type = .limit
            command.duration = .gtc
            command.priceTicks = max(1, meant.priceTicks + (r.isUp ? step : -step))
            if !Draw.chance(r.r5, 0.99) { command.lots = lots(r, tables) }
            join(command)
        }
        return command
    }

    private mutating func join(_ command: OrderCommand) {
        open.append(
            Entry(
                position: command.position, priceTicks: command.priceTicks, lots: command.lots,
                account: Int32(command.account), symbol: Int32(command.symbol),
                type: command.type, isSell: command.isSell))
    }
}
