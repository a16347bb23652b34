// `bench match`, small: the flow is what it says, competitors do the same work as our book, and
// figures are figures.

import Foundation
import HarnessCore
import TestSupport
import Testing

@testable import Engine

@Suite struct MatchBenchmarkTests {
    @Test func theFlowHasItsShares() {
        let flow = MixedFlow(seed: 1, commands: 40_000)
        #expect(flow.fill == 10_000 && flow.operations.count == 50_000)
        let shares: [(BenchOperation.Kind, Double)] = [
            (.limit, 46), (.immediate, 4), (.cancel, 43), (.replace, 6), (.amend, 1),
        ]
        for (kind, percent) in shares {
            let count = Double(flow.counts[kind] ?? 0)
            // Four standard deviations of a binomial count.
            let deviation = (40_000 * percent / 100 * (1 - percent / 100)).squareRoot()
            #expect(abs(count - 400 * percent) < 4 * deviation, "\(kind): \(count)")
        }
        #expect(flow.operations.prefix(10_000).allSatisfy { $0.kind == .limit })
    }

    /// About 10,000 rest at any time, and takers do take.
    @Test func theBookKeepsItsSize() {
        let flow = MixedFlow(seed: 3, commands: 30_000)
        let matcher = MatchBenchmark.bookOnly()
        var effects = Effects()
        for (i, operation) in flow.operations.enumerated() {
            let refused = matcher.replay(
                operation.replayCommand(seq: UInt64(i + 1)), effects: &effects)
            #expect(refused == nil)
            if i >= flow.fill, i % 500 == 0 {
                #expect((9_500...10_500).contains(matcher.openOrderCount), "\(i)")
            }
        }
        #expect(matcher.firstBrokenInvariant() == nil)
        // 4 % IOC and 2.3 % crossing orders, one trade each at least.
        #expect(matcher.tradeCount(on: 0) > 1_500)
    }

    @Test func theSameSeedIsTheSameFlow() {
        let (a, b) = (MixedFlow(seed: 5, commands: 3_000), MixedFlow(seed: 5, commands: 3_000))
        #expect(a.operations == b.operations)
        #expect(a.operations != MixedFlow(seed: 6, commands: 3_000).operations)
    }

    /// Through the engine's API and through replay the same trades and open orders; the heap, too
    /// (or `mixedBooks` throws). Nothing is refused (or it throws).
    @Test func bothPathsAndTheHeapDoTheSame() throws {
        let benchmark = MatchBenchmark(repeats: 2, seed: 11, commands: 6_000)
        let flow = MixedFlow(seed: 11, commands: 6_000)
        let books = try benchmark.mixedBooks(flow)
        let engine = try benchmark.mixedEngine(flow)
        #expect(books[0].tally == engine.tally && books[0].tally.trades > 100)
        #expect(books[0].tally == books[1].tally && books[1].hash == nil)
        #expect(books[0].hash?.count == 64 && engine.hash?.count == 64)
        #expect(books[0].rate.median > 0 && engine.rate.median > 0)
    }

    @Test func emittedLinesReplayToTheSameState() throws {
        let flow = MixedFlow(seed: 2, commands: 2_000)
        let directory = try TemporaryDirectory()
        let file = directory.url.appendingPathComponent("flow.jsonl").path
        try flow.writeLines(to: file)
        let run = try ReplayRun(String(contentsOfFile: file, encoding: .utf8)) {
            $0.printsEvents = false
            $0.printsHash = true
        }
        let books = try MatchBenchmark(repeats: 2, seed: 2, commands: 2_000).mixedBooks(flow)
        let hash = try #require(books[0].hash)
        #expect(run.output.hasPrefix(#"{"hash":"\#(hash)","seq":4000,"#), "\(run.output)")
        #expect(run.totals?.rejected == 0)
    }

    @Test func tablesOneAndTwo() throws {
        let benchmark = MatchBenchmark(repeats: 3, seed: 1, commands: 1)
        let rows = try benchmark.addAndMatch(200)
        #expect(rows.map(\.book) == [.ours, .heap, .array])
        #expect(rows.allSatisfy { $0.add.min > 0 && $0.match.min > 0 && $0.orders == 200 })
        let inserts = try benchmark.inserts(150)
        #expect(Set(inserts.figures.keys) == Set(MatchBenchmark.Book.allCases))
    }

    /// Random limits through heap and array against our book: trades, volume, what stays open.
    @Test(arguments: 1...20)
    func competitorsMatchAsWeDo(seed: UInt64) {
        var rng = SplitMix64(state: seed)
        let orders = (1...400).map { id in
            BenchOperation(
                kind: .limit, side: Draw.below(rng.next(), 2) == 0 ? .buy : .sell, account: 1,
                id: UInt32(id), price: Int32(95 + Draw.below(rng.next(), 11)),
                quantity: Int32(1 + Draw.below(rng.next(), 20)))
        }
        var ours = ReplayRunner()
        _ = ours.seconds(orders)
        var heap = HeapBook(largestID: 400)
        var array = SortedArrayBook()
        for order in orders {
            heap.apply(order)
            array.add(order)
        }
        #expect(ours.tally == heap.tally && ours.tally == array.tally)
        #expect(ours.tally.trades > 50)
    }

    @Test func figures() {
        let odd = BenchFigure([3, 1, 2])
        #expect(odd.median == 2 && odd.min == 1 && odd.max == 3 && odd.spread == 1)
        let even = BenchFigure([4, 1, 3, 2])
        #expect(even.median == 2.5 && even.spread == 3 / 2.5)
        #expect(BenchFigure([7]).spread == 0)
    }
}
