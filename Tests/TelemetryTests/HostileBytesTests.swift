// Seeded mutations of histograms, logs and deltas: a value or a typed error, never a trap, and
// never more memory than the bytes bound. 42,000 in the suite; `make test-long` runs a million
// (SPOTLOAD_MUTATIONS) and checks that resident memory stays where it was.

import Foundation
import HarnessCore
import TestSupport
import Testing

@testable import Telemetry

@Suite(.serialized) struct HostileBytesTests {
    private static let wanted = ProcessInfo.processInfo.environment["SPOTLOAD_MUTATIONS"]
        .flatMap { Int($0) }
    /// Of each of the three formats.
    private static var count: Int { (wanted ?? 60_000) / 3 }
    private static let seed: UInt64 = 20_270_102

    /// Runs `body` `count` times; says how many were refused.
    private static func fuzz(
        _ what: String, count: Int = count, _ body: (inout SplitMix64) throws -> Bool
    ) rethrows -> Int {
        var refused = 0
        var peak = 0
        for i in 0..<count {
            // A stream each: what fails is found again by its number alone.
            var rng = SplitMix64(state: SplitMix64.fold(seed, UInt64(i)))
            if try body(&rng) { refused += 1 }
            if i % 10_000 == 0 { peak = max(peak, resident()) }
        }
        // Other suites share the process, so that memory says something only when this runs alone.
        if wanted != nil {
            #expect(peak < 400 << 20, "\(what): \(peak >> 20) MiB resident")
            FileHandle.standardError.write(
                Data("\(what): \(count) mutations, \(refused) refused, \(peak >> 20) MiB\n".utf8))
        }
        return refused
    }

    private static func resident() -> Int {
        // Without /proc there is nothing to compare.
        let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (text?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4_096
    }

    private static func corpus(_ rng: inout SplitMix64) throws -> [RecordedHistogram] {
        let layouts: [(UInt64, UInt64, Int)] = [
            (1, 2, 3), (1, 3_600_000_000, 3), (1_000, 3_600_000_000_000, 3), (1, 1 << 40, 5),
            (20, 1_000, 1), (1, 1 << 62, 0),
        ]
        return try layouts.flatMap { lowest, highest, digits in
            let layout = try RecordedLayout(lowest: lowest, highest: highest, digits: digits)
            return try (0..<4).map { _ in
                var values: [UInt64: UInt64] = [:]
                for _ in 0..<Draw.below(rng.next(), 40) {
                    let bits = UInt64(64 - highest.leadingZeroBitCount)
                    let value = min(highest, rng.next() >> (64 - Draw.below(rng.next(), bits)))
                    values[value, default: 0] += Draw.below(rng.next(), 1 << 16) + 1
                }
                // Values near 2^62 leave no room for counts.
                return try LogFixture.recorded(layout, values.filter { $0.key < 1 << 40 })
            }
        }
    }

    private static func pick<T>(_ items: [T], _ rng: inout SplitMix64) -> T {
        items[Int(Draw.below(rng.next(), UInt64(items.count)))]
    }

    @Test func histograms() throws {
        var rng = SplitMix64(state: 1)
        let plain = try Self.corpus(&rng).map { V2Codec.encodePlain($0) }
        let packed = plain.compactMap { LogBombs.compressed($0) }
        let refused = Self.fuzz("histograms") { rng in
            var bytes: [UInt8]
            switch Draw.below(rng.next(), 3) {
            case 0:
                bytes = Self.pick(plain, &rng)
                LogBombs.mutate(&bytes, with: Self.pick(plain, &rng), &rng)
            case 1:
                bytes = Self.pick(packed, &rng)
                LogBombs.mutate(&bytes, with: Self.pick(packed, &rng), &rng)
            default:
                // Damage behind a stream that is whole; now and then a bomb.
                bytes = Self.pick(plain, &rng)
                LogBombs.mutate(&bytes, with: Self.pick(plain, &rng), &rng)
                if Draw.below(rng.next(), 500) == 0 {
                    bytes += [UInt8](repeating: 0, count: 4 << 20)
                }
                bytes = LogBombs.compressed(bytes) ?? []
            }
            return Self.isRefused(bytes)
        }
        #expect(refused > Self.count / 4 && refused < Self.count)
    }

    /// True where the bytes are refused; what is accepted must come out as it went in.
    private static func isRefused(_ bytes: [UInt8]) -> Bool {
        guard let histogram = try? V2Codec.decode(bytes) else { return true }
        #expect(histogram.count <= RecordedHistogram.weightMax)
        #expect(histogram.buckets.count <= histogram.layout.bucketCount)
        let again = try? V2Codec.decode(V2Codec.encodePlain(histogram))
        #expect(again == histogram)
        var totals = RecordedTotals()
        #expect(throws: Never.self) { try totals.add(histogram) }
        #expect(totals.count == histogram.count)
        if histogram.count > 0 {
            #expect((totals.percentile(99.999) ?? 0) <= totals.max ?? 0)
        }
        return false
    }

    @Test func logs() throws {
        var rng = SplitMix64(state: 2)
        let head = HistogramLogWriter.head(startedAtUnixNs: LogFixture.startedAtUnixNs)
        let corpus = try (0..<20).map { i in
            var text = Array(head.utf8)
            for second in 0..<(i % 5) {
                text += try HistogramLogWriter.line(
                    LogFixture.merged(LogFixture.values(&rng, count: 20)),
                    start: .seconds(Int64(second)), length: .seconds(1),
                    tag: i % 2 == 0 ? "warmup" : nil)
            }
            return text
        }
        let directory = try TemporaryDirectory()
        let path = directory.path + "/fuzz.hlog"
        // In memory where there is such a place: a file for each mutation is slow on a disk.
        let file =
            FileManager.default.fileExists(atPath: "/dev/shm")
            ? "/dev/shm/spotload-fuzz-\(ProcessInfo.processInfo.processIdentifier).hlog" : path
        defer { unlink(file) }
        // Without optimisation a log costs milliseconds.
        let count = Self.wanted == nil ? Self.count / 10 : Self.count
        let refused = try Self.fuzz("logs", count: count) { rng in
            var bytes = Self.pick(corpus, &rng)
            LogBombs.mutate(&bytes, with: Self.pick(corpus, &rng), &rng)
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            do throws(CommandFailure) {
                let summary = try LogSummary(file: file, LogSelection(tags: .all))
                #expect(summary.intervals <= 20)
                return false
            } catch {
                #expect(error.code == .badConfiguration, "\(error)")
                return true
            }
        }
        #expect(refused > count / 10 && refused < count)
    }

    @Test func deltas() throws {
        var rng = SplitMix64(state: 3)
        let corpus = try (0..<20).map { try Self.delta(&rng, series: $0 % 7) }
        let refused = try Self.fuzz("deltas") { rng in
            let good = Self.pick(corpus, &rng)
            let other = Self.pick(corpus, &rng)
            switch Draw.below(rng.next(), 3) {
            case 0:
                var bytes = Array(good.bytes.dropLast(4))
                LogBombs.mutate(&bytes, with: other.bytes, &rng)
                return try Self.isRefusedDelta(LogBombs.sealed(bytes))
            case 1:
                var bytes = good.bytes
                LogBombs.mutate(&bytes, with: other.bytes, &rng)
                return try Self.isRefusedDelta(bytes)
            default:
                var body = good.body
                LogBombs.mutate(&body, with: other.body + [0], &rng)
                if Draw.below(rng.next(), 500) == 0 {
                    body += [UInt8](repeating: 0, count: 5 << 20)
                }
                let deflated = Draw.below(rng.next(), 2) == 0
                return try Self.isRefusedDelta(
                    LogBombs.delta(good.bytes, body: body, deflated: deflated))
            }
        }
        #expect(refused > Self.count / 4 && refused < Self.count)
    }

    private static func isRefusedDelta(_ bytes: [UInt8]) throws -> Bool {
        let delta: Delta
        do { delta = try DeltaCodec.decode(bytes) } catch { return true }
        var merged = MergedHistogram()
        for item in delta.series {
            if case .histogram(let h) = item.value { merged.add(h) }
        }
        _ = merged.percentile(99)
        #expect(try DeltaCodec.decode(DeltaCodec.encode(delta)) == delta)
        return false
    }

    private static func delta(
        _ rng: inout SplitMix64, series: Int
    ) throws -> (bytes: [UInt8], body: [UInt8]) {
        let items = (0..<series).map { i in
            let key = SeriesKey("metric_\(i)", ["name": "order \"\(i)\"", "scenario": "s"])
            switch i % 3 {
            case 0: return SeriesDelta(key: key, value: .counter(delta: rng.next() >> 30, cum: 9))
            case 1:
                let last = Int64(truncatingIfNeeded: rng.next())
                return SeriesDelta(
                    key: key,
                    value: .gauge(GaugeDelta(n: 1, last: last, min: last, max: last, sum: last)))
            default:
                return SeriesDelta(
                    key: key,
                    value: .histogram(LogFixture.delta(LogFixture.values(&rng, count: 100))))
            }
        }
        let delta = Delta(
            runTag: Delta.runTag(of: "r"), slot: 1, epoch: 1, seq: 1, fromWindow: 0, toWindow: 1,
            planRev: 1, cutAtUs: 1, counters: RunCounters(), series: items)
        return (try DeltaCodec.encode(delta), try DeltaBody.encode(items))
    }
}
