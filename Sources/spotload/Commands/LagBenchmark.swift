// `spotload bench lag`: how late the generator itself fires, at rising rates, while engine, Redis
// and collector share its cores.

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import Telemetry

struct LagBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lag",
        abstract: "The generator's own lateness beside engine, Redis and collector.",
        discussion: """
            Each step is a whole run of the scenario at a higher rate, on a fresh engine. Lag is
            from the intended start of an arrival to the turn that fired it, where a VU was free.
            Fails where its P99 is over --limit at --judged-rate.
            """)

    @Option(help: "Scenario with a workload called orders.")
    var scenario: String = "scenarios/spot-5000.yaml"

    @Option(help: "Rates to try, ascending.")
    var rates: String = "1000,5000,10000,20000"

    @Option(help: "Length of a step.")
    var duration: String = "15s"

    @Option(help: "Worker threads of the agent.")
    var workers: Int = 1

    @Option(help: "Lane: auto, direct or multi.")
    var transport: String = "auto"

    @Option(help: "The rate that is judged.")
    var judgedRate: Int = 5_000

    @Option(help: "What P99 of the lag may be there, in ms.")
    var limit: Double = 2

    @Option(help: "Folder of the results.")
    var out: String = "results/bench-lag"

    func validate() throws {
        try RateStep.check(rates: rates, duration: duration, workers: workers)
    }

    mutating func run() async throws {
        let stopping = StopRequests()
        let watcher = SignalWatcher { stopping.signal($0) }
        var step = RateStep(scenario: scenario, duration: duration, workers: workers, out: out)
        step.sets = [
            (path: "scenarios.orders.transport", value: transport),
            // A rate that no VU is free for would have no lag, but a wait.
            (path: "scenarios.orders.preAllocatedVUs", value: "1000"),
            (path: "scenarios.orders.maxVUs", value: "4000"),
            (path: "thresholds.http_reqs", value: "[\"rate>0\"]"),
        ]
        Terminal.output(Self.header)
        var judged: Double?
        for rate in RateStep.rates(rates) ?? [] {
            let finished = try await step.run(rate: rate, stopping)
            Terminal.output(Self.row(rate, finished))
            if finished.facts.interrupted {
                Foundation.exit(HarnessCore.ExitCode.interrupted.rawValue)
            }
            let lag = finished.aggregate.totals.trend(SeriesSelection("schedule_lag"))
            if rate == judgedRate { judged = lag.percentile(99).map { Double($0) / 1e6 } }
        }
        withExtendedLifetime(watcher) {}
        guard let judged else { return }
        let ratio = ReportText.decimal(judged / limit, 2)
        Terminal.output(
            "P99 of the lag at \(judgedRate)/s: \(ReportText.decimal(judged, 3)) ms, "
                + "\(ratio) of the limit of \(ReportText.decimal(limit, 1)) ms\n")
        if judged > limit {
            Foundation.exit(HarnessCore.ExitCode.criteriaFailed.rawValue)
        }
    }

    private static let header =
        "rate/s    answered/s  lag ms p50      p99    p99.9      max  vu_wait  R p99 ms  "
        + "CPU\n"

    private static func row(_ rate: Int, _ run: FinishedRun) -> String {
        let totals = run.aggregate.totals
        let lag = totals.trend(SeriesSelection("schedule_lag"))
        let response = totals.trend(SeriesSelection("http_req_response_time"))
        let waits = totals.trend(SeriesSelection("vu_wait")).count
        func number(_ ns: UInt64?, _ places: Int, _ width: Int) -> String {
            let text = ns.map { ReportText.decimal(Double($0) / 1e6, places) } ?? "-"
            return ReportText.right(text, width)
        }
        let answered = run.requestsPerSecond.map { ReportText.decimal($0, 1) } ?? "-"
        return ReportText.left(String(rate), 10) + ReportText.left(answered, 12)
            + number(lag.percentile(50), 3, 10) + number(lag.percentile(99), 3, 9)
            + number(lag.percentile(99.9), 3, 9) + number(lag.isEmpty ? nil : lag.max, 2, 9)
            + ReportText.right(String(waits), 9) + number(response.percentile(99), 2, 10) + "  "
            + RateStep.cpu(run) + "\n"
    }
}
