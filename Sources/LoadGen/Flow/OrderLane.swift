// A lane of the order-flow model: a sequence of commands that depends on seed, scenario, lane and
// position alone (scenarios.md section 3). The orders it believes open are its state, with the new
// order and the cancel that a retry or a stale cancel would repeat; whoever wants command k replays
// 0 ..< k first: any number of agents sends the same flow.
//
//     position   0      1       2      ...    9             10
//     drawn      limit  market  limit         replace (0)   cancel (2)
//     open       {0}    {0}     {0,2}         {2,..,9}      {..,9}
//
// An entry may be meant by a later command once it is `minAge` positions old. Younger entries are
// all at the list's end, for positions only grow. An avalanche has no state: its command k follows
// from k alone. Thread-confined by its owner.

import HarnessCore
import ScenarioModel

struct OrderLane {
    let lane: UInt64
    private let minAge: UInt64
    /// Position of the next command.
    private(set) var next: UInt64 = 0
    private var open: [Entry] = []
    /// New orders too young to be repeated, from `youngFirst` on.
    private var young: [OrderCommand] = []
    private var youngFirst = 0
    /// What a retry, or a stale cancel, would repeat.
    private var latestNew: OrderCommand?
    private var latestCancel: OrderCommand?

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
        if let makers = tables.makers {
            next = position + 1
            return pile(position, makers, tables)
        }
        if position < next { startOver() }
        while next < position { _ = draw(tables) }
        return draw(tables)
    }

    private mutating func startOver() {
        next = 0
        open.removeAll(keepingCapacity: true)
        young.removeAll(keepingCapacity: true)
        youngFirst = 0
        latestNew = nil
        latestCancel = nil
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
        if tables.hasRepeats { ageYoung() }
        var command: OrderCommand
        if next < tables.passiveFirst {
            command = new(.limit, r, tables, isPassive: true)
        } else {
            command = drawMixed(r, tables)
        }
        if tables.hasRepeats { remember(command) }
        next += 1
        return command
    }

    private mutating func drawMixed(_ r: Numbers, _ tables: OrderTables) -> OrderCommand {
        var kind = tables.kinds[tables.mix.pick(r.r0)]
        var substitutions = 0
        if kind == .limit || kind == .maker, open.count >= tables.maxOpen {
            kind = .cancel
            substitutions += 1
        }
        var eligible = 0
        if kind == .cancel || kind == .replace || kind == .query { eligible = eligibleCount }
        if !isPossible(kind, eligible) {
            kind = .limit
            substitutions += 1
        }
        var command: OrderCommand
        switch kind {
        case .cancel, .replace, .query: command = later(kind, r, eligible, tables)
        case .retry, .stale: command = again(kind)
        case .bad: command = bad(r, tables)
        case .limit, .maker, .ioc, .fok, .market: command = new(kind, r, tables)
        }
        command.substitutions = substitutions
        return command
    }

    /// Whether the lane has what a kind needs.
    private func isPossible(_ kind: OrderKind, _ eligible: Int) -> Bool {
        switch kind {
        case .cancel, .replace, .query: eligible > 0
        case .retry: latestNew != nil
        case .stale: latestCancel != nil
        case .limit, .maker, .ioc, .fok, .market, .bad: true
        }
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
        _ kind: OrderKind, _ r: Numbers, _ tables: OrderTables, isPassive: Bool = false
    ) -> OrderCommand {
        let (command, crosses) = placed(kind, r, tables, isPassive: isPassive)
        if (kind == .limit || kind == .maker) && !crosses { join(command) }
        return command
    }

    private func placed(
        _ kind: OrderKind, _ r: Numbers, _ tables: OrderTables, isPassive: Bool
    ) -> (command: OrderCommand, crosses: Bool) {
        let isSell = !r.isUp
        let distance = Int64(tables.offsets.pick(r.r4) + 1)
        let crosses: Bool
        switch kind {
        case .ioc, .fok: crosses = true
        case .limit: crosses = !isPassive && Draw.chance(r.r5, tables.aggressive)
        default: crosses = false
        }
        // BUY at mid+d and SELL at mid-d cross; the others rest.
        let isAbove = isSell != crosses
        let price = max(1, isAbove ? tables.mid + distance : tables.mid - distance)
        let command = OrderCommand(
            operation: .new, type: Self.type(kind), duration: Self.duration(kind), isSell: isSell,
            symbol: symbol(r, tables), account: tables.accounts.pick(r.r2) + 1,
            priceTicks: kind == .market ? 0 : price, lots: lots(r, tables), lane: lane,
            position: next, reference: nil, substitutions: 0)
        return (command, crosses)
    }

    private func symbol(_ r: Numbers, _ tables: OrderTables) -> Int {
        if tables.hotShare > 0, Draw.chance(r.r8, tables.hotShare) { return 0 }
        return tables.symbols.pick(r.r1)
    }

    /// A limit order that must be refused; it is never believed open.
    private func bad(_ r: Numbers, _ tables: OrderTables) -> OrderCommand {
        var command = placed(.limit, r, tables, isPassive: false).command
        let defects = OrderDefect.allCases
        let defect = defects[Int(Draw.below(r.r8, UInt64(defects.count)))]
        command.operation = .bad
        command.defect = defect
        switch defect {
        case .zeroQty: command.lots = 0
        case .negativePrice: command.priceTicks.negate()
        case .missingPrice: command.priceTicks = 0
        case .tooSmall:
            command.priceTicks = 1
            command.lots = 1
        case .unknownSymbol, .badPrecision, .badSide, .malformedBody: break
        }
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

    // MARK: - Repeats

    /// New orders that have just become old enough to be repeated: the latest of them is.
    private mutating func ageYoung() {
        while youngFirst < young.count, next - young[youngFirst].position >= minAge {
            latestNew = young[youngFirst]
            youngFirst += 1
        }
        if youngFirst > young.count / 2 {
            young.removeFirst(youngFirst)
            youngFirst = 0
        }
    }

    private mutating func remember(_ command: OrderCommand) {
        switch command.operation {
        case .new: young.append(command)
        case .cancel: latestCancel = command
        case .replace, .query, .retry, .bad: break
        }
    }

    /// The latest new order, or the latest cancel, once more.
    private func again(_ kind: OrderKind) -> OrderCommand {
        guard var command = kind == .retry ? latestNew : latestCancel else {
            preconditionFailure("a repeat was drawn with nothing to repeat")
        }
        if kind == .retry {
            command.operation = .retry
            command.reference = command.position
        }
        command.position = next
        return command
    }

    // MARK: - Avalanche

    /// 50 levels of small sell orders, and at last one buy order that sweeps them all.
    private func pile(
        _ position: UInt64, _ makers: UInt64, _ tables: OrderTables
    ) -> OrderCommand {
        let r = Numbers(tables.streams.stream(.orders, lane, position))
        let c = position % (makers + 1)
        let sweeps = c == makers
        let level = sweeps ? Self.pileLevels : 1 + Int64(c % UInt64(Self.pileLevels))
        return OrderCommand(
            operation: .new, type: .limit, duration: sweeps ? .ioc : .gtc, isSell: !sweeps,
            symbol: 0, account: tables.accounts.pick(r.r2) + 1, priceTicks: tables.mid + level,
            lots: sweeps ? Int64(makers) : 1, lane: lane, position: position, reference: nil,
            substitutions: 0)
    }

    private static let pileLevels: Int64 = 50

    private mutating func join(_ command: OrderCommand) {
        open.append(
            Entry(
                position: command.position, priceTicks: command.priceTicks, lots: command.lots,
                account: Int32(command.account), symbol: Int32(command.symbol),
                type: command.type, isSell: command.isSell))
    }
}
