// IntervalHistogram and SeriesMerge against a twin that keeps every sample.

import HarnessCore
import Telemetry
import Testing

@testable import LoadGen

@Suite struct RecordHistogramTests {
    /// Every sample, in an array.
    struct Twin {
        let limits: [UInt64]
        var samples: [UInt64] = []
        var overflow: UInt64 = 0

        mutating func record(_ ns: Int64) {
            let value = UInt64(max(0, ns))
            if value > HistogramLayout.capacity { overflow += 1 } else { samples.append(value) }
        }

        var delta: HistogramDelta? {
            guard let low = samples.min(), let high = samples.max() else { return nil }
            var counts: [UInt32: UInt64] = [:]
            for value in samples { counts[UInt32(HistogramLayout.index(value)), default: 0] += 1 }
            return HistogramDelta(
                count: UInt64(samples.count), cum: 0, min: low, max: high,
                sum: samples.reduce(0, +),
                over: limits.map { limit in UInt64(samples.count { $0 > limit }) },
                buckets: counts.sorted { $0.key < $1.key }.map {
                    .init(index: $0.key, count: $0.value)
                })
        }
    }

    /// From a nanosecond to beyond the range, edges included.
    static func sample(_ random: inout SplitMix64) -> Int64 {
        switch Draw.below(random.next(), 20) {
        case 0: return 0
        case 1: return -Int64(Draw.below(random.next(), 1_000_000))
        case 2: return Int64(HistogramLayout.capacity)
        case 3: return Int64(HistogramLayout.capacity) + 1
        case 4: return 99_999_999 + Int64(Draw.below(random.next(), 3))
        default:
            let bits = Draw.below(random.next(), 43)
            return Int64(Draw.below(random.next(), (1 << bits) + 1))
        }
    }

    @Test(arguments: 1...25)
    func drainsAreExact(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let limits: [UInt64] = [100_000_000, 99_999_999, 0, 5_000]
        let histogram = IntervalHistogram(limits: limits)
        for window in 0..<5 {
            var twin = Twin(limits: limits)
            for _ in 0..<Draw.below(random.next(), 3_000) {
                let value = Self.sample(&random)
                histogram.record(value)
                twin.record(value)
            }
            #expect(histogram.drain() == twin.delta, "seed \(seed), window \(window)")
            #expect(histogram.takeOverflow() == twin.overflow)
            #expect(histogram.takeOverflow() == 0 && histogram.count == 0)
            #expect(histogram.drain() == nil, "a drained histogram is empty")
        }
    }

    @Test(arguments: 1...25)
    func shardsMergeToOneRecorder(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let limits: [UInt64] = [1_000_000, 20_000_000]
        let shards = (0...Draw.below(random.next(), 5)).map { _ in
            IntervalHistogram(limits: limits)
        }
        let one = IntervalHistogram(limits: limits)
        for _ in 0..<4_000 {
            let value = Int64(Draw.below(random.next(), 60_000_000))
            shards[Int(Draw.below(random.next(), UInt64(shards.count)))].record(value)
            one.record(value)
        }
        let key = SeriesKey("http_req_duration", ["scenario": "s"])
        var parts = shards.map { shard in
            shard.drain().map { [SeriesDelta(key: key, value: .histogram($0))] } ?? []
        }
        parts.shuffle(using: &random)
        let whole = one.drain()
        #expect(
            SeriesMerge.join(parts)
                == (whole.map { [SeriesDelta(key: key, value: .histogram($0))] } ?? []),
            "seed \(seed)")
    }

    @Test func countersAddUpAndHealthIsTheWorst() {
        func counter(_ metric: String, _ n: UInt64) -> SeriesDelta {
            SeriesDelta(key: SeriesKey(metric), value: .counter(delta: n, cum: 0))
        }
        func gauge(_ metric: String, _ value: Int64) -> SeriesDelta {
            SeriesDelta(
                key: SeriesKey(metric),
                value: .gauge(.init(n: 1, last: value, min: value, max: value, sum: value)))
        }
        let joined = SeriesMerge.join([
            [counter("a", 3), gauge("vus", 4), gauge("health_turn", 9)],
            [gauge("vus", 6), counter("b", 1), gauge("health_turn", 7)],
            [counter("a", 5)],
        ])
        #expect(
            joined == [
                counter("a", 8), gauge("vus", 10), gauge("health_turn", 9), counter("b", 1),
            ])
        #expect(SeriesMerge.join([]).isEmpty)
    }
}
