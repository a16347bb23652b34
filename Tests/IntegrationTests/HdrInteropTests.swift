// Our logs read by HdrHistogram's Python port (PyPI `hdrhistogram`), and its logs read by us: the
// same buckets, counts and percentiles both ways.

import Foundation
import HarnessCore
import Telemetry
import TestSupport
import Testing

/// A python3 that has `hdrh`: the system's, or one in a virtual environment made for the tests.
private enum PythonHdr {
    static let advice: Comment = "needs python3 with hdrhistogram: pip install hdrhistogram"
    private static let environment = try? TemporaryDirectory()

    static let interpreter: String? = {
        if succeeds("python3", ["-c", "import hdrh"]) { return "python3" }
        guard let environment, succeeds("python3", ["-m", "venv", environment.path]) else {
            return nil
        }
        let python = environment.path + "/bin/python"
        let arguments = ["-m", "pip", "install", "--quiet", "hdrhistogram"]
        return succeeds(python, arguments) ? python : nil
    }()

    private static func succeeds(_ program: String, _ arguments: [String]) -> Bool {
        (try? run(program, arguments))?.code == 0
    }

    static func run(
        _ program: String, _ arguments: [String]
    ) throws -> (code: Int32?, output: String) {
        let process = try RunningProgram(
            URL(fileURLWithPath: "/usr/bin/env"), [program] + arguments)
        return (process.exitCode(within: 120), process.output)
    }
}

@Suite(.enabled(if: PythonHdr.interpreter != nil, PythonHdr.advice))
struct HdrInteropTests {
    private static let percentiles = [50.0, 75, 90, 95, 99, 99.9, 99.99]

    private static func python(_ script: String, _ path: String) throws -> [[String: Any]] {
        let directory = try TemporaryDirectory()
        let file = try directory.write(script, to: "script.py")
        let (code, output) = try PythonHdr.run(PythonHdr.interpreter ?? "", [file, path])
        #expect(code == 0, "\(output)")
        let json = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require(json as? [[String: Any]])
    }

    /// 10,000 samples, so that p x N / 100 is whole and every rounding gives the same rank.
    private static func values(_ rng: inout SplitMix64) -> [UInt64] {
        (0..<10_000).map { _ in (rng.next() >> (64 - Draw.below(rng.next(), 33))) + 1_000 }
    }

    @Test func pythonReadsOurs() throws {
        var rng = SplitMix64(state: 8)
        let all = (0..<5).map { _ in Self.values(&rng) }
        var text = HistogramLogWriter.head(startedAtUnixNs: 1_798_848_900_250_000_000)
        for (second, values) in all.enumerated() {
            text += String(
                decoding: try HistogramLogWriter.line(
                    HdrFixture.merged(values), start: .seconds(Int64(second)),
                    length: .seconds(1), tag: second == 4 ? "warmup" : nil), as: UTF8.self)
        }
        let directory = try TemporaryDirectory()
        let seen = try Self.python(
            """
            import json, sys
            from hdrh.histogram import HdrHistogram
            from hdrh.log import HistogramLogReader
            reader = HistogramLogReader(sys.argv[1], HdrHistogram(1000, 3600000000000, 3))
            out = []
            while True:
                h = reader.get_next_interval_histogram()
                if h is None: break
                items = [(i.value_iterated_to, i.count_added_in_this_iter_step)
                    for i in h.get_recorded_iterator()]
                out.append({"start": h.get_start_time_stamp(), "end": h.get_end_time_stamp(),
                    "tag": h.get_tag(), "total": h.get_total_count(),
                    "highest": [i[0] for i in items],
                    "counts": [i[1] for i in items],
                    "p": [h.get_value_at_percentile(p) for p in
                        (50, 75, 90, 95, 99, 99.9, 99.99)]})
            print(json.dumps(out))
            """, try directory.write(text, to: "ours.hlog"))
        #expect(seen.count == all.count)
        for (second, (entry, values)) in zip(seen, all).enumerated() {
            let merged = HdrFixture.merged(values)
            var highest: [UInt64] = []
            var counts: [UInt64] = []
            merged.forEachBucket { lowest, n in
                highest.append(
                    HistogramLayout.highestEquivalent(HistogramLayout.index(lowest)))
                counts.append(n)
            }
            let same = (entry["counts"] as? [NSNumber])?.map(\.uint64Value) == counts
            #expect(same, "counts of interval \(second)")
            let sameValues = (entry["highest"] as? [NSNumber])?.map(\.uint64Value) == highest
            #expect(sameValues, "buckets of interval \(second)")
            #expect(entry["total"] as? Int == 10_000)
            #expect(entry["start"] as? Double == 1_798_848_900_250 + Double(second) * 1_000)
            #expect(entry["tag"] as? String == (second == 4 ? "warmup" : nil))
            var totals = Telemetry.RecordedTotals()
            try totals.add(merged.recorded())
            let theirs = (entry["p"] as? [NSNumber])?.map(\.uint64Value) ?? []
            for (p, value) in zip(Self.percentiles, theirs) {
                // Ours end at the exact maximum, theirs at its bucket's.
                #expect(merged.percentile(p) == min(value, merged.max), "p\(p)")
            }
            #expect(theirs.count == Self.percentiles.count)
        }
    }

    @Test func weReadPythons() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/theirs.hlog"
        let written = try Self.python(
            """
            import json, random, sys
            from hdrh.histogram import HdrHistogram
            from hdrh.log import HistogramLogWriter
            random.seed(11)
            out = []
            with open(sys.argv[1], "w") as f:
                log = HistogramLogWriter(f)
                log.output_log_format_version()
                f.write("#[StartTime: 1438613579.295 (seconds since epoch), x]\\n")
                log.output_base_time(1438613579295)
                log.output_legend()
                for i, (low, high, digits) in enumerate([(1, 3600000000000, 3),
                        (1000, 3600000000000, 3), (1, 10000000, 2), (1, 1000000, 4)]):
                    h = HdrHistogram(low, high, digits)
                    for _ in range(2000):
                        h.record_value(min(high, int(random.lognormvariate(10, 1.5)) + low))
                    log.output_interval_histogram(h, i + 1, i + 2)
                    items = [(i.value_iterated_to, i.count_added_in_this_iter_step)
                        for i in h.get_recorded_iterator()]
                    out.append({"lowest": [h.get_lowest_equivalent_value(i[0])
                            for i in items],
                        "counts": [i[1] for i in items]})
            print(json.dumps(out))
            """, path)
        let reader = try HistogramLogReader(path: path)
        #expect(written.count == 4)
        for (second, entry) in written.enumerated() {
            let interval = try #require(try reader.next())
            let histogram = interval.histogram
            #expect(interval.start == .seconds(Int64(second + 1)))
            #expect(interval.length == .seconds(1))
            #expect(
                histogram.buckets.map { histogram.layout.lowestEquivalent($0.index) }
                    == (entry["lowest"] as? [NSNumber])?.map(\.uint64Value))
            #expect(
                histogram.buckets.map(\.count)
                    == (entry["counts"] as? [NSNumber])?.map(\.uint64Value))
        }
        #expect(try reader.next() == nil)
        #expect(reader.startTimeNs == 1_438_613_579_295_000_000)
    }
}
