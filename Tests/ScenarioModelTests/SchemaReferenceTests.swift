// The key reference of the guide is the schema's own.

import Foundation
import ScenarioModel
import Testing

@Suite struct SchemaReferenceTests {
    @Test func theGuideHasEveryKey() throws {
        let guide = ShippedScenarioTests.folder.deletingLastPathComponent()
            .appendingPathComponent("docs/scenarios.md")
        let text = try String(contentsOf: guide, encoding: .utf8)
        let parts = text.components(separatedBy: "<!-- keys -->\n")
        #expect(parts.count == 2 && parts[1] == ScenarioSchema.reference, "schema --markdown")
    }

    @Test func aLineForEachKey() {
        let lines = ScenarioSchema.reference.split(separator: "\n").map(String.init)
        for line in [
            "| `defaults.timeout` | Of a request, connecting included (60s). |",
            "| `data.NAME.pick` | `sequential`, `round-robin`, `random`, `unique`: Which row an "
                + "iteration gets (sequential); unique: each once in the fleet. |",
            "| `stages[].target` | The level at its end. Required. |",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        for line in lines where line.hasPrefix("| `") {
            #expect(line.split(separator: "|").count >= 2 && !line.contains("| |"), "\(line)")
        }
    }
}
