// Merging is exact (measurement.md section 8.5): k random shards of the same samples, in any order
// and any grouping, are the one recorder's histogram: bucket by bucket, count, minimum, maximum and
// sum. Also over the wire, and in the bytes of HdrHistogram.

import HarnessCore
import Telemetry
import Testing

@Suite struct MergeTests {
    /// What one recorder of all samples holds, by the obvious way.
    private struct Twin {
        var counts: [UInt64: UInt64] = [:]
        var count: UInt64 = 0
        var min = UInt64.max
        var max: UInt64 = 0
        var sum: UInt128 = 0

        init(_ values: [UInt64]) {
            for value in values {
                let lowest = HistogramLayout.lowestEquivalent(HistogramLayout.index(value))
                counts[lowest, default: 0] += 1
                count += 1
                min = Swift.min(min, value)
                max = Swift.max(max, value)
                sum += UInt128(value)
            }
        }

        func check(_ merged: MergedHistogram, _ comment: Comment) {
            var seen: [UInt64: UInt64] = [:]
            merged.forEachBucket { seen[$0] = $1 }
            #expect(seen == counts, comment)
            #expect(merged.count == count && merged.sum == sum, comment)
            #expect(merged.min == min && merged.max == max, comment)
        }
    }

    private static func shards(
        _ values: [UInt64], _ k: Int, _ rng: inout SplitMix64
    ) -> [HistogramDelta] {
        var parts = [[UInt64]](repeating: [], count: k)
        for value in values { parts[Int(Draw.below(rng.next(), UInt64(k)))].append(value) }
        return parts.map { LogFixture.delta($0) }
    }

    @Test(arguments: Array(1...24) as [UInt64])
    func anyShardingOrderAndGrouping(seed: UInt64) throws {
        var rng = SplitMix64(state: seed)
        let values = LogFixture.values(&rng, count: 4_000)
        let twin = Twin(values)
        let k = Int(Draw.below(rng.next(), 40)) + 1
        var deltas = Self.shards(values, k, &rng)
        deltas.shuffle(using: &rng)
        var chain = MergedHistogram()
        for delta in deltas { chain.add(delta) }
        twin.check(chain, "a chain of \(k), seed \(seed)")

        // Random pairs until one is left: any tree of merges.
        var forest = deltas.map { delta in
            var single = MergedHistogram()
            single.add(delta)
            return single
        }
        while forest.count > 1 {
            let a = forest.remove(at: Int(Draw.below(rng.next(), UInt64(forest.count))))
            let at = Int(Draw.below(rng.next(), UInt64(forest.count)))
            forest[at].merge(a)
        }
        twin.check(forest[0], "a tree of \(k), seed \(seed)")
        #expect(forest[0] == chain, "seed \(seed)")
        #expect(try forest[0].recorded() == chain.recorded())
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func overTheWire(seed: UInt64) throws {
        var rng = SplitMix64(state: seed &* 977)
        let values = LogFixture.values(&rng, count: 2_000)
        var merged = MergedHistogram()
        for shard in Self.shards(values, 7, &rng).shuffled(using: &rng) {
            let delta = Delta(
                runTag: Delta.runTag(of: "r"), slot: 0, epoch: 1, seq: 1, fromWindow: 0,
                toWindow: 1, planRev: 1, cutAtUs: 0, counters: RunCounters(),
                series: [SeriesDelta(key: SeriesKey("m"), value: .histogram(shard))])
            let read = try DeltaCodec.decode(DeltaCodec.encode(delta))
            if case .histogram(let h)? = read.series.first?.value { merged.add(h) }
        }
        Twin(values).check(merged, "seed \(seed)")
        // The same in HdrHistogram's bytes, as far as they say it.
        let recorded = try V2Codec.decode(V2Codec.encode(merged.recorded()))
        #expect(recorded.count == merged.count)
        var counts: [UInt64: UInt64] = [:]
        for bucket in recorded.buckets {
            counts[recorded.layout.lowestEquivalent(bucket.index)] = bucket.count
        }
        #expect(counts == Twin(values).counts, "seed \(seed)")
    }

    /// Low values after high ones and the other way round, so that both ends grow.
    @Test(arguments: 0..<UInt64(20))
    func groupsAreSumsOfBuckets(seed: UInt64) {
        var rng = SplitMix64(state: SplitMix64.fold(seed, 77))
        let groups = 1 + Int(Draw.below(rng.next(), 200))
        let group = (0..<HistogramLayout.bucketCount).map { _ in
            UInt8(Draw.below(rng.next(), UInt64(groups)))
        }
        var merged = MergedHistogram()
        for _ in 0..<6 {
            let bits = 64 - 10 - Draw.below(rng.next(), 30)
            merged.add(
                LogFixture.delta(
                    (0..<50).map { _ in
                        min(rng.next() >> bits, HistogramLayout.capacity)
                    }))
        }
        var sums = [UInt64](repeating: 0, count: groups)
        merged.forEachBucket { lowest, count in
            sums[Int(group[HistogramLayout.index(lowest)])] += count
        }
        #expect(merged.grouped(by: group, groups: groups) == sums)
        #expect(sums.reduce(0, +) == 300)
    }

    @Test func nothingIsNeutral() {
        var merged = LogFixture.merged([5, 1_000_000])
        let before = merged
        merged.merge(MergedHistogram())
        merged.add(LogFixture.delta([]))
        #expect(merged == before)
        var empty = MergedHistogram()
        empty.merge(before)
        #expect(empty == before)
    }
}
