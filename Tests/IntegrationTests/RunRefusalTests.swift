// What `spotload run` and `validate` refuse, with which exit code and which words, and the small
// commands. Nothing here starts a load.

import Foundation
import TestSupport
import Testing

@Suite struct RunRefusalTests {
    /// A scenario that is right; each case breaks one thing.
    private static let good = RunScenarios.gets(rate: 10, seconds: 1)

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let scenario: String
        var arguments: [String] = []
        let code: Int32
        /// All must be in the output; FILE stands for the scenario's path.
        let words: [String]
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "unknown key",
            scenario: good.replacingOccurrences(of: "preAllocatedVUs", with: "preAlocatedVUs"),
            code: 104,
            words: ["FILE:12:5: unknown key \"preAlocatedVUs\"", "did you mean", "error"]),
        Case(
            name: "malformed YAML", scenario: "name: x\nscenarios: [1, 2\nflows: {", code: 104,
            words: ["FILE:3:"]),
        Case(
            name: "two errors at once",
            scenario: good.replacingOccurrences(of: "rate: 10", with: "rate: fast")
                .replacingOccurrences(of: "exec: get", with: "exec: got"),
            code: 104,
            words: [
                "FILE:9:11:", "FILE:10:11:", "'got' not found; did you mean \"get\"?", "2 errors",
            ]),
        Case(
            name: "remote target", scenario: good, arguments: ["--target", "http://192.0.2.1:80"],
            code: 104, words: ["192.0.2.1", "loopback"]),
        Case(
            name: "target by a remote name", scenario: good,
            arguments: ["--target", "http://exchange.example"], code: 104,
            words: ["exchange.example", "loopback"]),
        Case(
            name: "a request to a host of its own",
            scenario: good.replacingOccurrences(of: "url: /", with: "url: http://192.0.2.1/x"),
            arguments: ["--target", "http://127.0.0.1:1"], code: 104,
            words: ["192.0.2.1", "loopback"]),
        Case(
            name: "no URL as target", scenario: good, arguments: ["--target", "localhost:80"],
            code: 104, words: ["localhost:80"]),
        Case(
            name: "no agents", scenario: good, arguments: ["--agents", "0"], code: 64,
            words: ["--agents"]),
        Case(
            name: "a pool without Redis", scenario: good, arguments: ["--pool", "p"], code: 64,
            words: ["--redis"]),
        Case(
            name: "no Redis URL", scenario: good, arguments: ["--redis", "localhost"], code: 64,
            words: ["redis://HOST:PORT"]),
        Case(
            name: "unknown flag", scenario: good, arguments: ["--agent", "2"], code: 64,
            words: ["--agents"]),
    ]

    @Test(arguments: cases) func refused(_ one: Case) throws {
        let run = try RunTrial(one.scenario, one.arguments)
        #expect(run.exitCode(within: 30) == one.code, "\(run.output)")
        for word in one.words {
            let text = word.replacingOccurrences(
                of: "FILE", with: run.directory.path + "/scenario.yaml")
            #expect(run.output.contains(text), "\(text) in: \(run.output)")
        }
        #expect(!FileManager.default.fileExists(atPath: run.out), "nothing is written")
        #expect(run.leavesNoOrphans)
    }

    @Test func unreadableFile() throws {
        let directory = try TemporaryDirectory()
        let missing = directory.path + "/nope.yaml"
        for path in [missing, directory.path] {
            for command in ["run", "validate"] {
                let program = try RunningProgram(RunningProgram.spotload, [command, path])
                #expect(program.exitCode(within: 30) == 104, "\(command): \(program.output)")
                #expect(program.output.contains(path), "\(program.output)")
            }
        }
    }

    @Test func resultsCannotBeWritten() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("not a folder", to: "file")
        let run = try RunTrial(Self.good, out: file + "/results")
        #expect(run.exitCode(within: 30) == 69, "\(run.output)")
        #expect(run.output.contains(file) && run.output.contains("--out"), "\(run.output)")
        #expect(run.leavesNoOrphans)
    }

    @Test func redisServerAbsent() throws {
        let directory = try TemporaryDirectory()
        let bin = directory.path + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        for name in ["setpriv", "env"] {
            try FileManager.default.createSymbolicLink(
                atPath: bin + "/" + name, withDestinationPath: "/usr/bin/" + name)
        }
        let run = try RunTrial(Self.good, environment: ["PATH": bin])
        #expect(run.exitCode(within: 30) == 69, "\(run.output)")
        #expect(run.output.contains("apt-get install redis-server"), "\(run.output)")
        #expect(run.leavesNoOrphans)
        let doctor = try RunningProgram(
            RunningProgram.spotload, ["doctor"], environment: ["PATH": bin])
        #expect(doctor.exitCode(within: 30) == 69, "\(doctor.output)")
        #expect(doctor.output.contains("apt-get install redis-server"), "\(doctor.output)")
    }

    @Test func redisThatDoesNotAnswer() throws {
        let directory = try TemporaryDirectory()
        let socket = directory.path + "/none.sock"
        let run = try RunTrial(Self.good, ["--redis", "redis+unix://\(socket)"])
        #expect(run.exitCode(within: 60) == 69, "\(run.output)")
        #expect(run.output.contains(socket), "\(run.output)")
        #expect(run.leavesNoOrphans, "\(run.children)")
    }
}
