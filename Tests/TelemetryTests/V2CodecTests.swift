// HdrHistogram's V2 bytes: known answers, a twin, and what is refused.

import Foundation
import HarnessCore
import Histogram
import Testing

@testable import Telemetry

@Suite struct V2CodecTests {
    // MARK: known answers (measurement.md section 9)

    @Test func goSampleOfOneValue() throws {
        let text = "HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AMIKZAEARAtM="
        let histogram = try V2Codec.decode(base64: Array(text.utf8))
        #expect(histogram.layout == (try RecordedLayout(lowest: 1, highest: 2, digits: 3)))
        #expect(histogram.buckets == [.init(index: 42, count: 1)])
        #expect(V2Codec.encodePlain(histogram).suffix(2) == [0x53, 0x02])
    }

    @Test func goSampleOfNothing() throws {
        let text = "HISTFAAAABl4nJNpmSzMgADMUFoEyn1h/wHCAgBDogN4"
        let histogram = try V2Codec.decode(base64: Array(text.utf8))
        #expect(histogram.layout == (try RecordedLayout(lowest: 20, highest: 1_000, digits: 3)))
        #expect(histogram.buckets.isEmpty && histogram.count == 0)
        #expect(V2Codec.encodePlain(histogram).count == 41, "one byte 00 is written")
        #expect(try V2Codec.decode(V2Codec.encodePlain(histogram)) == histogram)
    }

    @Test func tenThousandAndOne() throws {
        let layout = try RecordedLayout(lowest: 1, highest: 3_600_000_000, digits: 3)
        let histogram = try LogFixture.recorded(layout, [1_000: 10_000, 100_000_000: 1])
        #expect(
            Hex.text(V2Codec.encodePlain(histogram))
                == "1c8493130000000900000000000000030000"
                + "00000000000100000000d693a4003ff0000000000000"
                + "cf0fa09c0197880202")
        var totals = RecordedTotals()
        try totals.add(histogram)
        #expect(totals.percentile(99.99) == 1_000)
        #expect(totals.percentile(99.999) == 100_007_935 && totals.max == 100_007_935)
    }

    @Test func ourLayout() throws {
        let ms: UInt64 = 1_000_000
        let merged = LogFixture.merged([ms, ms, ms, 2 * ms, 200 * ms, 200 * ms])
        let histogram = try merged.recorded()
        #expect(
            Hex.text(V2Codec.encodePlain(histogram))
                == "1c8493130000000900000000000000030000"
                + "0000000003e80000034630b8a0003ff0000000000000"
                + "c11e06fd0f02a56904")
        #expect(try V2Codec.decode(V2Codec.encode(histogram)) == histogram)
        #expect(String(decoding: try V2Codec.base64(histogram), as: UTF8.self).hasPrefix("HISTFA"))
    }

    static let zigzag: [(Int64, String)] = [
        (0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (2, "04"), (-9, "11"), (-10, "13"),
        (63, "7e"), (-64, "7f"), (64, "8001"), (-65, "8101"), (-1_000, "cf0f"),
        (10_000, "a09c01"), (36_028_797_018_963_968, "808080808080808001"),
        (4_611_686_018_427_387_904, "808080808080808080"), (.max, "feffffffffffffffff"),
        (.min, "ffffffffffffffffff"),
    ]

    @Test(arguments: zigzag)
    func numbers(value: Int64, hex: String) throws {
        var bytes: [UInt8] = []
        V2Payload.append(value, to: &bytes)
        #expect(Hex.text(bytes) == hex)
        var position = 0
        #expect(try V2Payload.number(bytes, &position) == value)
        #expect(position == bytes.count)
    }

    static let indices: [(value: UInt64, index: Int, lowest: UInt64, highest: UInt64)] = [
        (0, 0, 0, 511), (511, 0, 0, 511), (512, 1, 512, 1_023), (1_000, 1, 512, 1_023),
        (1_000_000, 1_953, 999_936, 1_000_447), (1_048_575, 2_047, 1_048_064, 1_048_575),
        (1_048_576, 2_048, 1_048_576, 1_049_599), (2_000_000, 2_977, 1_999_872, 2_000_895),
        (5_000_000, 4_292, 4_997_120, 5_001_215),
        (100_000_000, 8_693, 99_942_400, 100_007_935),
        (200_000_000, 9_717, 199_884_800, 200_015_871),
        (1_000_000_000, 12_147, 999_817_216, 1_000_341_503),
        (2_001_000_000, 13_172, 2_000_683_008, 2_001_731_583),
        (60_000_000_000, 18_172, 59_995_324_416, 60_028_878_847),
        (3_600_000_000_000, 24_204, 3_599_182_594_048, 3_601_330_077_695),
        (4_398_046_511_103, 24_575, 4_395_899_027_456, 4_398_046_511_103),
    ]

    @Test(arguments: indices)
    func ourIndices(value: UInt64, index: Int, lowest: UInt64, highest: UInt64) {
        #expect(RecordedLayout.ours.bucketCount == HistogramLayout.bucketCount)
        #expect(RecordedLayout.ours.index(value) == index && HistogramLayout.index(value) == index)
        #expect(RecordedLayout.ours.lowestEquivalent(index) == lowest)
        #expect(RecordedLayout.ours.highestEquivalent(index) == highest)
        #expect(HistogramLayout.lowestEquivalent(index) == lowest)
        #expect(HistogramLayout.highestEquivalent(index) == highest)
    }

    // MARK: twin

    static let layouts: [(UInt64, UInt64, Int)] = [
        (1, 2, 3), (1, 3_600_000_000, 3), (1_000, 3_600_000_000_000, 3), (1, 1_000, 0),
        (20, 1_000, 1), (7, 1 << 40, 2), (1, 1 << 20, 5), (1_000_000, 1 << 50, 4),
    ]

    /// hdrhistogram-swift is the slow twin: its buckets, widths and percentiles are ours.
    @Test(arguments: layouts)
    func agreesWithTheLibrary(lowest: UInt64, highest: UInt64, digits: Int) throws {
        var rng = SplitMix64(state: lowest &+ highest &+ UInt64(digits))
        let layout = try RecordedLayout(lowest: lowest, highest: highest, digits: digits)
        var twin = Histogram<UInt64>(
            lowestDiscernibleValue: lowest, highestTrackableValue: highest,
            numberOfSignificantValueDigits: SignificantDigits(rawValue: Int8(digits))!)
        var values: [UInt64: UInt64] = [:]
        for _ in 0..<500 {
            let bits = UInt64(64 - highest.leadingZeroBitCount)
            let value = min(highest, rng.next() >> (64 - Draw.below(rng.next(), bits)))
            values[value, default: 0] += 1
            let isRecorded = twin.record(value)
            #expect(isRecorded)
            let index = layout.index(value)
            #expect(layout.lowestEquivalent(index) == twin.lowestEquivalentForValue(value))
            #expect(layout.highestEquivalent(index) == twin.highestEquivalentForValue(value))
            #expect(index < layout.bucketCount)
        }
        let histogram = try LogFixture.recorded(layout, values)
        #expect(histogram.buckets.count == twin.recordedValues().map { $0.count }.count)
        #expect(
            zip(histogram.buckets, twin.recordedValues()).allSatisfy { ours, theirs in
                ours.count == theirs.count
                    && layout.highestEquivalent(ours.index) == theirs.value
            })
        #expect(try V2Codec.decode(V2Codec.encode(histogram)) == histogram)
        #expect(try V2Codec.decode(V2Codec.encodePlain(histogram)) == histogram)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func totalsOfOneDigitLayoutsAreTheTwins(seed: UInt64) throws {
        var rng = SplitMix64(state: seed)
        let layout = try RecordedLayout(lowest: 1, highest: 1 << 44, digits: 3)
        var twin = Histogram<UInt64>(highestTrackableValue: 1 << 44)
        var totals = RecordedTotals()
        for _ in 0..<20 {
            let values = LogFixture.values(&rng, count: 200)
            for value in values { twin.record(value) }
            try totals.add(
                LogFixture.recorded(
                    layout,
                    Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)))
        }
        #expect(totals.count == twin.totalCount)
        for p in [0, 50, 75, 90, 99, 99.9, 99.999, 100.0] {
            // The library clamps to the largest value, which no wire format has.
            let ours = totals.percentile(p).map { min($0, twin.maxRecorded) }
            #expect(ours == twin.valueAtPercentile(p), "p\(p), seed \(seed)")
        }
        #expect(totals.min == twin.lowestEquivalentForValue(twin.min))
        #expect(totals.max == twin.max)
        let mean = try #require(totals.mean)
        #expect(abs(mean - twin.mean) <= 1e-9 * twin.mean)
    }

    /// Between layouts each bucket's smallest value is recorded.
    @Test func anotherLayoutIsRecordedAtItsLowestValues() throws {
        let coarse = try RecordedLayout(lowest: 1, highest: 1 << 30, digits: 1)
        let histogram = try LogFixture.recorded(coarse, [999_999: 3])
        var totals = RecordedTotals()
        try totals.add(histogram)
        let lowest = coarse.lowestEquivalent(coarse.index(999_999))
        #expect(lowest == 983_040)
        #expect(
            totals.recorded.map(\.lowest) == [
                RecordedLayout.reading.lowestEquivalent(
                    RecordedLayout.reading.index(lowest))
            ])
        #expect(totals.count == 3)
    }

    // MARK: refusals

    private static let good = Hex.bytes(
        "1c8493130000000900000000000000030000"
            + "00000000000100000000d693a4003ff0000000000000"
            + "cf0fa09c0197880202")!

    private static func patched(_ offset: Int, _ hex: String) -> [UInt8] {
        var bytes = good
        bytes.replaceSubrange(offset..<offset + hex.count / 2, with: Hex.bytes(hex)!)
        return bytes
    }

    private static func payload(_ hex: String) -> [UInt8] {
        let payload = Hex.bytes(hex)!
        var bytes = good.prefix(40) + payload
        bytes[7] = UInt8(payload.count)
        return Array(bytes)
    }

    static let refused: [(what: String, bytes: [UInt8], words: String)] = [
        ("nothing", [], "within the header"),
        ("no header", Array(good.prefix(39)), "within the header"),
        ("V1", patched(0, "1c849301"), "cookie 1c849301"),
        ("V0", patched(0, "1c849308"), "cookie 1c849308"),
        ("bytes lost", Array(good.dropLast()), "it says 9 bytes of counts, 8 follow"),
        ("bytes more", good + [2], "it says 9 bytes of counts, 10 follow"),
        ("offset", patched(8, "00000001"), "normalizing offset of 1"),
        ("digits", patched(12, "00000006"), "6 significant digits"),
        ("lowest 0", patched(16, "0000000000000000"), "lowest value of 0"),
        ("highest below 2 x lowest", patched(24, "0000000000000001"), "a range of 1 to 1"),
        ("highest over 2^63", patched(24, "ffffffffffffffff"), "a range"),
        ("62 bits", patched(16, "1000000000000000" + "7fffffffffffffff"), "over 62 bits"),
        ("buckets", patched(12, "00000005" + "0000000000000001" + "7fffffffffffffff"), "buckets"),
        ("ratio", patched(32, "4000000000000000"), "ratio of 2.0"),
        ("NaN", patched(32, "7ff8000000000000"), "ratio of nan"),
        ("run past the array", payload("ffffffffffffffffff"), "counts for more than"),
        ("unfinished number", payload("8080"), "within a count"),
        ("count over 2^40", payload("828080808040"), "a count of"),
        ("count at 2^63", payload("feffffffffffffffff"), "a count of"),
        ("sum over 2^62", payload("e99702" + "808080808040"), "over 2^62"),
    ]

    @Test(arguments: refused)
    func refusals(what: String, bytes: [UInt8], words: String) {
        let error = #expect(throws: HistogramCodecError.self, "\(what)") {
            try V2Codec.decode(bytes)
        }
        #expect(error?.description.contains(words) == true, "\(what): \(error?.description ?? "")")
    }

    /// Old C encoders counted the header too.
    @Test func aLengthWithTheHeaderIsRead() throws {
        var bytes = Self.good
        bytes[7] = 49
        #expect(try V2Codec.decode(bytes) == V2Codec.decode(Self.good))
        bytes[7] = 48
        #expect(throws: HistogramCodecError.self) { try V2Codec.decode(bytes) }
    }

    /// A value above `highest` inside the array is legal.
    @Test func valuesAboveHighestAreRead() throws {
        let layout = try RecordedLayout(lowest: 1, highest: 3_000, digits: 3)
        let histogram = try LogFixture.recorded(layout, [4_095: 7])
        #expect(try V2Codec.decode(V2Codec.encode(histogram)) == histogram)
    }

    @Test(arguments: [
        "HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AMIKZAEARAtM", "HISTFA==", "",
        "HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AMIKZ\nAEARAtM=", "\u{0}\u{1}",
        "HISTFAAAAB142pNpmSzMwMDAxAABzFCaEUoz2X+AMIKZAEARAtM=",
    ])
    func malformedBase64(text: String) {
        #expect(throws: HistogramCodecError.self) {
            try V2Codec.decode(base64: Array(text.utf8))
        }
    }

    @Test func base64OverTheLimitIsNotLookedAt() {
        let text = [UInt8](repeating: UInt8(ascii: "A"), count: V2Codec.base64Max + 4)
        let error = #expect(throws: HistogramCodecError.self) { try V2Codec.decode(base64: text) }
        #expect(error?.description.contains("over 1048576") == true)
    }

    /// A mebibyte of zeros behind a good header deflates to a kilobyte; not one byte more than the
    /// header allows is kept.
    @Test func aBombIsRefusedByItsHeader() throws {
        let plain = Self.good + [UInt8](repeating: 0, count: 1 << 20)
        let bomb = try #require(LogBombs.compressed(plain))
        let error = #expect(throws: HistogramCodecError.self) { try V2Codec.decode(bomb) }
        #expect(error?.description.contains("more than its header says") == true)
        var long = plain
        long.replaceSubrange(4..<8, with: [0x7F, 0, 0, 0])
        let lie = try #require(LogBombs.compressed(long))
        let other = #expect(throws: HistogramCodecError.self) { try V2Codec.decode(lie) }
        #expect(other?.description.contains("bytes of counts for") == true)
    }

    @Test func whatFollowsTheStreamIsRefused() throws {
        var bytes = try #require(LogBombs.compressed(Self.good))
        bytes.append(0)
        bytes[7] += 1
        #expect(throws: HistogramCodecError.self) { try V2Codec.decode(bytes) }
    }
}
