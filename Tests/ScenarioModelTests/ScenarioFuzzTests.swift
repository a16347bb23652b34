// Shipped scenarios, mutated by a seeded generator: the loader answers with a scenario or located
// errors, never with a crash, and what it accepts agents decode to the same.

import Foundation
import HarnessCore
import ScenarioModel
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
    func mutations(name: String) throws {
        let file = ShippedScenarioTests.folder.appendingPathComponent("\(name).yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        var accepted = 0
        for seed in 1...400 as ClosedRange<UInt64> {
            var rng = SplitMix64(state: seed)
            let mutant = Self.mutated(text, &rng)
            let lines = mutant.split(separator: "\n", omittingEmptySubsequences: false).count
            do {
                let loaded = try ScenarioLoader.load(
                    text: mutant, file: "f", options: LoadOptions())
                accepted += 1
                let again = try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML)
                #expect(
                    ShippedScenarioTests.unplaced(again)
                        == ShippedScenarioTests.unplaced(loaded.scenario),
                    "seed \(seed)")
            } catch {
                #expect(!error.errors.isEmpty, "seed \(seed)")
                for one in error.errors {
                    #expect(
                        one.file == "f" && (1...lines + 1).contains(one.line) && one.column >= 1,
                        "seed \(seed): \(one)")
                }
            }
        }
        // A generator that breaks everything, or nothing, would test little.
        #expect((1..<400).contains(accepted))
    }
}
