// `spotload bench generator`: what one agent's data plane sends a second, and what a request costs
// it. `make bench-generator` runs it beside wrk, hey and others.

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import ScenarioModel
import Telemetry

struct GeneratorBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generator",
        abstract: "Requests/s of the load generator alone, and what one costs it.",
        discussion: """
            A data plane in this process: templates in url and header, two checks, all
            histograms, one cut a second. First every connection asks again at once (closed: the
            ceiling), then arrivals come at 0.97 of the rate reached (paced), or at --rate. The
            target must answer {"state": "ok", ...}. CPU is that of the process; with
            Benchmarks/generator's malloc preloaded, allocations are counted, too.
            """,
        shouldDisplay: false)

    enum Passes: String, ExpressibleByArgument, CaseIterable { case closed, paced, both }

    @Option(help: "An http or https url without a path.")
    var target: String

    @Option(help: "auto, direct or multi.")
    var transport: String = "auto"

    @Option(help: "Connections, one VU each.")
    var connections: Int = 64

    @Option(help: "Seconds that are measured, of each pass.")
    var seconds: Int = 5

    @Option(help: "Arrivals a second of the paced pass; default: 0.97 of the closed one's.")
    var rate: Double?

    @Option(help: "Seconds before those.")
    var warmUp: Int = 1

    @Option(help: "Worker threads.")
    var workers: Int = 1

    @Option(help: "closed, paced or both.")
    var pass: Passes = .both

    @Flag(help: "A RESULT line of numbers for each pass, instead of a table.")
    var plain = false

    func validate() throws {
        for (name, value, range) in [
            ("--connections", connections, 1...100_000), ("--seconds", seconds, 1...3_600),
            ("--warm-up", warmUp, 0...600), ("--workers", workers, 1...64),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(name) takes \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        guard Workload.Transport(rawValue: transport) != nil else {
            throw ValidationError("--transport takes auto, direct or multi, not \"\(transport)\"")
        }
        if let rate, !(rate > 0 && rate <= 10_000_000) {
            throw ValidationError("--rate takes up to 10000000 a second, not \(rate)")
        }
        if pass == .paced, rate == nil {
            throw ValidationError("--pass paced needs a --rate: there is no closed pass before it")
        }
    }

    func run() throws {
        var load = GeneratorLoad(
            target: target, transport: Workload.Transport(rawValue: transport) ?? .auto,
            connections: connections, measured: .seconds(Int64(seconds)))
        load.workers = workers
        load.warmup = .seconds(Int64(warmUp))
        if !plain { Terminal.output(Self.header) }
        var paced = rate ?? 0
        if pass != .paced {
            let result = try load.run(.closed)
            show(result)
            if rate == nil { paced = (result.perSecond * 0.97).rounded() }
        }
        if pass != .closed, paced > 0 { show(try load.run(.paced(rate: paced))) }
    }

    private static let header =
        "pass    requests/s  us CPU each  failed  dropped    p50 ms    p99 ms  lag p99 ms  "
        + "samples each  allocations each: ours, libraries\n"

    private func show(_ result: GeneratorResult) {
        let n = Double(max(1, result.requests))
        let allocations = result.used.allocations.map { counts in
            [Double(counts.ours) / n, Double(counts.libraries) / n].map {
                ReportText.decimal($0, 4)
            }
        }
        if plain {
            let fields = [
                ReportText.decimal(result.perSecond, 1),
                ReportText.decimal(result.cpuPerRequest, 3),
                String(result.failed + result.checksFailed), String(result.dropped),
                Self.milliseconds(result.response, 50), Self.milliseconds(result.response, 99),
                Self.milliseconds(result.lag, 99),
                allocations?[0] ?? "-", allocations?[1] ?? "-",
            ]
            Terminal.output("RESULT \(result.pass.name) \(fields.joined(separator: " "))\n")
            return
        }
        Terminal.output(
            ReportText.left(result.pass.name, 8)
                + ReportText.right(ReportText.decimal(result.perSecond, 0), 10)
                + ReportText.right(ReportText.decimal(result.cpuPerRequest, 2), 13)
                + ReportText.right(String(result.failed + result.checksFailed), 8)
                + ReportText.right(String(result.dropped), 9)
                + ReportText.right(Self.milliseconds(result.response, 50), 10)
                + ReportText.right(Self.milliseconds(result.response, 99), 10)
                + ReportText.right(Self.milliseconds(result.lag, 99), 12)
                + ReportText.right(ReportText.decimal(Double(result.samples) / n, 1), 14)
                + "  " + (allocations?.joined(separator: ", ") ?? "not counted") + "\n")
    }

    private static func milliseconds(_ histogram: MergedHistogram, _ percentile: Double) -> String {
        histogram.percentile(percentile).map { ReportText.decimal(Double($0) / 1e6, 3) } ?? "-"
    }
}
