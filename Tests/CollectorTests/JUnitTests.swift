import Collector
import Foundation
import HarnessCore
import ScenarioModel
import Testing

@Suite struct JUnitTests {
    @Test func oneCaseForEachCriterion() {
        let document = XMLCheck(JUnitXML.render(EvidenceFixture.run()))
        #expect(document.error == nil)
        #expect(document.cases.map { $0["name"] } == EvidenceFixture.rows.map(\.name))
        #expect(document.outcomes == ["failure", "skipped", "skipped", "error", "skipped"])
        #expect(document.suite["tests"] == "8" && document.suite["failures"] == "1")
        #expect(document.suite["errors"] == "1" && document.suite["skipped"] == "3")
        #expect(document.suite["timestamp"] == "2027-01-02T00:15:00Z")
    }

    /// A case's time is its share of the run, never its metric.
    @Test func timesAddUp() throws {
        let document = XMLCheck(JUnitXML.render(EvidenceFixture.run()))
        #expect(document.suite["time"] == "10.0")
        #expect(document.cases.allSatisfy { $0["time"] == "1.2" }, "10 s over 8")
    }

    /// A file that reads green must be of a run that was.
    @Test func whatTheRunCameToIsInIt() {
        let none = XMLCheck(JUnitXML.render(ReportFixture.run([])))
        #expect(none.cases.count == 1 && none.outcomes == ["skipped"])
        let interrupted = XMLCheck(JUnitXML.render(ReportFixture.interrupted))
        #expect(interrupted.cases.last?["name"] == "run" && interrupted.outcomes == ["skipped"])
        let nothing = ReportFixture.run([], agents: 0)
        #expect(nothing.verdict.verdict == .invalid)
        #expect(XMLCheck(JUnitXML.render(nothing)).outcomes == ["error"])
        let passing = XMLCheck(JUnitXML.render(ReportFixture.passing))
        #expect(passing.outcomes.isEmpty && passing.cases.count == 3)
    }
}
