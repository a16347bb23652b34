// junit.xml (measurement.md section 7; docs/schema/junit.xsd): the run is a suite, a criterion is a
// case. FAIL is a failure, INVALID an error; INCONCLUSIVE and what is not gated are skipped, with
// the reason. A case's time is its share of the run, so that the suite adds up; never the metric.
//
// Where the run as a whole came to more than its rows (interrupted, nothing started and no
// criteria), a case `run` says so: a file that reads green must be of a run that was.

import HarnessCore
import ScenarioModel

package enum JUnitXML {
    package static let name = "junit.xml"

    private enum Outcome {
        case passed
        case failure(message: String, detail: String)
        case error(message: String, detail: String)
        case skipped(message: String)
    }
    private typealias Case = (name: String, outcome: Outcome)

    package static func render(_ run: FinishedRun) -> [UInt8] {
        let cases = cases(run)
        let seconds = run.facts.duration.seconds
        let totals = [
            ("tests", String(cases.count)),
            (
                "failures",
                String(cases.count { if case .failure = $0.outcome { true } else { false } })
            ),
            ("errors", String(cases.count { if case .error = $0.outcome { true } else { false } })),
            (
                "skipped",
                String(cases.count { if case .skipped = $0.outcome { true } else { false } })
            ),
            ("time", time(seconds)),
        ]
        let suite =
            [("name", run.facts.scenarioName)] + totals + [
                ("timestamp", WallClock.iso8601(unixNs: run.facts.startedAtUnixNs))
            ]
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites\(XMLText.attributes([("name", "spotload")] + totals))>",
            "<testsuite\(XMLText.attributes(suite))>", "<properties>",
        ]
        lines += properties(run).map { "<property\(XMLText.attributes($0))/>" }
        lines.append("</properties>")
        let each = time(seconds / Double(cases.count))
        for item in cases {
            let attributes = [
                ("classname", run.facts.scenarioName + ".criteria"), ("name", item.name),
                ("time", each),
            ]
            lines += Self.lines(item.outcome, attributes: XMLText.attributes(attributes))
        }
        lines += ["</testsuite>", "</testsuites>"]
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    private static func properties(_ run: FinishedRun) -> [[(String, String)]] {
        let facts = run.facts
        let pairs =
            [
                ("runId", facts.runID), ("verdict", run.verdict.verdict.rawValue),
                ("exitCode", String(run.verdict.exitCode.rawValue)),
                ("scenario", facts.scenarioFile), ("seed", String(facts.seed)),
                ("target", facts.target), ("version", facts.version),
            ] + facts.tags.sorted { $0.key < $1.key }.map { ("tag.\($0.key)", $0.value) }
        return pairs.map { [("name", $0.0), ("value", $0.1)] }
    }

    private static func lines(_ outcome: Outcome, attributes: String) -> [String] {
        func closed(_ element: String, _ type: String, _ message: String, _ detail: String)
            -> String
        {
            let head = XMLText.attributes([("type", type), ("message", message)])
            return "<\(element)\(head)>\(XMLText.escaped(detail, limit: 2_000))</\(element)>"
        }
        let inner: String
        switch outcome {
        case .passed: return ["<testcase\(attributes)/>"]
        case .failure(let message, let detail):
            inner = closed("failure", "SLOViolation", message, detail)
        case .error(let message, let detail):
            inner = closed("error", "MeasurementInvalid", message, detail)
        case .skipped(let message):
            inner = "<skipped\(XMLText.attributes([("message", message)]))/>"
        }
        return ["<testcase\(attributes)>\(inner)</testcase>"]
    }

    private static func cases(_ run: FinishedRun) -> [Case] {
        let rows = run.verdict.rows.map { (name: $0.name, outcome: outcome($0)) }
        let worst = run.verdict.rows.filter(\.isGated).map(\.verdict.rank).max()
        let reason = run.verdict.reasons.joined(separator: "; ")
        switch run.verdict.verdict {
        case .invalid where worst ?? 0 < Verdict.invalid.rank:
            return rows + [("run", .error(message: "the run is INVALID", detail: reason))]
        case .inconclusive where worst ?? 0 < Verdict.inconclusive.rank:
            return rows + [("run", .skipped(message: "INCONCLUSIVE: " + reason))]
        case .fail where worst ?? 0 < Verdict.fail.rank:
            return rows + [("run", .failure(message: "the run FAILED", detail: reason))]
        default: return rows.isEmpty ? [("run", .skipped(message: reason))] : rows
        }
    }

    private static func outcome(_ row: CriterionRow) -> Outcome {
        let message = "\(row.statisticText) \(row.observedText), limit \(row.limitText)"
        let why = row.explanation ?? ""
        switch row.verdict {
        case .pass, .warn: return .passed
        case .inconclusive: return .skipped(message: "INCONCLUSIVE: \(message): \(why)")
        case .fail where !row.isGated, .invalid where !row.isGated:
            return .skipped(message: "\(row.verdictText): \(message): \(why)")
        case .fail: return .failure(message: message, detail: detail(row, why))
        case .invalid:
            return .error(message: why.isEmpty ? message : why, detail: detail(row, message))
        }
    }

    /// The interval in its unit, then the rest.
    private static func detail(_ row: CriterionRow, _ more: String) -> String {
        let unit: String =
            switch row.unit {
            case .milliseconds: " ms"
            case .ratio: " %"
            case .perSecond: "/s"
            case .bytes: " B"
            case .plain: ""
            }
        let interval = row.interval == nil ? "" : "95 % interval \(row.intervalText)\(unit)"
        return [interval, more, row.location ?? ""].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    private static func time(_ seconds: Double) -> String {
        ReportText.decimal(seconds, 1).filter { $0 != "," }
    }
}
