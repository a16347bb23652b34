// What `spotload hdr` prints: a row per log, then all of them together. Values in the unit of the
// logs, or divided by a ratio with three decimals.

import Foundation
package import Telemetry

package struct LogReport: Sendable {
    private static let percentiles: [(name: String, p: Double)] = [
        ("p50", 50), ("p75", 75), ("p90", 90), ("p95", 95), ("p99", 99), ("p99.9", 99.9),
        ("p99.99", 99.99), ("p99.999", 99.999),
    ]
    /// A row is never cut: values of 19 digits need more than any terminal has.
    private static let width = 1_000

    private let files: [LogSummary]
    private let merged: RecordedTotals
    /// What values are divided by; nil: whole numbers as they are.
    private let ratio: Double?

    /// - Throws: where the logs hold more than 2^62 samples together.
    package init(_ files: [LogSummary], ratio: Double?) throws(HistogramCodecError) {
        self.files = files
        self.ratio = ratio
        var merged = RecordedTotals()
        for file in files { try merged.merge(file.totals) }
        self.merged = merged
    }

    private var intervals: UInt64 { files.reduce(0) { $0 + $1.intervals } }

    // MARK: Text

    package var text: String {
        var table = TextTable(
            [.left("FILE"), .right("INTERVALS"), .right("COUNT"), .right("MIN"), .right("MEAN")]
                + Self.percentiles.map { .right($0.name.uppercased()) } + [.right("MAX")])
        for file in files { table.add(cells(file.file, file.intervals, file.totals)) }
        table.add(cells("merged", intervals, merged))
        return table.lines(width: Self.width).joined(separator: "\n") + "\n"
    }

    /// Last lines that were cut short and left out.
    package var warnings: [String] {
        files.compactMap(\.warning).map { "warning: " + ReportText.escaped($0, limit: 1_000) }
    }

    /// What was left out for its tag, a line a file.
    package var notes: [String] {
        files.compactMap { file -> String? in
            let tags = file.otherTags.sorted { $0.key < $1.key }.map { tag, lines in
                "\(ReportText.escaped(tag)) (\(ReportText.counted(Int(lines), "interval")))"
            }
            let untagged =
                file.otherUntagged == 0
                ? [] : ["untagged (\(ReportText.counted(Int(file.otherUntagged), "interval")))"]
            let left = untagged + tags
            guard !left.isEmpty else { return nil }
            return "note: \(ReportText.escaped(file.file)): left out by tag: "
                + left.joined(separator: ", ") + "; --tag T or --all-tags reads them"
        }
    }

    private func cells(
        _ name: String, _ intervals: UInt64, _ totals: RecordedTotals
    ) -> [String] {
        let values = values(totals).map { $0.map(text) ?? "-" }
        return [name, String(intervals), String(totals.count)] + values
    }

    private func text(_ value: Value) -> String {
        guard let ratio else { return String(value.whole) }
        return String(format: "%.3f", value.real / ratio)
    }

    // MARK: JSON

    package var json: [UInt8] {
        ReportJSON.object([
            ("files", .array(files.map { .object(members($0)) })),
            ("merged", .object(members(intervals, merged))),
        ]).prettyBytes
    }

    private func members(_ file: LogSummary) -> [(String, ReportJSON)] {
        let start = file.startTimeNs.map { (Double($0) / 1e6).rounded() / 1e3 }
        let others = file.otherTags.sorted { $0.key < $1.key }
        return [("file", .string(file.file)), ("startTime", .real(start))]
            + members(file.intervals, file.totals) + [
                ("otherTags", .object(others.map { ($0.key, .count($0.value)) })),
                ("skippedLines", .count(file.skippedLines)),
            ]
    }

    private func members(
        _ intervals: UInt64, _ totals: RecordedTotals
    ) -> [(String, ReportJSON)] {
        let names = ["min", "mean"] + Self.percentiles.map(\.name) + ["max"]
        return [("intervals", .count(intervals)), ("count", .count(totals.count))]
            + zip(names, values(totals)).map { ($0, $1.map(number) ?? .null) }
    }

    private func number(_ value: Value) -> ReportJSON {
        guard let ratio else { return .count(value.whole) }
        return .number((value.real / ratio * 1e3).rounded() / 1e3)
    }

    /// One statistic; whole where no ratio is asked for, because a Double ends at 2^53.
    private struct Value {
        let whole: UInt64
        let real: Double
    }

    /// min, mean, the percentiles, max; nil without samples.
    private func values(_ totals: RecordedTotals) -> [Value?] {
        let mean = totals.mean.map { Value(whole: UInt64($0.rounded()), real: $0) }
        let percentiles = Self.percentiles.map { totals.percentile($0.p) }
        let exact = ([totals.min] + percentiles + [totals.max]).map { value in
            value.map { Value(whole: $0, real: Double($0)) }
        }
        return [exact[0], mean] + exact.dropFirst()
    }
}
