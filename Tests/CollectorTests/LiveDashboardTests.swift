// The Grafana dashboards keep the rules of measurement.md section 7, and name nothing that is not
// exported (whether all of it is in a real scrape is the integration tests' affair).

import Foundation
import TestSupport
import Testing

@Suite struct LiveDashboardTests {
    @Test(arguments: Dashboard.names)
    func rules(name: String) throws {
        let board = try Dashboard(name)
        #expect(board.complaints() == [])
        #expect(board.queries.count >= 10)
    }

    /// The lint itself finds what it is for: each change breaks one rule.
    @Test(arguments: [
        (#""editable": false"#, #""editable": true"#, "editable"),
        (#""label": "Data source""#, #""label": "Source""#, "variable datasource"),
        (#""allValue": ".+""#, #""allValue": ".*""#, "variable job"),
        (#""refresh": 2"#, #""refresh": 1"#, "variable job"),
        (#""multi": true"#, #""multi": false"#, "variable job"),
        (#""unit": "ops""#, #""unit": "apples""#, "unit"),
        (
            #""description": "What the schedule"#, #""descriptio": "What the schedule"#,
            "description"
        ),
        (#"instance=~\"$instance\""#, #"host=~\"$instance\""#, "matcher"),
        ("[$__rate_interval]", "[5m]", "$__rate_interval"),
        ("sum (rate(spotload_iterations_total", "sum ((spotload_iterations_total", "_total"),
        (#""uid": "$datasource""#, #""uid": "abc""#, "$datasource"),
    ])
    func aBrokenRuleIsFound(old: String, new: String, word: String) throws {
        let text = try Dashboard.text("run")
        #expect(text.contains(old), "\(old)")
        let board = try Dashboard("run", text: text.replacingOccurrences(of: old, with: new))
        #expect(board.complaints().contains { $0.contains(word) }, "\(board.complaints())")
    }

    @Test func theirUidsDiffer() throws {
        #expect(Set(try Dashboard.names.map { try Dashboard($0).uid }).count == 3)
    }
}
