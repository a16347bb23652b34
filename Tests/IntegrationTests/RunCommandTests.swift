// The commands that explain and check: help, version, validate.

import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct RunCommandTests {
    @Test func helpNamesEveryCommandAndExitCode() throws {
        let program = try RunningProgram(RunningProgram.spotload, ["--help"])
        #expect(program.exitCode(within: 30) == 0)
        for word in ["run", "report", "validate", "plan", "agent", "engine", "doctor", "bench"] {
            let help = try RunningProgram(RunningProgram.spotload, [word, "--help"])
            #expect(help.exitCode(within: 30) == 0, "\(word): \(help.output)")
            #expect(help.output.contains("USAGE: spotload \(word)"), "\(help.output)")
            #expect(program.output.contains(word), "\(program.output)")
        }
        for code in [0, 64, 69, 70, 90, 91, 99, 104, 105] {
            #expect(program.output.contains("\(code) "), "exit code \(code)")
        }
    }

    @Test func version() throws {
        let program = try RunningProgram(RunningProgram.spotload, ["--version"])
        #expect(program.exitCode(within: 30) == 0)
        #expect(program.output == Limits.version + "\n")
    }

    @Test func unknownCommand() throws {
        for arguments in [["rum"], ["--frobnicate"], ["run"], ["validate"]] {
            let program = try RunningProgram(RunningProgram.spotload, arguments)
            #expect(program.exitCode(within: 30) == 64, "\(arguments): \(program.output)")
        }
    }

    @Test func shippedScenariosAreValid() throws {
        // .../Tests/IntegrationTests/RunCommandTests.swift
        let folder = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("scenarios").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".yaml") }.sorted().map { folder + "/" + $0 }
        #expect(files.count >= 3)
        let program = try RunningProgram(RunningProgram.spotload, ["validate"] + files)
        #expect(program.exitCode(within: 30) == 0, "\(program.output)")
        for file in files { #expect(program.output.contains("\(file): ok"), "\(program.output)") }
    }

    @Test func validateGoesOnAfterABadFile() throws {
        let directory = try TemporaryDirectory()
        let bad = try directory.write("name: [", to: "bad.yaml")
        let good = try directory.write(RunScenarios.orders(), to: "good.yaml")
        let program = try RunningProgram(RunningProgram.spotload, ["validate", bad, good])
        #expect(program.exitCode(within: 30) == 104)
        #expect(program.output.contains("\(bad):2:1: not YAML"), "\(program.output)")
        #expect(program.output.contains("\(good): ok"), "\(program.output)")
    }
}
