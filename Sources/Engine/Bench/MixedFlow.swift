// The mixed flow of `bench match` (engine.md 9): 46 % GTC near the best, 5 % of them crossing; 4 %
// IOC; 43 % cancel of a random live order; 6 % replace by a tick; 1 % amend. Drawn against a book,
// so that every command means something: no cancel of an order that is gone.
//
// The shares alone do not hold a book at a size: what takers take away does. Above the wanted size
// they are large, below it small, so that it stays within a few per cent.

import Glibc
package import HarnessCore

package struct MixedFlow: Sendable {
    /// Live orders it is held at.
    package static let resting = 10_000
    static let accounts = 1_000
    /// 50,000.00 USDT on the built-in BTCUSDT.
    private static let firstPrice: Int32 = 5_000_000

    package private(set) var operations: [BenchOperation] = []
    /// The first so many operations fill the book and are not timed.
    package let fill: Int
    /// Commands of each kind after the fill.
    package private(set) var counts: [BenchOperation.Kind: Int] = [:]
    /// Ids are 1 to this.
    private(set) var largestID: UInt32 = 0

    /// - Parameters:
    ///   - commands: after the fill.
    ///   - resting: live orders it is held at.
    package init(seed: UInt64, commands: Int, resting: Int = Self.resting) {
        fill = min(resting, commands)
        var draft = Draft(seed: seed, wanted: fill)
        operations.reserveCapacity(fill + commands)
        for _ in 0..<fill { operations.append(draft.limit(crosses: false)) }
        for _ in 0..<commands {
            let operation = draft.next()
            operations.append(operation)
            counts[operation.kind, default: 0] += 1
        }
        largestID = draft.lastID
    }

    /// The book as it is drawn against, and who lives in it.
    private struct Draft {
        let matcher: Matcher
        let wanted: Int
        private var rng: SplitMix64
        private var effects = Effects()
        private var seq: UInt64 = 0
        private(set) var lastID: UInt32 = 0
        private var live: [UInt32] = []
        /// By id: place in `live` or -1, lots open, lots executed since the last replace.
        private var places: [Int32] = [-1]
        private var open: [Int32] = [0]
        private var executed: [Int32] = [0]
        private var sides: [Side] = [.buy]
        private var prices: [Int32] = [0]
        private var lastBest: [Int32] = [firstPrice - 1, firstPrice]

        init(seed: UInt64, wanted: Int) {
            self.wanted = wanted
            rng = SplitMix64(state: SplitMix64.fold(seed, 9))
            matcher = MatchBenchmark.bookOnly()
        }

        private mutating func below(_ n: Int) -> Int { Int(Draw.below(rng.next(), UInt64(n))) }

        mutating func next() -> BenchOperation {
            let percent = below(100)
            if percent < 46 || live.isEmpty { return limit(crosses: below(100) < 5) }
            if percent < 50 { return immediate() }
            let id = live[below(live.count)]
            if percent < 93 { return submit(.cancel, id, price: 0, quantity: 0) }
            if percent < 99 { return replace(id) }
            return amend(id)
        }

        mutating func limit(crosses: Bool) -> BenchOperation {
            let side: Side = below(2) == 0 ? .buy : .sell
            let reach = opposite(of: side)
            let away = crosses ? 0 : 1 + Int32(min(below(100), below(100)))
            let quantity = crosses ? takerLots() : Int32(1 + below(100))
            return place(.limit, side, side == .buy ? reach - away : reach + away, quantity)
        }

        private mutating func immediate() -> BenchOperation {
            let side: Side = below(2) == 0 ? .buy : .sell
            let reach = opposite(of: side)
            let deeper = Int32(below(4))
            return place(
                .immediate, side, side == .buy ? reach + deeper : reach - deeper, takerLots())
        }

        private mutating func takerLots() -> Int32 {
            Int32(1 + below(live.count > wanted ? 200 : 3))
        }

        /// The best price of the other side, or the last there was.
        private mutating func opposite(of side: Side) -> Int32 {
            let other: Side = side == .buy ? .sell : .buy
            let i = Int(other.rawValue)
            if let best = matcher.books[0].side(other).best?.price { lastBest[i] = Int32(best) }
            return lastBest[i]
        }

        private mutating func place(
            _ kind: BenchOperation.Kind, _ side: Side, _ price: Int32, _ quantity: Int32
        ) -> BenchOperation {
            lastID += 1
            places.append(Int32(live.count))
            live.append(lastID)
            open.append(quantity)
            executed.append(0)
            sides.append(side)
            prices.append(max(1, price))
            return submit(kind, lastID, price: max(1, price), quantity: quantity)
        }

        private mutating func replace(_ id: UInt32) -> BenchOperation {
            let price = max(1, prices[Int(id)] + (below(2) == 0 ? 1 : -1))
            prices[Int(id)] = price
            executed[Int(id)] = 0
            return submit(.replace, id, price: price, quantity: open[Int(id)])
        }

        /// An order of one lot cannot become smaller: another one is taken.
        private mutating func amend(_ first: UInt32) -> BenchOperation {
            var id = first
            for _ in 0..<100 where open[Int(id)] < 2 { id = live[below(live.count)] }
            if open[Int(id)] < 2 { return submit(.cancel, id, price: 0, quantity: 0) }
            let rest = open[Int(id)] - 1 - Int32(below(Int(open[Int(id)] - 1)))
            let total = executed[Int(id)] + rest
            open[Int(id)] = rest
            return submit(.amend, id, price: 0, quantity: rest, total: total)
        }

        private mutating func submit(
            _ kind: BenchOperation.Kind, _ id: UInt32, price: Int32, quantity: Int32,
            total: Int32 = 0
        ) -> BenchOperation {
            let operation = BenchOperation(
                kind: kind, side: sides[Int(id)],
                account: UInt16(1 + SplitMix64.mix(UInt64(id)) % UInt64(MixedFlow.accounts)),
                id: id, price: price, quantity: quantity, total: total)
            seq += 1
            effects.removeAll()
            let refused = matcher.replay(operation.replayCommand(seq: seq), effects: &effects)
            precondition(refused == nil, "a drawn command is never refused")
            for event in effects.events {
                switch event.kind {
                case .trade:
                    fill(UInt32(event.maker), Int32(event.quantity))
                    fill(UInt32(event.taker), Int32(event.quantity))
                case .canceled: bury(UInt32(event.id))
                default: break
                }
            }
            return operation
        }

        private mutating func fill(_ id: UInt32, _ lots: Int32) {
            open[Int(id)] -= lots
            executed[Int(id)] += lots
            if open[Int(id)] == 0 { bury(id) }
        }

        private mutating func bury(_ id: UInt32) {
            let place = Int(places[Int(id)])
            guard place >= 0, let last = live.popLast() else { return }
            places[Int(id)] = -1
            if last != id {
                live[place] = last
                places[Int(last)] = Int32(place)
            }
        }
    }
}

extension MixedFlow {
    /// Writes all operations as lines for `engine replay --no-ledger`.
    package func writeLines(to path: String) throws(CommandFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .unavailable, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let output = ReplayOutput(descriptor: descriptor)
        for (i, operation) in operations.enumerated() {
            var c = try output.begin()
            operation.appendLine(&c, seq: UInt64(i + 1))
            output.end(c)
        }
        try output.flush()
    }
}
