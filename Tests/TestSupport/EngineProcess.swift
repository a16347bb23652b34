// The real engine as a child of a test.

import Foundation

/// A running `spotload engine` on a free port.
package final class EngineProcess: Sendable {
    package let program: RunningProgram
    package let url: String
    package let client: HTTPClient

    package init(dataDirectory: String, _ more: [String] = []) throws {
        program = try RunningProgram(
            RunningProgram.spotload,
            ["engine", "--bind", "127.0.0.1:0", "--data-dir", dataDirectory, "--accounts", "8"]
                + more)
        guard let line = program.line(containing: "listening ") else {
            throw EngineProcessError(output: program.output)
        }
        url = String(line.dropFirst("listening ".count))
        client = HTTPClient(url)
    }

    /// SIGKILL, and proof that it worked.
    package func killHard() -> Bool {
        program.kill(SIGKILL)
        return program.waits(upTo: 10) { program.status == 128 + SIGKILL }
    }
}

package struct EngineProcessError: Error, CustomStringConvertible {
    package let output: String
    package var description: String { "the engine did not start:\n\(output)" }
}
