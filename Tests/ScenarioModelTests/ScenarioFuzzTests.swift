// Scenarios and the files they name, mutated by a seeded generator: the loader answers with a
// scenario or located errors, never with a crash, and what it accepts agents decode to the same.

import Foundation
import HarnessCore
import ScenarioModel
import TestSupport
import Testing

@Suite struct ScenarioFuzzTests {
    private static let fragments = [
        "${", "}", "${x}", "$${", ": ", "- ", "\n", "  ", "[", "]", "{", "}", "*a", "&a ", "<<: ",
        "!!str ", "'", "\"", "null", "~", "-1", "99999999999999999999", "1e400", ".5", "10ms",
        "\u{1}", "é", "---\n", "\t", "#", "|", ">", "p(", "x-", "weight: 0", "order", "%",
    ]

    private static func mutated(_ text: String, _ rng: inout SplitMix64) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        for _ in 0...Draw.below(rng.next(), 4) {
            let line = Int(Draw.below(rng.next(), UInt64(lines.count)))
            let column = Int(Draw.below(rng.next(), UInt64(lines[line].count + 1)))
            let other = Int(Draw.below(rng.next(), UInt64(lines.count)))
            switch Draw.below(rng.next(), 6) {
            case 0: lines[line] = lines[other]
            case 1: lines.swapAt(line, other)
            case 2: lines[line].removeSubrange(column...)
            case 3: lines[line].insert(contentsOf: lines[other], at: column)
            case 4 where column < lines[line].count: lines[line].remove(at: column)
            default:
                let which = Int(Draw.below(rng.next(), UInt64(fragments.count)))
                lines[line].insert(contentsOf: fragments[which], at: column)
            }
        }
        return lines.map { String($0) }.joined(separator: "\n")
    }

    @Test(.timeLimit(.minutes(5)), arguments: ShippedScenarioTests.names)
    func shippedScenarios(name: String) throws {
        let file = ShippedScenarioTests.folder.appendingPathComponent("\(name).yaml")
        try mutations(of: String(contentsOf: file, encoding: .utf8), file: file.path)
    }

    @Test(.timeLimit(.minutes(5)), arguments: StarterScenario.all.map(\.name))
    func starters(name: String) throws {
        let starter = try #require(StarterScenario.named(name))
        try mutations(of: starter.text, file: "\(name).yaml")
    }

    /// Every map of the language, with files.
    @Test(.timeLimit(.minutes(5)))
    func everyKey() throws {
        let folder = try TemporaryDirectory()
        let path = try EveryKeyDocument.write(to: folder)
        try mutations(of: EveryKeyDocument.text, file: path, count: 1_500)
    }

    private func mutations(of text: String, file: String, count: UInt64 = 250) throws {
        var accepted = 0
        for seed in 1...count {
            var rng = SplitMix64(state: seed)
            let mutant = Self.mutated(text, &rng)
            let lines = mutant.split(separator: "\n", omittingEmptySubsequences: false).count
            do {
                let loaded = try ScenarioLoader.load(
                    text: mutant, file: file, options: LoadOptions())
                accepted += 1
                let files = loaded.files.map { ($0.path, $0.bytes) }
                let again = try ScenarioLoader.decodeEffective(
                    yaml: loaded.effectiveYAML, files: Dictionary(uniqueKeysWithValues: files))
                #expect(
                    ShippedScenarioTests.unplaced(again)
                        == ShippedScenarioTests.unplaced(loaded.scenario),
                    "seed \(seed)")
            } catch {
                #expect(!error.errors.isEmpty, "seed \(seed)")
                for one in error.errors {
                    #expect(
                        one.file == file && (1...lines + 1).contains(one.line) && one.column >= 1,
                        "seed \(seed): \(one)")
                }
            }
        }
        // A generator that breaks everything, or nothing, would test little.
        #expect((1..<Int(count)).contains(accepted))
    }

    /// Data files and options, byte by byte: a table, a tree, or an error.
    @Test(.timeLimit(.minutes(5)))
    func files() throws {
        let folder = try TemporaryDirectory()
        let csv = Array("a,b\r\n\"x,\"\"y\"\"\",2\n3,\"\"\n".utf8)
        let json = Array(#"[{"a": "x\u00e9\n", "b": [1.5e3, {}]}, {"b": null, "a": -0}]"#.utf8)
        let signs = Array("\",\n\r\\{}[]:u0-.e ".utf8) + [0xFF, 0xC3]
        var accepted = 0
        for seed in 1...600 as ClosedRange<UInt64> {
            var rng = SplitMix64(state: seed)
            let isJSON = Draw.below(rng.next(), 2) == 0
            var bytes = isJSON ? json : csv
            for _ in 0...Draw.below(rng.next(), 3) {
                let at = Int(Draw.below(rng.next(), UInt64(bytes.count)))
                let sign = signs[Int(Draw.below(rng.next(), UInt64(signs.count)))]
                switch Draw.below(rng.next(), 3) {
                case 0: bytes[at] = sign
                case 1: bytes.insert(sign, at: at)
                default: if bytes.count > 1 { bytes.remove(at: at) }
                }
            }
            let name = isJSON ? "x.json" : "x.csv"
            try Data(bytes).write(to: folder.url.appendingPathComponent(name))
            let text = Documents.with("data: { t: { file: \(name) } }")
            do throws(ScenarioErrors) {
                let loaded = try ScenarioLoader.load(
                    text: text, file: folder.path + "/f.yaml", options: LoadOptions())
                accepted += loaded.scenario.feeders.count
            } catch {
                #expect(error.errors.count == 1 && error.errors[0].line == 5, "seed \(seed)")
            }
        }
        #expect((1..<600).contains(accepted))
    }
}
