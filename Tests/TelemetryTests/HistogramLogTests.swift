// .hlog files: what is written, what is read of logs of other writers, what is refused and where.

import Foundation
import HarnessCore
import TestSupport
import Testing

@testable import Telemetry

@Suite struct HistogramLogTests {
    private static let ms: UInt64 = 1_000_000

    /// Histograms of 1, 2, 3... samples, for telling lines apart.
    private static func text(_ samples: Int) -> String {
        // A failure shows in every test that reads the line.
        (try? LogFixture.base64([UInt64](repeating: ms, count: samples))) ?? "broken"
    }

    private static func read(
        _ text: String
    ) throws -> (intervals: [HistogramLogInterval], reader: HistogramLogReader) {
        let directory = try TemporaryDirectory()
        let reader = try HistogramLogReader(path: try directory.write(text, to: "a.hlog"))
        var intervals: [HistogramLogInterval] = []
        while let next = try reader.next() { intervals.append(next) }
        return (intervals, reader)
    }

    @Test func whatIsWritten() throws {
        let head = HistogramLogWriter.head(startedAtUnixNs: LogFixture.startedAtUnixNs)
        #expect(
            head == """
                #[Histogram log format version 1.3]
                #[StartTime: 1798848900.250 (seconds since epoch), 2027-01-02T00:15:00Z]
                #[BaseTime: 1798848900.250 (seconds since epoch)]
                "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"

                """)
        let line = try HistogramLogWriter.line(
            LogFixture.merged([Self.ms, 88_145_612]), start: .seconds(61), length: .seconds(1))
        #expect(String(decoding: line, as: UTF8.self).hasPrefix("61.000,1.000,88.146,HISTFA"))
        #expect(line.last == UInt8(ascii: "\n") && line.count { $0 == UInt8(ascii: "\n") } == 1)
        let tagged = try HistogramLogWriter.line(
            LogFixture.merged([499]), start: .zero, length: .seconds(3), tag: "warmup")
        #expect(String(decoding: tagged, as: UTF8.self).hasPrefix("Tag=warmup,0.000,3.000,0.000,"))
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        var rng = SplitMix64(state: 5)
        var text = HistogramLogWriter.head(startedAtUnixNs: LogFixture.startedAtUnixNs)
        var expected: [RecordedHistogram] = []
        for second in 0..<50 {
            let merged = LogFixture.merged(LogFixture.values(&rng, count: 300))
            expected.append(try merged.recorded())
            text += String(
                decoding: try HistogramLogWriter.line(
                    merged, start: .seconds(Int64(second)), length: .seconds(1),
                    tag: second % 3 == 0 ? "warmup" : nil), as: UTF8.self)
        }
        let (intervals, reader) = try Self.read(text)
        #expect(intervals.map(\.histogram) == expected)
        #expect(intervals.map(\.start) == (0..<50).map { .seconds($0) })
        #expect(intervals.allSatisfy { $0.length == .seconds(1) })
        #expect(intervals.map { $0.tag == "warmup" } == (0..<50).map { $0 % 3 == 0 })
        #expect(reader.startTimeNs == LogFixture.startedAtUnixNs && reader.warning == nil)
    }

    // MARK: times

    static let times: [(what: String, head: String, starts: [String], seconds: [Double])] = [
        ("base", "#[StartTime: 100.5 (s)]\n#[BaseTime: 100.5 (s)]\n", ["0.127", "1"], [0.127, 1]),
        ("base of zero", "#[StartTime: 100 (s)]\n#[BaseTime: 0 (s)]\n", ["101.5"], [1.5]),
        ("base before the start", "#[StartTime: 100 (s)]\n#[BaseTime: 90 (s)]\n", ["12"], [2]),
        ("relative by a year", "#[StartTime: 40000000 (s)]\n", ["1.5", "2"], [1.5, 2]),
        ("absolute", "#[StartTime: 40000000 (s)]\n", ["40000001.25"], [1.25]),
        ("a year less a second", "#[StartTime: 31536000 (s)]\n", ["1"], [-31_535_999]),
        ("no start", "", ["7.5", "9"], [0, 1.5]),
        ("no start but a base", "#[BaseTime: 1000 (s)]\n", ["7.5", "9"], [0, 1.5]),
        ("case matters", "#[starttime: 5 (s)]\n", ["7.5"], [0]),
        ("much space", "#[StartTime:    100.000 (s)]\n#[BaseTime: 100]\n", ["3"], [3]),
        (
            "more decimals", "#[StartTime: 0.1234567891234 (s)]\n#[BaseTime: 0]\n",
            ["1.1234567899"], [1]
        ),
    ]

    @Test(arguments: times)
    func startsOfIntervals(what: String, head: String, starts: [String], seconds: [Double]) throws {
        let lines = starts.map { "\($0),1.0,0.0,\(Self.text(1))\n" }
        let (intervals, _) = try Self.read(head + lines.joined())
        #expect(intervals.map(\.start.seconds) == seconds, "\(what)")
    }

    @Test func joinedLogsHaveTheirOwnTimes() throws {
        func part(_ start: Int) -> String {
            "#[StartTime: \(start) (s)]\n#[BaseTime: \(start) (s)]\n3,1,1,\(Self.text(1))\n"
        }
        let (intervals, reader) = try Self.read(part(1_000) + part(2_000))
        #expect(intervals.map(\.start) == [.seconds(3), .seconds(3)])
        #expect(reader.startTimeNs == 1_000_000_000_000)
    }

    // MARK: lines

    static let versions = ["1.0", "1.1", "1.2", "1.3"]

    @Test(arguments: versions, ["\n", "\r\n"])
    func versionsAndLineEnds(version: String, end: String) throws {
        let lines = [
            "#[Histogram log format version \(version)]", "#[Logged with a comment]",
            "\"StartTimestamp\",\"Interval_Length\"", "", "0.0,1.0,1.0,\(Self.text(2))",
            "Tag=a=b,1.0,1.0,1e3,\(Self.text(3))",
        ]
        let (intervals, _) = try Self.read(lines.map { $0 + end }.joined())
        #expect(intervals.map(\.histogram.count) == [2, 3])
        #expect(intervals.map(\.tag) == [nil, "a=b"])
    }

    @Test func aLastLineWithoutEndIsRead() throws {
        let (intervals, reader) = try Self.read("0,1,1,\(Self.text(2))\n1,1,1,\(Self.text(3))")
        #expect(intervals.map(\.histogram.count) == [2, 3] && reader.warning == nil)
    }

    @Test func aLastLineCutShortIsLeftOut() throws {
        let whole = "1,1,1,\(Self.text(3))"
        for cut in 1..<whole.utf8.count {
            let text = "0,1,1,\(Self.text(2))\n" + String(whole.prefix(cut))
            let (intervals, reader) = try Self.read(text)
            #expect(intervals.map(\.histogram.count) == [2], "cut at \(cut)")
            #expect(reader.warning?.contains("a.hlog:2: ") == true, "cut at \(cut)")
        }
    }

    static let malformed: [(line: String, words: String)] = [
        ("nonsense", "no interval"),
        ("0,1,1", "no interval"),
        ("-1,1,1,X", "start \"-1\""),
        ("1e3,1,1,X", "start \"1e3\""),
        (".5,1,1,X", "start \".5\""),
        ("1.2.3,1,1,X", "start \"1.2.3\""),
        ("99999999999,1,1,X", "start \"99999999999\""),
        ("0,,1,X", "length \"\""),
        ("0,1,much,X", "maximum \"much\""),
        ("0,1,1,", "within the header"),
        ("0,1,1,HIST FA=", "no base64"),
        ("0,1,1,\(text(1)) ", "no base64"),
        ("0,1,1,\(text(1)),1", "no base64"),
        ("Tag=,0,1,1,\(text(1))", "tag \"\""),
        ("Tag=a b,0,1,1,\(text(1))", "tag \"a b\""),
        ("Tag=\u{1B}[1m,0,1,1,\(text(1))", "tag \"?[1m\""),
        ("Tag=\(String(repeating: "t", count: 201)),0,1,1,\(text(1))", "is no word"),
        ("Tag=a", "no interval"),
        ("#[Histogram log format version 2.0]", "version \"2.0\", not 1.0 to 1.3"),
        ("#[StartTime: now]", "StartTime \"now\""),
        ("#[BaseTime: ]", "BaseTime \"\""),
    ]

    @Test(arguments: malformed)
    func malformedLinesAreErrorsWithTheirPlace(line: String, words: String) {
        Self.expectRefusal(of: line, words)
    }

    /// Not among the arguments, which are printed.
    @Test func lineOverTheLimit() {
        let line = String(repeating: "x", count: HistogramLogReader.lineMax + 1)
        Self.expectRefusal(of: line, "a line of more")
    }

    private static func expectRefusal(of line: String, _ words: String) {
        let error = #expect(throws: CommandFailure.self) {
            try read("# one\n0,1,1,\(text(1))\n\(line)\n1,1,1,\(text(1))\n")
        }
        #expect(error?.code == .badConfiguration)
        #expect(error?.message.contains("/a.hlog:3: ") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(words) == true, "\(error?.message.prefix(300) ?? "")")
    }

    @Test func unreadableFiles() throws {
        for path in ["/nonexistent/a.hlog", "/"] {
            let error = #expect(throws: CommandFailure.self) {
                try LogSummary(file: path, LogSelection())
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("cannot read \(path): ") == true)
        }
    }

    // MARK: selection

    private static func summary(_ selection: LogSelection) throws -> LogSummary {
        let directory = try TemporaryDirectory()
        var text = "#[StartTime: 50 (s)]\n#[BaseTime: 50 (s)]\n"
        for second in 0..<10 {
            let tag = ["", "Tag=A,", "Tag=B,"][second % 3]
            text += "\(tag)\(second).000,1.000,1.000,\(Self.text(1 << second))\n"
        }
        return try LogSummary(file: try directory.write(text, to: "s.hlog"), selection)
    }

    static let selections: [(LogSelection, UInt64, UInt64, [String: UInt64])] = [
        (LogSelection(), 4, 1 + 8 + 64 + 512, ["A": 3, "B": 3]),
        (LogSelection(tags: .tag("A")), 3, 2 + 16 + 128, ["B": 3]),
        (LogSelection(tags: .tag("C")), 0, 0, ["A": 3, "B": 3]),
        (LogSelection(tags: .all), 10, 1_023, [:]),
        (LogSelection(tags: .all, from: .seconds(2)), 8, 1_020, [:]),
        (LogSelection(tags: .all, from: .seconds(2), to: .seconds(5)), 3, 28, [:]),
        (LogSelection(tags: .all, to: .milliseconds(1_500)), 2, 3, [:]),
        (LogSelection(from: .seconds(1), to: .seconds(3)), 0, 0, ["A": 1, "B": 1]),
    ]

    @Test(arguments: selections)
    func selected(
        selection: LogSelection, intervals: UInt64, count: UInt64, others: [String: UInt64]
    ) throws {
        let summary = try Self.summary(selection)
        #expect(summary.intervals == intervals && summary.totals.count == count)
        #expect(summary.otherTags == others && summary.skippedLines == 0)
        #expect(summary.startTimeNs == 50_000_000_000)
    }

    @Test func namedTagsAreBounded() throws {
        let directory = try TemporaryDirectory()
        let lines = (0..<1_100).map { "Tag=t\($0),0,1,1,\(Self.text(1))\n" }
        let summary = try LogSummary(
            file: try directory.write(lines.joined(), to: "t.hlog"), LogSelection())
        #expect(summary.otherTags.count == LogSummary.namedTagsMax + 1)
        #expect(summary.otherTags[LogSummary.furtherTags] == 100)
    }
}
