// `bench match` (engine.md 9): one thread, its own CPU time, a fresh book per repeat; the first
// repeat is discarded. Making commands is outside the timed part.

package import HarnessCore

package struct MatchBenchmark: Sendable {
    /// Commands that are made, then timed together: the clock is read twice for them.
    static let batch = 1_000
    /// Orders of table (1) and inserts of table (2), as the plan has them.
    package static let matchSizes = [1_000, 50_000]
    package static let insertSizes = [100, 1_000, 5_000, 10_000]
    /// An array of more is not sorted again and again: it would take minutes.
    static let arrayMost = 10_000

    /// All repeats, the discarded first one included; 2 at least.
    package var repeats: Int
    package var seed: UInt64
    /// Of the mixed flow.
    package var commands: Int

    package init(repeats: Int, seed: UInt64, commands: Int) {
        self.repeats = repeats
        self.seed = seed
        self.commands = commands
    }

    package enum Book: String, Sendable, CaseIterable { case ours, heap, array }

    /// A row of table (1): orders per second.
    package struct MatchRow: Sendable {
        package var orders: Int
        package var book: Book
        package var add: BenchFigure
        package var match: BenchFigure
    }

    /// A row of table (2): ms for all inserts.
    package struct InsertRow: Sendable {
        package var orders: Int
        package var figures: [Book: BenchFigure]
    }

    /// A row of table (3): commands per second.
    package struct MixedRow: Sendable {
        package var name: String
        package var rate: BenchFigure
        /// Of the state after the last command, the same in every repeat; nil for the heap.
        package var hash: String?
        package var tally: BenchTally
    }

    /// A matcher of one symbol, X, without ledger, whose orders the caller numbers.
    static func bookOnly() -> Matcher {
        var options = MatcherOptions()
        options.ledger = false
        options.callersNumbers = true
        let matcher = Matcher(market: Market(symbols: [], assets: []), options: options)
        guard matcher.addSymbol("X") != nil else { preconditionFailure("there is room for one") }
        return matcher
    }

    /// Figures of `repeats - 1` runs of `body`.
    func figure(_ body: () throws(CommandFailure) -> Double) throws(CommandFailure) -> BenchFigure {
        var samples: [Double] = []
        for i in 0..<repeats {
            let sample = try body()
            if i > 0 { samples.append(sample) }
        }
        return BenchFigure(samples)
    }

    // MARK: (1) add, then match

    /// N sells over 1,000 prices, then N buys that each take one of them.
    package func addAndMatch(_ orders: Int) throws(CommandFailure) -> [MatchRow] {
        let adds = limits(orders, side: .sell)
        let takes = (0..<orders).map { i in
            BenchOperation(
                kind: .limit, side: .buy, account: 1, id: UInt32(orders + i + 1), price: 2_000,
                quantity: 10)
        }
        var rows: [MatchRow] = []
        for book in Book.allCases where book != .array || orders <= Self.arrayMost / 10 {
            var add: [Double] = []
            var match: [Double] = []
            for i in 0..<repeats {
                let (addSeconds, matchSeconds, tally) = addAndMatch(book, adds, takes)
                guard tally == BenchTally(trades: orders, volume: orders * 10, openOrders: 0) else {
                    throw CommandFailure(
                        .internalError, "\(book.rawValue): \(orders) orders became \(tally)")
                }
                if i > 0 {
                    add.append(Double(orders) / addSeconds)
                    match.append(Double(orders) / matchSeconds)
                }
            }
            rows.append(
                MatchRow(
                    orders: orders, book: book, add: BenchFigure(add), match: BenchFigure(match)))
        }
        return rows
    }

    /// Limits that do not cross, at seeded prices from 1,001 to 2,000.
    private func limits(_ count: Int, side: Side) -> [BenchOperation] {
        var rng = SplitMix64(state: SplitMix64.fold(seed, UInt64(count)))
        return (0..<count).map { i in
            BenchOperation(
                kind: .limit, side: side, account: 1, id: UInt32(i + 1),
                price: Int32(1_001 + Draw.below(rng.next(), 1_000)), quantity: 10)
        }
    }

    private func addAndMatch(
        _ book: Book, _ adds: [BenchOperation], _ takes: [BenchOperation]
    ) -> (Double, Double, BenchTally) {
        switch book {
        case .ours:
            var runner = ReplayRunner()
            let first = runner.seconds(adds)
            let second = runner.seconds(takes)
            return (first, second, runner.tally)
        case .heap:
            var heap = HeapBook(largestID: adds.count + takes.count)
            let first = BenchClock.seconds { for order in adds { heap.apply(order) } }
            let second = BenchClock.seconds { for order in takes { heap.apply(order) } }
            return (first, second, heap.tally)
        case .array:
            var array = SortedArrayBook()
            let first = BenchClock.seconds { for order in adds { array.add(order) } }
            let second = BenchClock.seconds { for order in takes { array.add(order) } }
            return (first, second, array.tally)
        }
    }

    // MARK: (2) inserts

    package func inserts(_ count: Int) throws(CommandFailure) -> InsertRow {
        let orders = limits(count, side: .buy)
        var row = InsertRow(orders: count, figures: [:])
        for book in Book.allCases {
            row.figures[book] = try figure { () throws(CommandFailure) in
                let (seconds, _, tally) = addAndMatch(book, orders, [])
                guard tally == BenchTally(openOrders: count) else {
                    throw CommandFailure(
                        .internalError, "\(book.rawValue): \(count) inserts became \(tally)")
                }
                return seconds * 1e3
            }
        }
        return row
    }

    // MARK: (3) mixed

    /// The book alone, and a heap beside it.
    package func mixedBooks(_ flow: MixedFlow) throws(CommandFailure) -> [MixedRow] {
        var hashes: Set<String> = []
        var tally = BenchTally()
        let rate = try figure { () throws(CommandFailure) in
            var runner = ReplayRunner()
            _ = runner.seconds(flow.operations[..<flow.fill])
            let seconds = runner.seconds(flow.operations[flow.fill...])
            hashes.insert(runner.matcher.stateHash())
            tally = runner.tally
            return Double(commands) / seconds
        }
        let hash = try Self.only(hashes, "book only")
        var heapTally = BenchTally()
        let heapRate = try figure { () throws(CommandFailure) in
            var heap = HeapBook(largestID: Int(flow.largestID))
            for operation in flow.operations[..<flow.fill] { heap.apply(operation) }
            let timed = flow.operations[flow.fill...]
            let seconds = BenchClock.seconds { for operation in timed { heap.apply(operation) } }
            heapTally = heap.tally
            return Double(commands) / seconds
        }
        guard heapTally == tally else {
            throw CommandFailure(
                .internalError, "the heap came to \(heapTally), our book to \(tally)")
        }
        return [
            MixedRow(name: "book only", rate: rate, hash: hash, tally: tally),
            MixedRow(name: "heap", rate: heapRate, hash: nil, tally: heapTally),
        ]
    }

    /// Through `Matcher.apply`: accounts that pay and earn, fees, client ids, effects.
    package func mixedEngine(_ flow: MixedFlow) throws(CommandFailure) -> MixedRow {
        var hashes: Set<String> = []
        var tally = BenchTally()
        let rate = try figure { () throws(CommandFailure) in
            var runner = ApplyRunner(flow)
            _ = try runner.seconds(flow.operations[..<flow.fill])
            let seconds = try runner.seconds(flow.operations[flow.fill...])
            hashes.insert(runner.matcher.stateHash())
            tally = runner.tally
            return Double(commands) / seconds
        }
        return MixedRow(
            name: "engine", rate: rate, hash: try Self.only(hashes, "engine"), tally: tally)
    }

    private static func only(_ hashes: Set<String>, _ what: String) throws(CommandFailure) -> String
    {
        guard hashes.count == 1, let hash = hashes.first else {
            throw CommandFailure(
                .internalError, "\(what): repeats of one flow ended in \(hashes.count) states")
        }
        return hash
    }
}

extension SortedArrayBook {
    mutating func add(_ operation: BenchOperation) {
        limit(
            id: operation.id, isBuy: operation.side == .buy, price: operation.price,
            quantity: operation.quantity)
    }
}
