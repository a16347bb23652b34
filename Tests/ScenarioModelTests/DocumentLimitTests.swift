// Bombs: refused with one located error, before anything walks what they would become.

import Foundation
import HarnessCore
import ScenarioModel
import Testing

@Suite struct DocumentLimitTests {
    @Test(.timeLimit(.minutes(1)))
    func billionLaughs() {
        var text = "x0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 3).joined(separator: ", ")
            text += "x\(level): &a\(level) [\(aliases)]\n"
        }
        let errors = Documents.errors(text)
        #expect(errors.count == 1 && errors[0].contains("with the aliases expanded"), "\(errors)")
    }

    /// Hashing or comparing such a key would take 2^60 steps.
    @Test(.timeLimit(.minutes(1)))
    func bombsAsKeys() {
        var text = "x0: &a0 [x, x]\n"
        for level in 1...60 { text += "x\(level): &a\(level) [*a\(level - 1)]\n" }
        text += "? *a25\n: 1\n? *a25\n: 2\n"
        let errors = Documents.errors(text)
        #expect(errors.count == 1 && errors[0].contains("nested deeper than 32"), "\(errors)")
    }

    @Test(arguments: [100, 101])
    func aliases(count: Int) {
        let text = Documents.with(
            "x-a: &a 1\nx-b: [" + Array(repeating: "*a", count: count).joined(separator: ", ")
                + "]\n")
        #expect(Documents.errors(text).isEmpty == (count == 100))
    }

    @Test(arguments: [(31, true), (32, false), (900, false), (500_000, false)])
    func depth(levels: Int, isGood: Bool) {
        let text = Documents.with(
            "x-a: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels))
        let errors = Documents.errors(text)
        #expect(errors.isEmpty == isGood, "\(errors)")
        #expect(errors.count <= 1)
    }

    @Test func aliasesDoNotHideDepth() {
        let deep = String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
        let text =
            "x-a: &a \(deep)\nx-b: " + String(repeating: "[", count: 20) + "*a"
            + String(repeating: "]", count: 20)
        let errors = Documents.errors(text)
        #expect(errors == ["2:26: nested deeper than 32 levels"])
    }

    @Test func nodes() {
        let text = Documents.with("x-a: [" + String(repeating: "1,", count: 100_000) + "]")
        let errors = Documents.errors(text)
        #expect(errors.count == 1 && errors[0].contains("more than 100000 nodes"), "\(errors)")
    }

    @Test func longTexts() {
        let good = String(repeating: "x", count: 65_536)
        #expect(Documents.errors(Documents.with("description: \(good)")).isEmpty)
        #expect(
            Documents.errors(Documents.with("description: \(good)x"))
                == ["5:14: a text longer than 65536 bytes"])
    }

    @Test func largeDocuments() {
        let text = Documents.base + String(repeating: "# comment\n", count: 110_000)
        #expect(Documents.errors(text) == ["1:1: the document is larger than 1048576 bytes"])
    }

    @Test(.timeLimit(.minutes(1)))
    func manyUnknownKeys() {
        let lines = (0..<5_000).map { "preAllocatedVU\($0): 1" }.joined(separator: "\n")
        #expect(Documents.errors(Documents.with(lines)).count == 5_000)
    }

    @Test func counts() {
        let scenario = "{ executor: constant-vus, duration: 1s }"
        let many = (0...100).map { "s\($0): \(scenario)" }.joined(separator: ", ")
        let text = Documents.base.replacing("{ s: \(scenario) }", with: "{ \(many) }")
        #expect(Documents.errors(text) == ["4:12: scenarios: more than 100"])
        let steps = Array(repeating: "{ think: 1 }", count: 5_001).joined(separator: ",\n")
        let errors = Documents.errors(Documents.flow("[\(steps)]"))
        #expect(errors == ["5005:1: flows: more than 5000 steps"])
    }

    @Test func files() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("spotload-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            // Nothing depends on the folder's going.
            try? FileManager.default.removeItem(at: folder)
        }
        func message(_ name: String) -> String? {
            let path = folder.appendingPathComponent(name).path
            do {
                _ = try ScenarioLoader.load(path: path, options: LoadOptions())
                return nil
            } catch {
                #expect(error.errors.count == 1 && error.errors[0].file == path)
                #expect(error.errors[0].line == 1 && error.errors[0].column == 1)
                return error.errors[0].message
            }
        }
        #expect(message("none") == "cannot be read: No such file or directory")
        #expect(message("") == "is no regular file")
        #expect(mkfifo(folder.appendingPathComponent("fifo").path, 0o600) == 0)
        #expect(message("fifo") == "is no regular file")
        try Data([0x6E, 0xFF]).write(to: folder.appendingPathComponent("latin"))
        #expect(message("latin") == "is not UTF-8")
        try Data(count: 1_048_577).write(to: folder.appendingPathComponent("large"))
        #expect(message("large") == "the document is larger than 1048576 bytes")
        try Data(Documents.base.utf8).write(to: folder.appendingPathComponent("good"))
        #expect(message("good") == nil)
    }
}
