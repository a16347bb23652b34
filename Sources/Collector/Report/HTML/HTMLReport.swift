// report.html (measurement.md section 7): one file, complete in itself, from a Mustache template
// and charts of our own. A pure function of the finished run: the same run gives the same bytes.
//
// Size: a chart has at most 600 points a line whatever the run's length, a table 120 rows. What is
// left to grow is the number of scenarios and request names; where the page would be larger than
// 3 MB it is made again with charts of fewer of them, and says so.

import Foundation
import HarnessCore
import Mustache
import ScenarioModel

package enum HTMLReport {
    package static let name = "report.html"
    static let bytesMax = 3_000_000

    package static func render(_ run: FinishedRun) -> [UInt8] {
        var page: [UInt8] = []
        for charted in [12, 6, 3, 1, 0] {
            page = render(run, charted: charted)
            if page.count <= bytesMax { break }
        }
        return page
    }

    /// - Parameter charted: scenarios, and requests, that get charts.
    static func render(_ run: FinishedRun, charted: Int) -> [UInt8] {
        let page = HTMLReportBuilder(run: run, charted: charted).page()
        guard let text = HTMLTemplate.library.render(page, withTemplate: "page") else {
            preconditionFailure("the library of report.html has no page")
        }
        return Array(text.utf8)
    }

    /// Nothing may be loaded; only this style and this script may be used.
    static let policy =
        "default-src 'none'; style-src '\(hash(HTMLStyle.text))';"
        + " script-src '\(hash(HTMLScript.text))'; base-uri 'none'; form-action 'none'"

    /// CSP Level 3, section 2.3.1: `sha256-` and the digest in base64.
    static func hash(_ text: String) -> String {
        "sha256-" + Data(Sha256.digest(Array(text.utf8))).base64EncodedString()
    }
}

/// Makes the parts of the page; each panel is an extension of its own.
struct HTMLReportBuilder {
    let run: FinishedRun
    let charted: Int
    let time: HTMLTimeline

    init(run: FinishedRun, charted: Int) {
        self.run = run
        self.charted = charted
        time = HTMLTimeline(run)
    }

    /// Scenarios that get charts, in the order of the document.
    var scenarios: [String] { Array(run.aggregate.scenario.workloads.map(\.name).prefix(charted)) }

    var isSingle: Bool { run.aggregate.scenario.workloads.count <= 1 }

    /// Says which scenarios have no chart; nil: all have.
    var omittedScenarios: String? {
        let all = run.aggregate.scenario.workloads.count
        guard all > scenarios.count else { return nil }
        return "The first \(scenarios.count) of \(all) scenarios are drawn; the numbers of all are"
            + " in timeseries.csv and summary.json."
    }

    func page() -> HTMLPage {
        let facts = run.facts
        let name = HTMLText.foreign(facts.scenarioName.isEmpty ? "run" : facts.scenarioName)
        let about = HTMLText.foreign(run.aggregate.scenario.description)
        return HTMLPage(
            title: "\(run.verdict.verdict.rawValue) \u{00B7} \(name) \u{00B7} spotload",
            policyMarkup: HTMLReport.policy, styleMarkup: HTMLStyle.text,
            scriptMarkup: HTMLScript.text, scenario: name, about: about.isEmpty ? nil : about,
            meta: meta, verdict: verdict(), validity: validity(),
            delays: delays(), latency: latency(),
            rates: rates(), spectrum: spectrum(), errors: errors(), errorTable: errorTable(),
            statuses: statuses, heat: heat(), phases: phases(), requests: requests(),
            agents: agents(), observed: observed(), setup: setup(),
            version: HTMLText.foreign(facts.version))
    }

    private var meta: [HTMLPair] {
        let facts = run.facts
        return [
            HTMLPair(term: "Run", value: HTMLText.foreign(facts.runID)),
            HTMLPair(term: "Started", value: WallClock.iso8601(unixNs: facts.startedAtUnixNs)),
            HTMLPair(term: "Length", value: ReportText.span(facts.duration)),
            HTMLPair(term: "Target", value: HTMLText.foreign(facts.target)),
            HTMLPair(term: "Agents", value: String(facts.agents)),
            HTMLPair(term: "Seed", value: String(facts.seed)),
        ]
    }

    /// ms of a value in ns; `-` where there is none.
    static func ms(_ ns: Double?) -> String { ns.map(ReportText.milliseconds) ?? "-" }
    static func ms(_ ns: UInt64?) -> String {
        guard let ns else { return "-" }
        return ReportText.milliseconds(Double(ns))
    }
}
