// `spotload calibrate` as a whole, in steps of a second with bounds that never give way, so that
// the outcome does not depend on the machine; then runs that are compared with what it wrote.

import Foundation
import HarnessCore
import LoadGen
import TestSupport
import Testing

@Suite struct CalibrateCommandTests {
    private static let scenario =
        RunScenarios.gets(rate: 50, seconds: 2)
        + "\nhealth: { lag: null, delivered: null, threadCpu: null }\n"

    private static func calibrate(
        _ directory: TemporaryDirectory, _ arguments: [String]
    ) throws -> RunningProgram {
        try RunningProgram(
            RunningProgram.spotload, ["calibrate"] + arguments,
            environment: ["TMPDIR": directory.path])
    }

    private static let short = [
        "--first-rate", "50", "--most-rate", "100", "--doubling-seconds", "1",
        "--bisection-seconds", "1", "--bisections", "1",
    ]

    private static func read(_ path: String) throws -> CalibrationFile {
        try #require(try CalibrationFile.read(path))
    }

    @Test func measuresKeepsOthersAndIsReadByARun() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.scenario, to: "s.yaml")
        let out = directory.path + "/results"
        let path = out + "/" + CalibrationFile.name
        for (arguments, entries) in [
            ([file, "--target", "http://127.0.0.1:9"], 1),
            ([file, "--target", "http://127.0.0.1:9", "--agents", "2"], 2),
        ] {
            let program = try Self.calibrate(
                directory, arguments + ["--out", out] + Self.short)
            #expect(program.exitCode(within: 90) == 0, "\(program.output)")
            #expect(program.output.contains("no rate that was tried gave way"))
            #expect(try Self.read(path).entries.count == entries, "\(program.output)")
        }
        let known = try Self.read(path)
        let entry = try #require(known.entries.first { $0.key.agents == 1 })
        #expect(entry.arrivalsPerSecond == 100 && !entry.isBounded)
        #expect(entry.steps.map(\.arrivalsPerSecond) == [50, 100])
        #expect(entry.key.build == MachineIdentity.current.build)
        #expect(entry.shape.requestsPerArrival == 1)
        for step in entry.steps {
            let lag = try #require(step.lagP99Ms)
            #expect(lag > 0.0001, "a lag in ms: \(lag)")
            #expect((step.serviceP50Ms ?? 0) > 0.001)
            #expect((step.threadCpu ?? 0) > 0)
        }
        try Self.runs(directory, entry, known)
    }

    /// Runs the same scenario above 0.7 C, and below half of it.
    private static func runs(
        _ directory: TemporaryDirectory, _ entry: CalibrationEntry, _ known: CalibrationFile
    ) throws {
        for (capacity, fraction) in [(62.5, 0.8), (500.0, 0.1)] {
            var written = entry
            written.arrivalsPerSecond = capacity
            written.requestsPerSecond = capacity
            var file = known
            file.add(written)
            let path = directory.path + "/written.json"
            try file.write(to: path)
            let server = try ScriptedServer { _ in ScriptedServer.Reply() }
            let run = try RunTrial(
                scenario, ["--calibration", path, "--target", server.url])
            #expect(run.exitCode() != nil)
            let summary = try run.summary()
            let calibration = try #require(summary.validity.calibration)
            #expect(calibration.state == "calibrated")
            #expect(abs((calibration.fraction ?? 0) - fraction) < 1e-6, "\(run.output)")
            let isTooMuch = fraction > 0.7
            let warning = "warning: planned peak 0.80 of calibrated capacity on agent 0"
            #expect(run.output.contains(warning) == isTooMuch, "\(run.output)")
            #expect(run.output.contains("of calibrated capacity"), "\(run.output)")
            if isTooMuch { #expect(summary.verdict != "PASS", "\(run.output)") }
            if summary.verdict == "WARN" {
                let isNamed = summary.reasons.contains { $0.contains("little room") }
                #expect(isNamed == isTooMuch, "\(summary.reasons)")
            }
            #expect(run.leavesNoOrphans)
        }
    }

    @Test func jsonIsAllOfStdout() throws {
        let directory = try TemporaryDirectory()
        let program = try Process.output(
            RunningProgram.spotload,
            ["calibrate", "--json", "--out", directory.path + "/o", "--first-rate", "50"]
                + ["--most-rate", "50", "--doubling-seconds", "1", "--bisections", "0"])
        guard program.status == 0 else {
            // On a machine so busy that 50/s do not hold there is nothing to print.
            #expect(program.status == 69 && program.stdout.isEmpty)
            return
        }
        let file = try CalibrationFile.decode(program.stdout, path: "stdout")
        #expect(file.entries.map(\.shape.name) == ["plain"])
    }

    @Test func aDamagedFileStopsItBeforeItMeasures() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("{ not json", to: CalibrationFile.name)
        let program = try Self.calibrate(directory, ["--out", directory.path])
        #expect(program.exitCode(within: 30) == 104)
        #expect(program.output.contains("\(path) is not what calibrate writes: it is no JSON"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "{ not json")
        // A run says so, and goes on without it.
        let server = try ScriptedServer { _ in ScriptedServer.Reply() }
        let run = try RunTrial(Self.scenario, ["--calibration", path, "--target", server.url])
        #expect(run.exitCode() != nil)
        #expect(run.output.contains("warning: \(path) is not what calibrate writes"))
        #expect(try run.summary().validity.calibration?.state == "not calibrated")
    }

    @Test func mergesFilesOfOtherMachines() throws {
        let directory = try TemporaryDirectory()
        let none = CalibrationFile()
        let other = directory.path + "/other.json"
        try none.write(to: other)
        let out = directory.path + "/o"
        let merged = try Self.calibrate(directory, ["--merge", other, other, "--out", out])
        #expect(merged.exitCode(within: 30) == 0, "\(merged.output)")
        #expect(merged.output.contains("0 of 0 taken"))
        #expect(try Self.read(out + "/" + CalibrationFile.name) == none)
        let missing = try Self.calibrate(
            directory, ["--merge", directory.path + "/no.json", "--out", out])
        #expect(missing.exitCode(within: 30) == 69, "\(missing.output)")
    }

    @Test(
        arguments: [
            (["--agents", "0"], 64), (["--workers", "65"], 64), (["--body", "-1"], 64),
            (["s.yaml", "--merge", "x"], 64), (["/nowhere.yaml"], 104),
        ] as [([String], Int32)])
    func refusals(arguments: [String], code: Int32) throws {
        let directory = try TemporaryDirectory()
        let program = try Self.calibrate(directory, arguments + ["--out", directory.path])
        #expect(program.exitCode(within: 30) == code, "\(program.output)")
    }

    @Test func whatTheNullServerDoesNotSpeakIsRefused() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.scenario, to: "s.yaml")
        for (arguments, words) in [
            (["--target", "https://127.0.0.1:9"], "the null server has no TLS"),
            (
                ["--target", "http://127.0.0.1:9", "--set", "defaults.http=\"2\""],
                "HTTP/1.1 only"
            ),
        ] {
            let program = try Self.calibrate(
                directory, [file, "--out", directory.path] + arguments)
            #expect(program.exitCode(within: 30) == 104, "\(program.output)")
            #expect(program.output.contains(words), "\(program.output)")
        }
    }
}

extension Process {
    /// Runs a program to its end; stderr is dropped.
    fileprivate static func output(
        _ program: URL, _ arguments: [String]
    ) throws -> (status: Int32, stdout: [UInt8]) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, Array(bytes))
    }
}
