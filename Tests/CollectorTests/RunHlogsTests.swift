// The .hlog files of a run from its log: one per series, agents added up, in order of time whatever
// the order of the deltas; names; what is left out.

import Collector
import Foundation
import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@Suite struct RunHlogsTests {
    private static let startedAtUnixNs: Int64 = 1_798_848_900_250_000_000
    private static let ms: UInt64 = 1_000_000

    private static func series(_ key: SeriesKey, _ values: [UInt64], cum: Int) -> SeriesDelta {
        var histogram = Synthetic.histogram(values)
        histogram.cum = UInt64(cum)
        return SeriesDelta(key: key, value: .histogram(histogram))
    }

    private static func delta(
        _ slot: UInt32, seq: UInt64, _ windows: Range<UInt32>, _ series: [SeriesDelta]
    ) -> Delta {
        Delta(
            flags: windows.count > 1 ? .coalesced : [], runTag: Delta.runTag(of: "run"),
            slot: slot, epoch: 1, seq: seq, fromWindow: windows.lowerBound,
            toWindow: windows.upperBound, planRev: 1, cutAtUs: 0, counters: RunCounters(),
            series: series)
    }

    /// A folder with the log of these deltas, in this order, and the files made of it.
    private static func write(
        _ deltas: [Delta]
    ) throws -> (home: TemporaryDirectory, directory: RunDirectory, files: [RunHlogs.File]) {
        let home = try TemporaryDirectory()
        let directory = try RunDirectory.create(out: home.path, runID: "run")
        let wal = directory.path("wal")
        let log = try WriteAheadLog(
            directory: wal, header: .init(run: "run", specSha256: "ab", token: 1),
            segmentBytes: 2_000)
        for delta in deltas {
            log.append(
                .delta(
                    slot: delta.slot, epoch: delta.epoch, seq: delta.seq,
                    bytes: try DeltaCodec.encode(delta)))
            try log.commit()
        }
        let files = try RunHlogs.write(
            wal: wal, startedAtUnixNs: startedAtUnixNs, into: directory)
        return (home, directory, files)
    }

    private static func intervals(
        _ directory: RunDirectory, _ name: String
    ) throws -> [HistogramLogInterval] {
        let reader = try HistogramLogReader(path: directory.path(name))
        var intervals: [HistogramLogInterval] = []
        while let next = try reader.next() { intervals.append(next) }
        return intervals
    }

    private static func counts(_ interval: HistogramLogInterval) -> [UInt64: UInt64] {
        var counts: [UInt64: UInt64] = [:]
        for bucket in interval.histogram.buckets {
            counts[interval.histogram.layout.lowestEquivalent(bucket.index)] = bucket.count
        }
        return counts
    }

    private static func counts(_ values: [UInt64]) -> [UInt64: UInt64] {
        values.reduce(into: [:]) { counts, value in
            counts[HistogramLayout.lowestEquivalent(HistogramLayout.index(value)), default: 0] += 1
        }
    }

    @Test func agentsAreAddedUpInOrderOfTime() throws {
        let key = SeriesKey(
            "http_req_response_time",
            ["scenario": "orders", "name": "order new", "expected_response": "true"])
        func one(
            _ slot: UInt32, _ seq: UInt64, _ windows: Range<UInt32>, _ values: [UInt64],
            _ cum: Int
        ) -> Delta { Self.delta(slot, seq: seq, windows, [Self.series(key, values, cum: cum)]) }
        let ms = Self.ms
        // The folder lives as long as `home`.
        let (home, directory, files) = try Self.write([
            one(0, 1, 0..<1, [ms, 2 * ms], 2), one(0, 2, 1..<2, [3 * ms], 3),
            one(0, 3, 2..<3, [], 3), one(0, 4, 3..<4, [4 * ms], 4),
            // The other agent comes late, part of it in one piece.
            one(1, 1, 0..<1, [5 * ms], 1), one(1, 2, 1..<4, [6 * ms, 6 * ms], 3),
        ])
        defer { withExtendedLifetime(home) {} }
        let name = "http_req_response_time.orders.order_new.ok.hlog"
        #expect(files == [RunHlogs.File(name: name, series: key)])
        let intervals = try Self.intervals(directory, name)
        #expect(intervals.map(\.start.seconds) == [0, 1, 1, 3])
        #expect(intervals.map(\.length.seconds) == [1, 1, 3, 1])
        #expect(
            intervals.map { Self.counts($0) } == [
                Self.counts([ms, 2 * ms, 5 * ms]), Self.counts([3 * ms]),
                Self.counts([6 * ms, 6 * ms]), Self.counts([4 * ms]),
            ])
        let text = try String(contentsOfFile: directory.path(name), encoding: .utf8)
        let head = HistogramLogWriter.head(startedAtUnixNs: Self.startedAtUnixNs)
        #expect(text.hasPrefix(head + "0.000,1.000,5.000,HISTFA"))
        let written = try #require(directory.files.first)
        #expect(
            written
                == WrittenFile(
                    name: name, bytes: text.utf8.count, sha256: Sha256.hex(Array(text.utf8))))
        let all = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(Set(all) == [name, "wal"], "no part file is left")
    }

    @Test func warmupIsTaggedAndSelectedSeriesAreLeftOut() throws {
        let key = SeriesKey("schedule_lag", ["scenario": "orders"])
        let warmup = SeriesKey("schedule_lag", ["scenario": "orders", "phase": "warmup"])
        let selected = SeriesKey("schedule_lag", ["sel": "0"])
        // The folder lives as long as `home`.
        let (home, directory, files) = try Self.write([
            Self.delta(
                0, seq: 1, 0..<1,
                [
                    Self.series(key, [Self.ms], cum: 1), Self.series(warmup, [9_000], cum: 1),
                    Self.series(selected, [Self.ms], cum: 1),
                    SeriesDelta(key: SeriesKey("iterations"), value: .counter(delta: 1, cum: 1)),
                ])
        ])
        defer { withExtendedLifetime(home) {} }
        #expect(files == [RunHlogs.File(name: "schedule_lag.orders.hlog", series: key)])
        let intervals = try Self.intervals(directory, "schedule_lag.orders.hlog")
        #expect(intervals.map(\.tag) == [nil, "warmup"])
        #expect(
            intervals.map { Self.counts($0) } == [Self.counts([Self.ms]), Self.counts([9_000])])
    }

    @Test func refusedAndRepeatedDeltasAreNotInIt() throws {
        let key = SeriesKey("m", ["scenario": "s"])
        func one(_ seq: UInt64, _ cum: Int) -> Delta {
            Self.delta(
                0, seq: seq, UInt32(seq - 1)..<UInt32(seq), [Self.series(key, [Self.ms], cum: cum)])
        }
        // Number 2 says it came to 7 in all.
        // The folder lives as long as `home`.
        let (home, directory, _) = try Self.write([one(1, 1), one(1, 1), one(2, 7), one(3, 3)])
        defer { withExtendedLifetime(home) {} }
        let starts = try Self.intervals(directory, "m.s.hlog").map(\.start.seconds)
        #expect(starts == [0, 2])
    }

    @Test func namesFollowTheRule() throws {
        let keys = [
            SeriesKey("m", ["name": "a b", "scenario": "s"]),
            SeriesKey("m", ["name": "a/b", "scenario": "s"]),
            SeriesKey("m", ["name": "a_b", "scenario": "s"]),
            SeriesKey("m", ["name": "../é\n", "scenario": "s", "expected_response": "false"]),
            SeriesKey("group_duration", ["group": "check out", "scenario": "s"]),
            SeriesKey("m"), SeriesKey("m", ["zone": "eu"]),
            SeriesKey("m", ["name": String(repeating: "n", count: 400)]),
        ]
        let series = keys.map { Self.series($0, [Self.ms], cum: 1) }
        let (_, _, files) = try Self.write([Self.delta(0, seq: 1, 0..<1, series)])
        let names = Dictionary(uniqueKeysWithValues: files.map { ($0.series, $0.name) })
        #expect(
            keys.map { names[$0] } == [
                "m.s.a_b.hlog", "m.s.a_b-2.hlog", "m.s.a_b-3.hlog",
                "m.s.___é_.failed.hlog"
                    .replacingOccurrences(of: "é", with: "_"),
                "group_duration.s.check_out.hlog", "m.hlog", "m-2.hlog",
                "m.\(String(repeating: "n", count: 198)).hlog",
            ])
    }

    @Test func aRunWithoutSamplesHasNoFiles() throws {
        // The folder lives as long as `home`.
        let (home, directory, files) = try Self.write([Self.delta(0, seq: 1, 0..<1, [])])
        defer { withExtendedLifetime(home) {} }
        #expect(files.isEmpty && directory.files.isEmpty)
    }

    /// The files of many agents and windows hold what the aggregate holds, series by series.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func filesAndTotalsAgree(seed: UInt64) throws {
        var rng = SplitMix64(state: seed)
        let keys = (0..<5).map { SeriesKey("m\($0)", ["scenario": "s"]) }
        var deltas: [[Delta]] = []
        var expected: [SeriesKey: MergedHistogram] = [:]
        for slot in 0..<4 as Range<UInt32> {
            var cums = [Int](repeating: 0, count: keys.count)
            deltas.append(
                (0..<20 as Range<UInt32>).map { window in
                    let series = keys.indices.map { i -> SeriesDelta in
                        let n = Int(Draw.below(rng.next(), 20))
                        let values = (0..<n).map { _ in Draw.below(rng.next(), 1 << 34) }
                        cums[i] += n
                        let item = Self.series(keys[i], values, cum: cums[i])
                        if case .histogram(let h) = item.value {
                            expected[keys[i], default: MergedHistogram()].add(h)
                        }
                        return item
                    }
                    return Self.delta(slot, seq: UInt64(window + 1), window..<(window + 1), series)
                })
        }
        // Agents in any order, each agent's own deltas in theirs.
        var order: [Delta] = []
        while deltas.contains(where: { !$0.isEmpty }) {
            let slot = Int(Draw.below(rng.next(), 4))
            if !deltas[slot].isEmpty { order.append(deltas[slot].removeFirst()) }
        }
        // The folder lives as long as `home`.
        let (home, directory, files) = try Self.write(order)
        defer { withExtendedLifetime(home) {} }
        #expect(files.count == keys.count)
        for file in files {
            let intervals = try Self.intervals(directory, file.name)
            let starts = intervals.map(\.start.seconds)
            #expect(starts == Array(Set(starts)).sorted(), "once each, ascending")
            var counts: [UInt64: UInt64] = [:]
            for interval in intervals {
                counts.merge(Self.counts(interval)) { $0 + $1 }
            }
            var whole: [UInt64: UInt64] = [:]
            expected[file.series]?.forEachBucket { whole[$0] = $1 }
            #expect(counts == whole, "\(file.name), seed \(seed)")
        }
    }
}
