// `spotload bench`: built-in benchmarks.

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import Telemetry

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Built-in benchmarks.",
        subcommands: [
            EndToEndBenchmark.self, CollectorBenchmark.self, MatchBenchmarkCommand.self,
            JournalBenchmarkCommand.self, GeneratorBenchmark.self, VUBenchmark.self,
            LagBenchmark.self,
        ])
}

/// Steps the rate of the demo up until its criteria no longer hold.
struct EndToEndBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "e2e",
        abstract: "Durable orders/s with generator, Redis, engine and store on this machine.",
        discussion: """
            Each step is a whole run of the scenario at a higher rate, on a fresh engine. A step
            holds where P95 < 100 ms and P99 < 200 ms of the response time, the error rate < 0.01 %,
            96 % of the rate was answered (the plan's 5,000 of 5,200) and the run is valid. Stops
            after two steps in a row that do not hold.
            """)

    @Option(help: "Scenario with a workload called orders.")
    var scenario: String = "scenarios/spot-5000.yaml"

    @Option(help: "Rates to try, ascending.")
    var rates: String = "5000,7500,10000,12500,15000,17500,20000,25000,30000"

    @Option(help: "Length of a step.")
    var duration: String = "20s"

    @Option(help: "Worker threads of the agent.")
    var workers: Int = 1

    @Option(help: "Folder of the results.")
    var out: String = "results/bench-e2e"

    func validate() throws {
        try RateStep.check(rates: rates, duration: duration, workers: workers)
    }

    mutating func run() async throws {
        let stopping = StopRequests()
        let watcher = SignalWatcher { stopping.signal($0) }
        Terminal.output(Self.header)
        var best: Int?
        var failures = 0
        for rate in RateStep.rates(rates) ?? [] {
            let finished = try await step(rate, stopping)
            let holds = finished.verdict.exitCode == .pass
            Terminal.output(Self.row(rate, finished))
            if finished.facts.interrupted {
                Terminal.output("interrupted: the steps above are all there is\n")
                Foundation.exit(HarnessCore.ExitCode.interrupted.rawValue)
            }
            if holds {
                best = rate
                failures = 0
            } else {
                failures += 1
                if failures == 2 { break }
            }
        }
        withExtendedLifetime(watcher) {}
        let floor = 5_000
        if let best {
            let ratio = ReportText.decimal(Double(best) / Double(floor), 2)
            Terminal.output(
                "highest rate that met the criteria: \(best)/s, \(ratio) x the floor of \(floor)\n")
        } else {
            Terminal.output("no rate met the criteria\n")
            Foundation.exit(HarnessCore.ExitCode.criteriaFailed.rawValue)
        }
    }

    private func step(_ rate: Int, _ stopping: StopRequests) async throws -> FinishedRun {
        var step = RateStep(scenario: scenario, duration: duration, workers: workers, out: out)
        step.sets = [
            (path: "thresholds.http_reqs", value: "[\"rate>=\(Int(Double(rate) * 0.96))\"]")
        ]
        return try await step.run(rate: rate, stopping)
    }

    private static let header =
        "rate/s    answered/s  verdict  time      p50 ms   p95 ms   p99 ms  p99.9 ms  CPU\n"

    private static func row(_ rate: Int, _ run: FinishedRun) -> String {
        let totals = run.aggregate.totals
        func line(_ prefix: String, _ name: String, _ metric: String, _ suffix: String) -> String {
            let h = totals.trend(SeriesSelection(metric))
            let numbers = [50, 95, 99, 99.9].map { p in
                ReportText.right(
                    h.percentile(p).map { ReportText.milliseconds(Double($0)) } ?? "-", 9)
            }
            return prefix + ReportText.left(name, 8) + numbers.joined() + suffix + "\n"
        }
        let answered = run.requestsPerSecond.map { ReportText.decimal($0, 1) } ?? "-"
        let first =
            ReportText.left(String(rate), 10) + ReportText.left(answered, 12)
            + ReportText.left(run.verdict.verdict.rawValue, 9)
        return line(first, "response", "http_req_response_time", "  " + RateStep.cpu(run))
            + line(String(repeating: " ", count: 31), "service", "http_req_duration", "")
    }
}
