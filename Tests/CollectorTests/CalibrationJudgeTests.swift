// The rule on runs that plan more than their generator should do: a warning above half of C, a
// PASS that becomes WARN above 0.7, and a FAIL that stays; what reports say of it.

import Collector
import Foundation
import HarnessCore
import ScenarioModel
import TestSupport
import Testing

@Suite struct CalibrationJudgeTests {
    private static func facts(
        _ fractions: [Double?], missing: String? = nil, isAtLeast: Bool = false,
        hasClosedModel: Bool = false
    ) -> CalibrationFacts {
        let agents = fractions.enumerated().map { slot, fraction in
            CalibrationFacts.Agent(
                slot: slot, plannedPeak: (fraction ?? 1) * 10_000,
                capacity: fraction.map { _ in 10_000 }, shape: "orders",
                measuredAt: "2027-01-02T00:15:00Z", isAtLeast: isAtLeast)
        }
        return CalibrationFacts(
            agents: agents, missing: missing, hasClosedModel: hasClosedModel)
    }

    private static func run(
        _ calibration: CalibrationFacts?, _ thresholds: [Threshold] = ReportFixture.pass,
        isOpen: Bool = true
    ) -> FinishedRun {
        ReportFixture.run(thresholds, agents: isOpen ? 2 : 1, isOpen: isOpen) { facts, _ in
            facts.calibration = calibration
        }
    }

    @Test(arguments: [
        (0.3, Verdict.pass, false), (0.5, .pass, false), (0.51, .pass, true), (0.7, .pass, true),
        (0.71, .warn, true), (1.5, .warn, true),
    ])
    func onlyAPassAboveTheBoundBecomesWarn(fraction: Double, verdict: Verdict, warns: Bool) {
        let facts = Self.facts([0.1, fraction])
        let judged = Self.run(facts).verdict
        #expect(judged.verdict == verdict)
        #expect(judged.exitCode == .pass)
        #expect((facts.warning != nil) == warns)
        let reason = judged.reasons.first { $0.contains("calibrated capacity on agent 1") }
        #expect((reason != nil) == (verdict == .warn), "\(judged.reasons)")
    }

    @Test func aFailStaysAFail() {
        let judged = Self.run(Self.facts([0.95]), ReportFixture.fail).verdict
        #expect(judged.verdict == .fail)
        #expect(judged.exitCode == .criteriaFailed)
    }

    @Test func aRunWithoutCriteriaWarnsToo() {
        #expect(Self.run(Self.facts([0.95]), []).verdict.verdict == .warn)
        #expect(Self.run(Self.facts([0.2]), []).verdict.verdict == .pass)
    }

    @Test func whatWasNotMeasuredChangesNoVerdict() {
        #expect(Self.run(nil).verdict.verdict == .pass)
        #expect(Self.run(Self.facts([nil, nil])).verdict.verdict == .pass)
        #expect(Self.run(nil, isOpen: false).verdict.verdict == Self.run(nil).verdict.verdict)
    }

    private static func text(_ run: FinishedRun) -> String {
        TerminalReport.render(run, color: false, width: 120, quiet: false)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test func reportsSayHowItStands() {
        for (calibration, isOpen, words) in [
            (nil, true, "not calibrated"), (Self.facts([nil]), true, "not calibrated"),
            (Self.facts([0.31]), true, "planned peak 0.31 of calibrated capacity"),
            (nil, false, "planned peak n/a (closed model)"),
            (
                Self.facts([0.31], hasClosedModel: true), true,
                "planned peak 0.31 of calibrated capacity, open models only"
            ),
            (
                Self.facts([0.2, nil], missing: "no entry"), true,
                "agent 1 not calibrated: no entry"
            ),
            (
                Self.facts([0.62], isAtLeast: true), true,
                "(6,200 of at least 10,000 arrivals/s): 0.5 of it is advised"
            ),
            (Self.facts([0.82]), true, "above 0.7 a PASS becomes WARN"),
        ] as [(CalibrationFacts?, Bool, String)] {
            let run = Self.run(calibration, isOpen: isOpen)
            #expect(Self.text(run).contains(words), "\(Self.text(run))")
            let markdown = String(decoding: MarkdownReport.render(run), as: UTF8.self)
            #expect(markdown.contains(words.prefix(20)), "\(markdown)")
        }
    }

    @Test func theSummaryHoldsIt() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/schema/summary.schema.json")
        let schema = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        for (facts, isOpen, state, fraction) in [
            (nil, true, "not calibrated", nil), (nil, false, "closed model", nil),
            (Self.facts([0.2, 0.82], missing: "x"), true, "calibrated", 0.82),
        ] as [(CalibrationFacts?, Bool, String, Double?)] {
            let bytes = SummaryJSON.render(Self.run(facts, isOpen: isOpen))
            let summary = try #require(
                JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            #expect(SchemaValidator().violations(summary, schema) == [])
            let validity = summary["validity"] as? [String: Any]
            let calibration = try #require(validity?["calibration"] as? [String: Any])
            #expect(calibration["state"] as? String == state)
            #expect(calibration["fraction"] as? Double == fraction)
        }
    }

    @Test func aRunFileKeepsIt() throws {
        let run = Self.run(Self.facts([0.2, 0.82], missing: "x"))
        let file = RunFile(
            facts: run.facts, scenario: run.aggregate.scenario, environment: nil, end: nil)
        let read = try RunFile.decode(file.json(), path: "run.json")
        #expect(read.run.calibration == run.facts.calibration)
        // Files of versions that did not look have none.
        let old = String(decoding: try file.json(), as: UTF8.self)
            .replacingOccurrences(of: "\"calibration\" :", with: "\"other\" :")
        #expect(try RunFile.decode(Array(old.utf8), path: "run.json").run.calibration == nil)
    }
}
