// What is wrong with a document: every error at once, each with its place.

/// One error; line and column from 1, columns count Unicode scalars.
package struct ScenarioError: Sendable, Hashable, CustomStringConvertible {
    /// The document's path as given, or `--set path` for a value from the command line.
    package var file: String
    package var line: Int
    package var column: Int
    package var message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    package var description: String { "\(file):\(line):\(column): \(message)" }
}

/// All errors of a document, by position.
package struct ScenarioErrors: Error, Sendable, CustomStringConvertible {
    package var errors: [ScenarioError]

    package init(errors: [ScenarioError]) {
        self.errors = errors
    }

    init(_ message: String, at place: SourcePosition) {
        errors = [
            ScenarioError(
                file: place.file, line: place.line, column: place.column, message: message)
        ]
    }

    package var description: String {
        let count = errors.count == 1 ? "1 error" : "\(errors.count) errors"
        return (errors.map(\.description) + [count]).joined(separator: "\n")
    }
}
