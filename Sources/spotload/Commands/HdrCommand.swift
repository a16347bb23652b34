// `spotload hdr FILE...`: merges HdrHistogram logs and prints count and percentiles.

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import Telemetry

struct HdrCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hdr", abstract: "Merge HdrHistogram logs (.hlog) and print percentiles.",
        discussion: """
            Reads logs of any HdrHistogram, versions 1.0 to 1.3, and prints a row per
            file and one of all together, in the unit of the logs: our own are in ns.
            Values are those of 3 digits from 1 on; a percentile is the largest value of
            its bucket. Lines with a tag are left out unless asked for; lines of a run's
            warm-up have the tag warmup.

              spotload hdr results/<run-id>/http_req_response_time.*.hlog --ratio 1e6
              spotload hdr before.hlog after.hlog --from 30 --to 90 --json

            Exit codes: 0, 64 usage, 69 a file cannot be read, 104 a malformed line.
            """)

    @Argument(help: "Logs.", completion: .file(extensions: ["hlog"]))
    var files: [String]

    @Flag(help: "JSON on stdout instead of text.")
    var json = false

    @Option(help: "Only lines with this tag.")
    var tag: String?

    @Flag(help: "Lines with and without tags.")
    var allTags = false

    @Option(help: "Only intervals that begin so many seconds after StartTime, or later.")
    var from: Double?

    @Option(help: "Only intervals that begin earlier than this, in seconds after StartTime.")
    var to: Double?

    @Option(help: "What values are divided by: 1e6 makes ms of ns.")
    var ratio: Double?

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("name at least one log") }
        if tag != nil && allTags { throw ValidationError("--tag or --all-tags, not both") }
        if tag == "" { throw ValidationError("--tag takes a tag, not nothing") }
        if let ratio, !(ratio.isFinite && ratio > 0) {
            throw ValidationError("--ratio takes a number above 0, not \(ratio)")
        }
        for (name, seconds) in [("--from", from), ("--to", to)] {
            if let seconds, !(seconds.isFinite && abs(seconds) < 9e9) {
                throw ValidationError("\(name) takes seconds, not \(seconds)")
            }
        }
        if let from, let to, from >= to {
            throw ValidationError("--from \(from) is not before --to \(to)")
        }
    }

    func run() throws {
        let tags: LogSelection.Tags = allTags ? .all : tag.map { .tag($0) } ?? .untagged
        let selection = LogSelection(tags: tags, from: Self.span(from), to: Self.span(to))
        var summaries: [LogSummary] = []
        for file in files { summaries.append(try LogSummary(file: file, selection)) }
        let report: LogReport
        do throws(HistogramCodecError) {
            report = try LogReport(summaries, ratio: ratio)
        } catch {
            throw CommandFailure(.badConfiguration, "the logs together: \(error)")
        }
        for warning in report.warnings { Terminal.error(warning) }
        // In JSON they are `otherTags`.
        if !json { for note in report.notes { Terminal.error(note) } }
        if json {
            Terminal.output(String(decoding: report.json, as: UTF8.self))
        } else {
            Terminal.output(report.text)
        }
    }

    private static func span(_ seconds: Double?) -> TimeSpan? {
        seconds.map { TimeSpan(ns: Int64(($0 * 1e9).rounded())) }
    }
}
