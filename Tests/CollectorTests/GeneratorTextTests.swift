// Whether the generator was the bottleneck, as reports say it.

import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import Collector

@Suite struct GeneratorTextTests {
    private static func run(
        every: SyntheticWindow = .init(), special: [Int: SyntheticWindow] = [:], agents: Int = 1,
        isOpen: Bool = true, change: (inout AccountingSummary) -> Void = { _ in }
    ) -> FinishedRun {
        ReportFixture.run(
            [Synthetic.latency(100)], every: every, special: special, agents: agents,
            isOpen: isOpen
        ) { _, books in change(&books) }
    }

    private static func expect(
        _ run: FinishedRun, _ finding: GeneratorText.Finding, _ sentence: String,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(
            GeneratorText.finding(run.verdict.validity) == finding, sourceLocation: location)
        #expect(GeneratorText.sentence(run) == sentence, sourceLocation: location)
    }

    @Test func itWasNot() {
        Self.expect(Self.run(), .no, "The generator was not the bottleneck.")
        Self.expect(Self.run(isOpen: false), .no, "The generator was not the bottleneck.")
    }

    @Test func aWorkerThatStoodStill() {
        let stall = SyntheticWindow(turnMs: 900)
        Self.expect(
            Self.run(special: [4: stall]), .yes,
            "The generator was the bottleneck: a worker did not look at its sockets for 900.00 ms"
                + " (bound 100.00 ms).")
        // In two of forty windows it may have been, and it is said on which agent.
        let short = SyntheticWindow(turnMs: 30)
        let run = Self.run(special: [4: short, 5: short], agents: 2)
        Self.expect(
            run, .perhaps,
            "The generator may have been the bottleneck at times: a worker did not look at its"
                + " sockets for 30.00 ms (bound 10.00 ms) on agent 0.")
    }

    /// The worst signal first; a busy core proves nothing where nothing was late.
    @Test func aCPUThatWasTooBusy() {
        Self.expect(
            Self.run(every: .init(cpu: 0.97)), .no, "The generator was not the bottleneck.")
        let sentence = GeneratorText.sentence(
            Self.run(every: .init(lagMs: 30, turnMs: 30, cpu: 0.97)))
        #expect(sentence.hasPrefix("The generator was the bottleneck: arrivals were fired late"))
        #expect(sentence.contains("worker CPU up to 97 % (bound 85 %)"), "\(sentence)")
    }

    @Test func arrivalsThatNeverStarted() {
        Self.expect(
            Self.run(every: .init(arrivals: 100, late: 7)), .yes,
            "The generator was the bottleneck: only 93.00 % of the arrivals were fired in time"
                + " (late 70, missed 0).")
    }

    @Test func aPoolThatWasTooSmall() {
        Self.expect(
            Self.run(every: .init(arrivals: 100, dropped: 5)), .pool,
            "The generator was not late, but its virtual users were all in use: 50 of 1,000"
                + " arrivals found none free. The target was too slow for the pool, or maxVUs is"
                + " too small.")
    }

    @Test func whatCannotBeTold() {
        Self.expect(
            Self.run { $0.finalsEqualMerged = false }, .unknown,
            "Whether the generator was the bottleneck is not known: the data is not trusted.")
        Self.expect(
            ReportFixture.empty, .unknown,
            "Whether the generator was the bottleneck is not known: the data is not trusted.")
    }

    /// A PASS that the generator spoiled: the sentence, the verdict and the exit code agree.
    @Test func aSpoiledPass() {
        let run = Self.run(every: .init(arrivals: 100, late: 7))
        #expect(run.verdict.verdict == .invalid && run.verdict.exitCode == .invalid)
        let text = TerminalReport.render(run, color: false, width: 100, quiet: false)
        #expect(text.contains("VERDICT  INVALID (exit 90)"))
        #expect(text.contains("the generator delivered 93.00 % of the arrivals: use more agents"))
        #expect(text.contains("The generator was the bottleneck: only 93.00 % of the arrivals"))
    }
}
