// One step of a benchmark over rates: a whole run of the demo's scenario, on a fresh engine, at a
// rate of its own.

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import ScenarioModel

struct RateStep {
    /// Has a workload called orders.
    let scenario: String
    let duration: String
    let workers: Int
    let out: String
    /// More values set, by path.
    var sets: [(path: String, value: String)] = []

    /// - Throws: `ValidationError` that names the option.
    static func check(rates: String, duration: String, workers: Int) throws {
        guard Self.rates(rates) != nil else {
            throw ValidationError("--rates takes rising whole numbers, not \"\(rates)\"")
        }
        guard (1...64).contains(workers) else {
            throw ValidationError("--workers takes 1 to 64, not \(workers)")
        }
        guard TimeSpan(text: duration) != nil else {
            throw ValidationError("--duration takes a duration such as 15s, not \"\(duration)\"")
        }
    }

    static func rates(_ text: String) -> [Int]? {
        let parts = text.split(separator: ",").map { Int($0.filter { $0 != " " }) ?? 0 }
        return !parts.isEmpty && parts.allSatisfy { $0 > 0 } && parts == parts.sorted()
            ? parts : nil
    }

    func run(rate: Int, _ stopping: StopRequests) async throws -> FinishedRun {
        var options = RunOptions(scenarioPath: scenario)
        options.load.environment = ProcessInfo.processInfo.environment
        options.load.sets =
            [
                (path: "scenarios.orders.rate", value: String(rate)),
                (path: "scenarios.orders.duration", value: duration),
            ] + sets
        options.workers = workers
        options.out = out
        options.isQuiet = true
        do {
            return try await RunSession(options, stopping: stopping).run()
        } catch let errors as ScenarioErrors {
            throw CommandFailure(.badConfiguration, errors.description)
        }
    }

    static func cpu(_ run: FinishedRun) -> String {
        run.processes.map { "\($0.name) \(ReportText.percent($0.cpuShare, 0))" }
            .joined(separator: ", ")
    }
}
