// `spotload init`, `schema`, `validate` as programs: what they write, exit codes, hostile input.

import Foundation
import ScenarioModel
import TestSupport
import Testing

@Suite struct DocumentCommandTests {
    private static func run(_ arguments: [String]) throws -> (code: Int32?, output: String) {
        let program = try RunningProgram(RunningProgram.spotload, arguments)
        let code = program.exitCode(within: 60)
        return (code, program.output)
    }

    @Test func schemaIsPrintedOrWritten() throws {
        let folder = try TemporaryDirectory()
        let printed = try Self.run(["schema"])
        #expect(printed.code == 0 && printed.output == ScenarioSchema.text)
        let file = folder.path + "/s.json"
        #expect(try Self.run(["schema", "--out", file]).code == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == ScenarioSchema.text)
        #expect(try Self.run(["schema", "--out", folder.path + "/no/s.json"]).code == 69)
    }

    @Test(arguments: StarterScenario.all.map(\.name))
    func startersValidate(name: String) throws {
        let folder = try TemporaryDirectory()
        let file = folder.path + "/scenario.yaml"
        let written = try Self.run(["init", name, "--out", file])
        #expect(written.code == 0, "\(written.output)")
        #expect(
            try Self.run(["init", name]).output == String(contentsOfFile: file, encoding: .utf8))
        let valid = try Self.run(["validate", file])
        #expect(valid.code == 0 && valid.output.hasPrefix("\(file): ok: "), "\(valid.output)")
        let again = try Self.run(["init", "smoke", "--out", file])
        #expect(again.code == 104 && again.output.contains("exists"), "\(again.output)")
        let left = try String(contentsOfFile: file, encoding: .utf8)
        #expect(left == StarterScenario.named(name)?.text)
    }

    @Test func unknownStarter() throws {
        let refused = try Self.run(["init", "jorney"])
        #expect(refused.code == 64)
        #expect(refused.output.contains("smoke, rest, journey, orders, ramp"))
        #expect(refused.output.contains("did you mean \"journey\"?"))
    }

    @Test func optionsFile() throws {
        let folder = try TemporaryDirectory()
        let scenario = try folder.write(
            "name: t\ntarget: http://127.0.0.1\nflows: { default: [{ get: / }] }\nvus: 1\n",
            to: "t.yaml")
        let good = try folder.write("{\"vus\": 3, \"duration\": \"5s\", \"rps\": 9}", to: "k6.json")
        let valid = try Self.run(["validate", scenario, "--options", good])
        #expect(valid.code == 0 && valid.output.contains("default (constant-vus)"))
        #expect(valid.output.contains("\(good):1:30: rps: ignored"), "\(valid.output)")
        let bad = try folder.write("{\"duration\": \"5ms\"}", to: "bad.json")
        let refused = try Self.run(["validate", scenario, "--options", bad])
        #expect(refused.code == 104)
        #expect(refused.output.contains("\(bad):1:2: the duration must be at least 1s"))
        #expect(refused.output.hasSuffix("1 error\n"))
    }

    /// Each is refused with located errors, by every command that reads a scenario.
    @Test(arguments: ["validate", "run"])
    func hostile(command: String) throws {
        let folder = try TemporaryDirectory()
        func refused(_ name: String, _ text: String, _ words: String) throws {
            let file = try folder.write(text, to: name)
            let outcome = try Self.run([command, file])
            #expect(outcome.code == 104, "\(name): \(outcome.output.prefix(500))")
            #expect(outcome.output.contains("\(file):"), "\(name): \(outcome.output.prefix(500))")
            #expect(outcome.output.contains(words), "\(name): \(outcome.output.prefix(500))")
        }
        var bomb = "x0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 3).joined(separator: ", ")
            bomb += "x\(level): &a\(level) [\(aliases)]\n"
        }
        try refused("bomb.yaml", bomb, "with the aliases expanded")
        let deep = String(repeating: "[", count: 10_000)
        try refused("deep.yaml", "name: \(deep)", "nested deeper than 32 levels")
        let base = "name: t\ntarget: http://127.0.0.1\nflows: { default: [{ get: / }] }\nvus: 1\n"
        try refused(
            "escape.yaml", base + "data: { d: { file: ../../etc/passwd } }",
            "leads out of the scenario's folder")
        #expect(mkfifo(folder.path + "/pipe.csv", 0o600) == 0)
        try refused(
            "fifo.yaml", base + "data: { d: { file: pipe.csv } }", "is no regular file")
        let large = folder.path + "/large.yaml"
        _ = FileManager.default.createFile(atPath: large, contents: nil)
        try #require(FileHandle(forWritingAtPath: large)).truncate(atOffset: 100 << 20)
        let outcome = try Self.run([command, large])
        #expect(outcome.code == 104 && outcome.output.contains("larger than 1048576 bytes"))
        #expect(mkfifo(folder.path + "/pipe.yaml", 0o600) == 0)
        #expect(try Self.run([command, folder.path + "/pipe.yaml"]).code == 104)
    }
}
