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
            words: ["FILE:13:5: unknown key \"preAlocatedVUs\"", "did you mean", "error"]),
        Case(
            name: "malformed YAML", scenario: "name: x\nscenarios: [1, 2\nflows: {", code: 104,
            words: ["FILE:3:"]),
        Case(
            name: "two errors at once",
            scenario: good.replacingOccurrences(of: "rate: 10", with: "rate: fast")
                .replacingOccurrences(of: "exec: get", with: "exec: got"),
            code: 104,
            words: [
                "FILE:9:11:", "FILE:11:11:", "'got' not found; did you mean \"get\"?", "2 errors",
            ]),
        Case(
            name: "remote target", scenario: good, arguments: ["--target", "http://192.0.2.1:80"],
            code: 104,
            words: ["192.0.2.1", "loopback", "--allow-target 192.0.2.1:80 --yes-i-am-authorized"]),
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
            name: "a remote target in disguise", scenario: good,
            arguments: ["--target", "http://0xc0000201"], code: 104,
            words: ["--allow-target 192.0.2.1:80"]),
        Case(
            name: "allowed, but nobody is authorized", scenario: good,
            arguments: ["--target", "http://192.0.2.1", "--allow-target", "192.0.2.1"], code: 64,
            words: ["--yes-i-am-authorized=192.0.2.1"]),
        Case(
            name: "authorized, but not allowed", scenario: good,
            arguments: ["--target", "http://192.0.2.1", "--yes-i-am-authorized=192.0.2.1"],
            code: 64, words: ["--allow-target 192.0.2.1"]),
        Case(
            name: "another port", scenario: good,
            arguments: [
                "--target", "http://192.0.2.1:8080", "--allow-target", "192.0.2.1:80",
                "--yes-i-am-authorized=192.0.2.1",
            ], code: 104, words: ["--allow-target 192.0.2.1:8080"]),
        Case(
            name: "metadata, allowed or not", scenario: good,
            arguments: [
                "--target", "http://169.254.169.254", "--allow-target", "169.254.169.254",
                "--yes-i-am-authorized=169.254.169.254",
            ], code: 64, words: ["169.254.169.254", "never allowed"]),
        Case(
            name: "metadata", scenario: good,
            arguments: ["--target", "http://[::ffff:169.254.169.254]/"], code: 104,
            words: ["169.254.169.254:80 is link-local", "never loaded"]),
        Case(
            name: "Redis as target", scenario: good,
            arguments: [
                "--target", "http://127.0.0.1:6379", "--redis", "redis://127.0.0.1:6379",
            ], code: 104, words: ["127.0.0.1:6379", "Redis"]),
        Case(
            name: "the live page as target", scenario: good,
            arguments: ["--target", "http://localhost:5777", "--ui", "--ui-port", "5777"],
            code: 104, words: ["5777", "live page"]),
        Case(
            name: "a block with bits set", scenario: good,
            arguments: ["--allow-target", "sut=10.0.0.1/8", "--yes-i-am-authorized=sut"],
            code: 64, words: ["10.0.0.0/8"]),
        Case(
            name: "outside its block", scenario: good,
            arguments: [
                "--target", "http://192.0.2.1", "--allow-target", "192.0.2.1=192.0.2.128/25",
                "--yes-i-am-authorized=192.0.2.1",
            ], code: 64, words: ["not in that block"]),
        Case(
            name: "flags and a file", scenario: good,
            arguments: [
                "--allow-target", "sut", "--yes-i-am-authorized=sut", "--targets", "t.yaml",
            ], code: 64, words: ["one of them"]),
        Case(
            name: "no file", scenario: good, arguments: ["--targets", "/nonexistent/t.yaml"],
            code: 104, words: ["/nonexistent/t.yaml:1:1: cannot be read"]),
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

    /// the file of --targets, arguments -> exit code, words.
    @Test(arguments: [
        ("allow:\n  - { host: sut, prots: [80] }", [String](), 104 as Int32, "targets.yaml:2:18:"),
        ("allow: [{ host: 192.0.2.1 }]", [], 104, "add --yes-i-am-authorized=192.0.2.1"),
        ("allow: [{ host: sut }]", [], 104, "add it to "),
        ("allow: [{ host: sut }]", ["--yes-i-am-authorized=x"], 64, "targets.yaml does not allow"),
        (
            "allow: [{ host: 192.0.2.1 }]\nmaxRate: 9", ["--yes-i-am-authorized=192.0.2.1"], 104,
            "its peak of 10 iterations/s is over maxRate, 9/s"
        ),
        (
            "allow: [{ host: 192.0.2.1 }]\nmaxAgents: 1",
            ["--yes-i-am-authorized=192.0.2.1", "--agents", "2"], 104, "2 agents are over maxAgents"
        ),
        (
            "allow: [{ host: 192.0.2.1 }]\nmaxDuration: 500ms",
            ["--yes-i-am-authorized=192.0.2.1"], 104, "its 1s are over maxDuration, 500ms"
        ),
    ])
    func targetsFile(text: String, arguments: [String], code: Int32, words: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(text, to: "targets.yaml")
        let run = try RunTrial(
            Self.good, ["--target", "http://192.0.2.1", "--targets", file] + arguments)
        #expect(run.exitCode(within: 30) == code, "\(run.output)")
        #expect(run.output.contains(words), "\(words) in: \(run.output)")
        #expect(!FileManager.default.fileExists(atPath: run.out), "nothing is written")
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
