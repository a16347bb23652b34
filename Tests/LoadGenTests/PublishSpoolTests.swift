// The spool: order, replay, acknowledgement, coalescing, cumulative counts; and random runs against
// what was put in.

import HarnessCore
import LoadGen
import Telemetry
import Testing

@Suite struct PublishSpoolTests {
    private static let tag = Delta.runTag(of: "20260101T000000Z-00aa")

    private static func spool() -> Spool { Spool(runTag: tag, slot: 3, epoch: 2) }

    private static func histogram(_ values: [UInt64]) -> HistogramDelta {
        var counts: [Int: UInt64] = [:]
        for value in values { counts[HistogramLayout.index(value), default: 0] += 1 }
        return HistogramDelta(
            count: UInt64(values.count), cum: 0, min: values.min() ?? 0, max: values.max() ?? 0,
            sum: values.reduce(0, +), over: [UInt64(values.count { $0 > 1_000_000 })],
            buckets: counts.sorted { $0.key < $1.key }.map {
                .init(index: UInt32($0.key), count: $0.value)
            })
    }

    private static func cut(
        _ window: UInt32, _ series: [SeriesDelta] = [], isFinal: Bool = false
    ) -> PendingDelta {
        var counters = RunCounters()
        counters.scheduled = UInt64(window) + 1
        return PendingDelta(
            fromWindow: window, toWindow: window + 1, planRev: 1,
            cutAtUs: Int64(window + 1) * 1_000_000, counters: counters, series: series,
            isFinal: isFinal)
    }

    private static func counter(_ name: String, _ n: UInt64) -> SeriesDelta {
        SeriesDelta(key: SeriesKey(name), value: .counter(delta: n, cum: 0))
    }

    /// Sends all that may go out now.
    private static func send(_ spool: inout Spool) throws -> [Delta] {
        var sent: [Delta] = []
        while let next = spool.next() {
            sent.append(try DeltaCodec.decode(next.bytes))
            #expect(sent.last?.seq == next.seq)
            spool.stored(next.seq)
        }
        return sent
    }

    @Test func sendsInOrderAndKeepsUntilAcknowledged() throws {
        var spool = Self.spool()
        for window in 0..<3 { spool.add(Self.cut(UInt32(window))) }
        let sent = try Self.send(&spool)
        #expect(sent.map(\.seq) == [1, 2, 3])
        #expect(spool.sentSeq == 3)
        #expect(spool.waiting == 3)
        spool.acknowledge(2)
        #expect(spool.waiting == 1)
        spool.acknowledge(1)
        #expect(spool.ackSeq == 2)
        spool.acknowledge(9)
        #expect(spool.ackSeq == 2, "nobody can acknowledge what was never sent")
    }

    @Test func replaysEverythingBehindTheAckVerbatim() throws {
        var spool = Self.spool()
        for window in 0..<4 { spool.add(Self.cut(UInt32(window), [Self.counter("a", 1)])) }
        let first = try Self.send(&spool)
        spool.acknowledge(1)
        spool.replay()
        spool.add(Self.cut(4, [Self.counter("a", 1)]))
        let again = try Self.send(&spool)
        #expect(again.map(\.seq) == [2, 3, 4, 5])
        #expect(Array(again.prefix(3)) == Array(first.dropFirst()))
    }

    @Test func anAnswerFromBeforeTheReplayMovesNothing() {
        var spool = Self.spool()
        for window in 0..<2 { spool.add(Self.cut(UInt32(window))) }
        let first = spool.next()
        #expect(first?.seq == 1)
        spool.stored(1)
        let second = spool.next()
        #expect(second?.seq == 2)
        spool.replay()
        spool.stored(2)
        let again = spool.next()
        #expect(again == first)
    }

    @Test func atMost64AreUnacknowledged() throws {
        var spool = Self.spool()
        for window in 0..<64 {
            spool.add(Self.cut(UInt32(window)))
            _ = try Self.send(&spool)
        }
        spool.add(Self.cut(64))
        let none = spool.next()
        #expect(none == nil)
        spool.acknowledge(1)
        let next = spool.next()
        #expect(next?.seq == 65)
    }

    @Test func theFinalNamesEverySeriesEverSent() throws {
        var spool = Self.spool()
        let times = SeriesKey("http_req_duration")
        spool.add(
            Self.cut(
                0,
                [
                    Self.counter("a", 5), Self.counter("b", 2),
                    SeriesDelta(key: times, value: .histogram(Self.histogram([700, 900]))),
                ]))
        spool.add(Self.cut(1, [Self.counter("a", 3)], isFinal: true))
        let deltas = try Self.send(&spool)
        #expect(deltas.map(\.flags) == [[], .final])
        var values: [String: SeriesDelta.Value] = [:]
        for item in deltas[1].series { values[item.key.text] = item.value }
        #expect(values["a"] == .counter(delta: 3, cum: 8))
        #expect(values["b"] == .counter(delta: 0, cum: 2))
        #expect(
            values["http_req_duration"]
                == .histogram(
                    HistogramDelta(
                        count: 0, cum: 2, min: 0, max: 0, sum: 0, over: [], buckets: [])))
        #expect(!spool.isDrained)
        spool.acknowledge(2)
        #expect(spool.isDrained)
    }

    @Test func joinsOnlyNeighboursThatWereNeverSent() throws {
        var spool = Self.spool()
        spool.add(Self.cut(0, [Self.counter("a", 1)]))
        let sent = try Self.send(&spool)
        for window in 1..<200 { spool.add(Self.cut(UInt32(window), [Self.counter("a", 1)])) }
        #expect(spool.waiting <= 1 + Limits.spoolDeltas)
        let rest = try Self.send(&spool)
        let all = sent + rest
        #expect(all.map(\.seq) == Array(1...UInt64(all.count)))
        var next: UInt32 = 0
        for delta in all {
            #expect(delta.fromWindow == next)
            #expect(delta.toWindow - delta.fromWindow <= 60)
            #expect(
                delta.flags.contains(.coalesced) == (delta.toWindow - delta.fromWindow > 1))
            #expect(delta.counters.scheduled == UInt64(delta.toWindow))
            next = delta.toWindow
        }
        #expect(next == 200)
        #expect(Self.lastCumulative(all, "a") == 200)
    }

    private static func lastCumulative(_ deltas: [Delta], _ name: String) -> UInt64? {
        for delta in deltas.reversed() {
            for item in delta.series where item.key.text == name {
                if case .counter(_, let cum) = item.value { return cum }
            }
        }
        return nil
    }

    /// Bodies over the entry's limit become several deltas of the same windows.
    @Test func splitsWhatDoesNotFitIntoOneEntry() throws {
        var spool = Self.spool()
        var random = SplitMix64(state: 11)
        let series = (0..<60).map { i in
            let buckets = (0..<20_000).map {
                HistogramDelta.Bucket(index: UInt32($0), count: 1 + random.next() % 1_000_000)
            }
            let h = HistogramDelta(
                count: buckets.reduce(0) { $0 + $1.count }, cum: 0,
                min: HistogramLayout.lowestEquivalent(0),
                max: HistogramLayout.lowestEquivalent(19_999), sum: 1, over: [], buckets: buckets)
            return SeriesDelta(key: SeriesKey("m\(i)"), value: .histogram(h))
        }
        spool.add(Self.cut(0, series, isFinal: true))
        let deltas = try Self.send(&spool)
        #expect(deltas.count > 2)
        #expect(deltas.dropLast().allSatisfy { !$0.flags.contains(.final) && $0.toWindow == 1 })
        #expect(deltas.last?.flags.contains(.final) == true)
        #expect(deltas.last?.series.count == 60)
        #expect(spool.unencodable == 0)
        let sent = deltas.reduce(0) { sum, delta in
            sum + delta.series.reduce(0) { $0 + Self.count($1) }
        }
        #expect(sent == series.reduce(0) { $0 + Self.count($1) })
    }

    private static func count(_ item: SeriesDelta) -> UInt64 {
        if case .histogram(let h) = item.value { h.count } else { 0 }
    }

    /// Cuts, sends, losses of the connection, acks in random order: what the collector holds in the
    /// end is what was recorded, bucket by bucket, and every cumulative count fits.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func randomRunsAreExact(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        var spool = Self.spool()
        var recorded = MergedHistogram()
        var counted: UInt64 = 0
        var stream: [UInt64: Delta] = [:]
        let key = SeriesKey("t")
        let cuts = UInt32(20 + random.next() % 200)
        func step() throws {
            switch random.next() % 4 {
            case 0: spool.replay()
            case 1: spool.acknowledge(UInt64(stream.count))
            default:
                guard let next = spool.next() else { return }
                let delta = try DeltaCodec.decode(next.bytes)
                if let known = stream[next.seq] {
                    #expect(known == delta, "repeated verbatim")
                } else {
                    #expect(next.seq == UInt64(stream.count) + 1, "no hole")
                    stream[next.seq] = delta
                }
                // Sometimes the answer is lost.
                if random.next() % 5 != 0 { spool.stored(next.seq) } else { spool.replay() }
            }
        }
        for window in 0..<cuts {
            let values = (0..<(random.next() % 6)).map { _ in random.next() % 50_000_000 }
            let h = Self.histogram(values)
            recorded.add(h)
            let n = random.next() % 10
            counted += n
            var series = [Self.counter("c", n)]
            if h.count > 0 { series.append(SeriesDelta(key: key, value: .histogram(h))) }
            spool.add(Self.cut(window, series, isFinal: window == cuts - 1))
            for _ in 0..<(random.next() % 3) { try step() }
        }
        for _ in 0..<100_000 where !spool.isDrained { try step() }
        #expect(spool.isDrained)
        var merged = MergedHistogram()
        var sum: UInt64 = 0
        for seq in stream.keys.sorted() {
            for item in stream[seq]?.series ?? [] {
                switch item.value {
                case .counter(let n, let cum):
                    sum += n
                    #expect(cum == sum)
                case .histogram(let h):
                    merged.add(h)
                    #expect(h.cum == merged.count)
                case .gauge: break
                }
            }
        }
        #expect(merged == recorded)
        #expect(sum == counted)
    }
}
