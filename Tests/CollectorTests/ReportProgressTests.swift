import Collector
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@Suite struct ReportProgressTests {
    private static func aggregate(
        _ windows: [SyntheticWindow], warmup: TimeSpan = .zero, isOpen: Bool = true
    ) -> RunAggregate {
        Synthetic.aggregate(Synthetic.scenario([], warmup: warmup, isOpen: isOpen), windows)
    }

    @Test func onATerminal() {
        let aggregate = Self.aggregate(.init(repeating: .init(failed: 1), count: 6))
        let lines = ProgressLine.terminal(aggregate, runTime: .milliseconds(6_300), width: 100)
        #expect(
            lines == [
                "orders [==========>     ] 6s/10s  100/s of 100/s  VUs 10/20  p99(5s) 40 ms"
                    + "  errors 6  lag p99 0.2 ms"
            ])
    }

    @Test func asKeysAndValues() {
        let aggregate = Self.aggregate(.init(repeating: .init(dropped: 2), count: 6))
        #expect(
            ProgressLine.plain(aggregate, runTime: .seconds(6)) == [
                "scenario=orders elapsed=6s duration=10s rate=98.0 planned_rate=100.0 vus=10"
                    + " vus_max=20 p99_ms=40.00 errors=0 dropped=12 lag_p99_ms=0.20"
            ])
    }

    @Test func beforeAnythingIsKnown() {
        let aggregate = Self.aggregate([])
        #expect(
            ProgressLine.plain(aggregate, runTime: .zero) == [
                "scenario=orders elapsed=0s duration=10s planned_rate=100.0 errors=0 dropped=0"
            ])
        let line = ProgressLine.terminal(aggregate, runTime: .zero, width: 100)[0]
        #expect(line.contains("0s/10s  - of 100/s  VUs -  p99(5s) -  errors 0"))
        #expect(line.contains("[>   "))
    }

    @Test func theClosedModelHasNoPlan() {
        let aggregate = Self.aggregate(.init(repeating: .init(), count: 3), isOpen: false)
        let line = ProgressLine.plain(aggregate, runTime: .seconds(3))[0]
        #expect(!line.contains("planned_rate"))
    }

    @Test func theRateOfARampIsThatOfTheMoment() {
        var scenario = Synthetic.scenario([])
        scenario.workloads[0].executor = .rampingArrivalRate(
            RampingArrivalRate(
                stages: [Stage(duration: .seconds(10), target: 400)], preAllocatedVUs: 1,
                maxVUs: 1))
        let aggregate = Synthetic.aggregate(scenario, [])
        let line = ProgressLine.plain(aggregate, runTime: .milliseconds(2_500))[0]
        #expect(line.contains("planned_rate=100.0"), "\(line)")
    }

    @Test func anEndlessScenarioHasNoDuration() {
        var scenario = Synthetic.scenario([])
        scenario.workloads[0].executor = .externallyControlled(
            ExternallyControlled(maxVUs: 5, duration: .zero))
        let aggregate = Synthetic.aggregate(scenario, [])
        let line = ProgressLine.plain(aggregate, runTime: .seconds(72))[0]
        #expect(line.hasPrefix("scenario=orders elapsed=1m12s errors=0"), "\(line)")
        let terminal = ProgressLine.terminal(aggregate, runTime: .seconds(72), width: 100)[0]
        #expect(terminal.hasPrefix("orders [>") && terminal.contains("] 1m12s  -  VUs -"))
    }

    @Test func theWarmupHasNoPercentiles() {
        let warm = SyntheticWindow(isWarmup: true)
        let aggregate = Self.aggregate(.init(repeating: warm, count: 3), warmup: .seconds(5))
        let terminal = ProgressLine.terminal(aggregate, runTime: .seconds(3), width: 120)[0]
        #expect(terminal.contains("p99(5s) warm-up") && terminal.contains("100/s"))
        #expect(ProgressLine.plain(aggregate, runTime: .seconds(3))[0].contains("phase=warmup"))
    }

    @Test func onlyTheLastFiveWindowsCount() {
        let windows = (0..<9).map { SyntheticWindow(responseMs: $0 < 4 ? [900] : [10]) }
        let line = ProgressLine.plain(Self.aggregate(windows), runTime: .seconds(9))[0]
        #expect(line.contains("p99_ms=10.00"))
    }

    @Test func theEndIsFullAndStaysSo() {
        let aggregate = Self.aggregate(.init(repeating: .init(), count: 10))
        let line = ProgressLine.terminal(aggregate, runTime: .seconds(12), width: 80)[0]
        #expect(line.contains("=] 10s/10s") && !line.contains(">"))
    }

    @Test(arguments: [20, 40, 60, 79, 80, 100, 120, 200])
    func linesFitTheTerminal(width: Int) {
        let aggregate = Self.aggregate(.init(repeating: .init(dropped: 5), count: 6))
        for line in ProgressLine.terminal(aggregate, runTime: .seconds(6), width: width) {
            #expect(line.count <= max(width, 24), "\(line)")
        }
    }

    @Test func namesCannotActOnTheTerminal() {
        var scenario = Synthetic.scenario([])
        scenario.workloads[0].name = "a\u{1B}[2J\nb"
        let aggregate = RunAggregate(scenario: scenario)
        let lines =
            ProgressLine.terminal(aggregate, runTime: .zero, width: 80)
            + ProgressLine.plain(aggregate, runTime: .zero)
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\n") })
    }
}
