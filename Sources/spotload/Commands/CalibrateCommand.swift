// `spotload calibrate [SCENARIO]`.

import ArgumentParser
import Foundation
import HarnessCore
import LoadGen
import ScenarioModel

struct CalibrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "What load this machine can generate, so that runs stay below it.",
        discussion: """
            Runs the scenario's shape (flows, templates, checks, orders, VUs) at a constant arrival
            rate against a server that does nothing. The rate doubles until the generator's lag,
            delivery or CPU leaves its first bound; six bisections find the highest rate that
            holds, C. `spotload run` compares what it plans with C: it warns above 0.5 C, and a
            PASS above 0.7 C becomes WARN. Nothing is sent to the scenario's target.

              spotload calibrate                       a simple request
              spotload calibrate scenarios/load.yaml   what this scenario asks of the generator
              spotload calibrate --merge host-b.json   ceilings measured on another machine

            Results go to <out>/calibration.json beside those of other machines and shapes.
            Calibrate with as many agents and workers as the run has on a machine, on a
            machine at rest.

            Exit codes: 0, 64 usage, 69 no rate held or something is missing, 104 bad scenario or
            damaged calibration.json, 105 interrupted.
            """)

    @Argument(help: "A scenario; without one a simple request.")
    var scenario: String?

    @OptionGroup var overrides: ScenarioOverrides

    @Option(help: "Agents on this machine at the same time.")
    var agents: Int = 1

    @Option(help: "Worker threads of each agent.")
    var workers: Int = 1

    @Option(help: "Bytes of the answers' bodies.")
    var body: Int = NullAnswer.plainBodyBytes

    @Option(help: "Folder of the results.")
    var out: String = "results"

    @Option(
        parsing: .upToNextOption,
        help: "Take the entries of these calibration.json files over; nothing is measured.")
    var merge: [String] = []

    @Flag(help: "The entry on stdout instead of text; steps go to stderr.")
    var json = false

    @Option(help: .hidden)
    var firstRate: Double = CalibrationSearch.Settings().firstRate

    @Option(help: .hidden)
    var mostRate: Double = CalibrationSearch.Settings().mostRate

    /// In seconds.
    @Option(help: .hidden)
    var doublingSeconds: Int = 3

    @Option(help: .hidden)
    var bisectionSeconds: Int = 5

    @Option(help: .hidden)
    var bisections: Int = CalibrationSearch.Settings().bisections

    func validate() throws {
        guard (1...Limits.slots).contains(agents) else {
            throw ValidationError("--agents takes 1 to \(Limits.slots), not \(agents)")
        }
        guard (1...64).contains(workers) else {
            throw ValidationError("--workers takes 1 to 64, not \(workers)")
        }
        guard (0...NullServer.bodyBytesMax).contains(body) else {
            throw ValidationError("--body takes 0 to \(NullServer.bodyBytesMax), not \(body)")
        }
        if scenario != nil && !merge.isEmpty {
            throw ValidationError("--merge measures nothing: give no scenario with it")
        }
        guard firstRate > 0, firstRate <= mostRate, mostRate <= Double(Limits.arrivalsPerSecond),
            (1...3_600).contains(doublingSeconds), (1...3_600).contains(bisectionSeconds),
            (0...20).contains(bisections)
        else { throw ValidationError("the steps' rates, lengths or number are out of range") }
        try overrides.check()
    }

    private var path: String { (out.hasSuffix("/") ? out : out + "/") + CalibrationFile.name }

    mutating func run() async throws {
        // Before anything is measured: a file that does not read would cost the measurement.
        var file = try CalibrationFile.read(path) ?? CalibrationFile()
        guard merge.isEmpty else { return try mergeFiles(into: &file) }
        let options = try sessionOptions()
        let session: CalibrateSession
        do {
            session = try CalibrateSession(options)
        } catch let errors as ScenarioErrors {
            Terminal.error(errors.description)
            Foundation.exit(HarnessCore.ExitCode.badConfiguration.rawValue)
        }
        let watcher = SignalWatcher { n in
            if n > 1 { Foundation.exit(HarnessCore.ExitCode.interrupted.rawValue) }
            session.cut()
        }
        show(CalibrationTable.title(session.shape.name, options) + CalibrationTable.header)
        var wasConfirming = false
        let entry = try await session.run { planned, step in
            wasConfirming = planned.purpose != .doubling
            show(CalibrationTable.row(step, isConfirmed: wasConfirming))
        }
        withExtendedLifetime(watcher) {}
        try save(entry, &file)
    }

    private func sessionOptions() throws -> CalibrateOptions {
        var options = CalibrateOptions()
        options.scenarioPath = scenario
        options.load = try overrides.loadOptions()
        options.loadArguments = overrides.arguments
        options.agents = agents
        options.workers = workers
        options.bodyBytes = body
        options.search.firstRate = firstRate
        options.search.mostRate = mostRate
        options.search.doublingLength = .seconds(Int64(doublingSeconds))
        options.search.bisectionLength = .seconds(Int64(bisectionSeconds))
        options.search.bisections = bisections
        return options
    }

    private func show(_ text: String) {
        if json { Terminal.errorRaw(text) } else { Terminal.output(text) }
    }

    private func save(_ entry: CalibrationEntry, _ file: inout CalibrationFile) throws {
        if json {
            let alone = CalibrationFile(entries: [entry])
            Terminal.output(String(decoding: try alone.json(), as: UTF8.self))
        } else {
            Terminal.output(CalibrationTable.result(entry))
        }
        // Somebody else may have written meanwhile.
        file = try CalibrationFile.read(path) ?? CalibrationFile()
        file.add(entry)
        try write(file)
        show("FILE       \(path), \(file.entries.count) in it\n")
    }

    private func mergeFiles(into file: inout CalibrationFile) throws {
        for other in merge {
            guard let read = try CalibrationFile.read(other) else {
                throw CommandFailure(.unavailable, "\(other) is not there")
            }
            let taken = file.merge(read)
            show("\(other): \(taken) of \(read.entries.count) taken\n")
        }
        try write(file)
        if json { Terminal.output(String(decoding: try file.json(), as: UTF8.self)) }
    }

    private func write(_ file: CalibrationFile) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: out, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.unavailable, "cannot create \(out): \(error)")
        }
        try file.write(to: path)
    }
}
