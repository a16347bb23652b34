// The bundled null server as a process of a test: answers every request with the same bytes, to as
// many connections as its files allow.

import Foundation

package final class NullTarget: Sendable {
    private let program: RunningProgram
    package let url: String

    package init() throws {
        program = try RunningProgram(RunningProgram.spotload, ["null-server"])
        guard let line = program.line(containing: "listening ", within: 30) else {
            throw TestServerError(output: program.output)
        }
        url = String(line.dropFirst("listening ".count))
    }
}
