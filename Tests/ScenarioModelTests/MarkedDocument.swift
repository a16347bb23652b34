// Documents with the expected place of their one error marked by `»`, so that a table says where
// beside what.

import Foundation
import ScenarioModel
import Testing

enum MarkedDocument {
    /// Loads the document without its mark and holds the outcome against `words`: nil, and no mark,
    /// for a good one. Files it names stand in `folder`.
    static func check(
        _ marked: String, _ words: String?, folder: String? = nil,
        options: LoadOptions = LoadOptions(), at location: SourceLocation = #_sourceLocation
    ) {
        let parts = marked.split(separator: "»", omittingEmptySubsequences: false)
        let text = parts.joined()
        let file = folder.map { $0 + "/f.yaml" } ?? "f"
        var errors: [ScenarioError] = []
        do throws(ScenarioErrors) {
            _ = try ScenarioLoader.load(text: text, file: file, options: options)
        } catch {
            errors = error.errors
        }
        guard let words else {
            #expect(errors.isEmpty && parts.count == 1, sourceLocation: location)
            return
        }
        guard parts.count == 2 else {
            Issue.record("one mark is needed: \(marked)", sourceLocation: location)
            return
        }
        let before = parts[0].split(separator: "\n", omittingEmptySubsequences: false)
        let line = before.count
        let column = (before.last?.unicodeScalars.count ?? 0) + 1
        #expect(
            errors.count == 1 && errors[0].line == line && errors[0].column == column
                && errors[0].message.contains(words),
            "expected \(line):\(column): \(words)\n\(errors)", sourceLocation: location)
    }
}
