// `spotload hdr` as a program: its text and JSON, notes, exit codes.

import Foundation
import HarnessCore
import Telemetry
import TestSupport
import Testing

@Suite struct HdrCommandTests {
    /// 100 values of 1 to 100 ms a line; every third line tagged A.
    private static func log(_ directory: TemporaryDirectory, _ name: String) throws -> String {
        var text = HistogramLogWriter.head(startedAtUnixNs: 1_798_848_900_250_000_000)
        for second in 0..<9 {
            let values = (1...100).map { UInt64($0) * 1_000_000 }
            text += String(
                decoding: try HistogramLogWriter.line(
                    HdrFixture.merged(values), start: .seconds(Int64(second)),
                    length: .seconds(1), tag: second % 3 == 2 ? "A" : nil), as: UTF8.self)
        }
        return try directory.write(text, to: name)
    }

    private static func hdr(_ arguments: [String]) throws -> (code: Int32?, output: String) {
        let program = try RunningProgram(RunningProgram.spotload, ["hdr"] + arguments)
        return (program.exitCode(within: 30), program.output)
    }

    @Test func text() throws {
        let directory = try TemporaryDirectory()
        let file = try Self.log(directory, "a.hlog")
        let (code, output) = try Self.hdr([file, "--ratio", "1e6"])
        #expect(code == 0)
        let lines = output.split(separator: "\n").map(String.init)
        #expect(lines.count == 4, "\(output)")
        #expect(
            lines[0] == "note: \(file): left out by tag: A (3 intervals); "
                + "--tag T or --all-tags reads them")
        let words = lines.dropFirst().map { $0.split(separator: " ").map(String.init) }
        #expect(
            words[0] == [
                "FILE", "INTERVALS", "COUNT", "MIN", "MEAN", "P50", "P75", "P90", "P95", "P99",
                "P99.9", "P99.99", "P99.999", "MAX",
            ])
        let values = [
            "6", "600", "1.000", "50.499", "50.004", "75.039", "90.046", "95.027", "99.025",
            "100.008", "100.008", "100.008", "100.008",
        ]
        #expect(words[1] == [file] + values)
        #expect(words[2] == ["merged"] + values)
    }

    @Test func json() throws {
        let directory = try TemporaryDirectory()
        let file = try Self.log(directory, "a.hlog")
        let other = try Self.log(directory, "b.hlog")
        let (code, output) = try Self.hdr([file, other, "--json", "--from", "1", "--to", "4"])
        #expect(code == 0)
        let top = try #require(
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        let files = try #require(top["files"] as? [[String: Any]])
        let merged = try #require(top["merged"] as? [String: Any])
        #expect(files.map { $0["file"] as? String } == [file, other])
        for entry in files {
            #expect(entry["startTime"] as? Double == 1_798_848_900.25)
            #expect(entry["intervals"] as? Int == 2 && entry["count"] as? Int == 200)
            #expect(entry["otherTags"] as? [String: Int] == ["A": 1])
            #expect(entry["skippedLines"] as? Int == 0)
        }
        #expect(merged["intervals"] as? Int == 4 && merged["count"] as? Int == 400)
        // 1 ms lies in the bucket from 999,936 ns on, which 3 digits from 1 on keep as 999,936.
        #expect(merged["min"] as? Int == 999_936, "\(merged)")
        let p50 = try #require(merged["p50"] as? Int)
        let p99 = try #require(merged["p99.999"] as? Int)
        let most = try #require(merged["max"] as? Int)
        #expect(abs(p50 - 50_000_000) < 60_000 && p99 == most && abs(most - 100_000_000) < 120_000)
        #expect(
            Set(merged.keys) == [
                "intervals", "count", "min", "mean", "p50", "p75", "p90", "p95", "p99", "p99.9",
                "p99.99", "p99.999", "max",
            ])
    }

    @Test func anEmptySelectionIsNoError() throws {
        let directory = try TemporaryDirectory()
        let file = try Self.log(directory, "a.hlog")
        let (code, output) = try Self.hdr([file, "--json", "--tag", "none"])
        #expect(code == 0)
        let top = try #require(
            try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        let merged = try #require(top["merged"] as? [String: Any])
        #expect(merged["count"] as? Int == 0 && merged["p99"] is NSNull && merged["min"] is NSNull)
        let text = try Self.hdr([file, "--tag", "none"])
        #expect(text.code == 0 && text.output.contains("untagged (6 intervals), A (3 intervals)"))
    }

    @Test func aLineCutShortIsAWarning() throws {
        let directory = try TemporaryDirectory()
        let file = try Self.log(directory, "a.hlog")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try String(text.dropLast(30)).write(toFile: file, atomically: true, encoding: .utf8)
        let (code, output) = try Self.hdr([file, "--all-tags"])
        #expect(code == 0 && output.contains("warning: \(file):13: the last line is cut short"))
        #expect(output.contains("  800 "), "\(output)")
    }

    static let refused: [([String], Int32, String)] = [
        ([], 64, "Missing expected argument"),
        (["FILE", "--tag", "a", "--all-tags"], 64, "not both"),
        (["FILE", "--ratio", "0"], 64, "--ratio takes a number above 0"),
        (["FILE", "--from", "3", "--to", "3"], 64, "is not before"),
        (["FILE", "--from", "nan"], 64, "--from takes seconds"),
        (["FILE", "/nonexistent.hlog"], 69, "cannot read /nonexistent.hlog: No such file"),
        (["BAD"], 104, ":2: no interval"),
    ]

    @Test(arguments: refused)
    func refusals(arguments: [String], code: Int32, words: String) throws {
        let directory = try TemporaryDirectory()
        let file = try Self.log(directory, "a.hlog")
        let bad = try directory.write("# a log\nnonsense\n", to: "bad.hlog")
        let named = arguments.map { ["FILE": file, "BAD": bad][$0] ?? $0 }
        let (seen, output) = try Self.hdr(named)
        #expect(seen == code, "\(output)")
        #expect(output.contains(words), "\(output)")
    }
}

enum HdrFixture {
    static func merged(_ values: [UInt64]) -> MergedHistogram {
        var counts: [Int: UInt64] = [:]
        for value in values { counts[HistogramLayout.index(value), default: 0] += 1 }
        let n = UInt64(values.count)
        var merged = MergedHistogram()
        merged.add(
            HistogramDelta(
                count: n, cum: n, min: values.min() ?? 0, max: values.max() ?? 0,
                sum: values.reduce(0, +), over: [],
                buckets: counts.sorted { $0.key < $1.key }.map {
                    .init(index: UInt32($0.key), count: $0.value)
                }))
        return merged
    }
}
