// The real engine as a child of a test.

import Foundation

/// A running `spotload engine` on a free port.
package final class EngineProcess: Sendable {
    package let program: RunningProgram
    package let url: String
    package let client: HTTPClient

    /// - Parameter bind: `ADDR:PORT`, to come back on the port of a killed one.
    package init(
        dataDirectory: String, bind: String = "127.0.0.1:0", accounts: Int = 8,
        _ more: [String] = [], environment: [String: String] = [:]
    ) throws {
        program = try RunningProgram(
            RunningProgram.spotload,
            [
                "engine", "--bind", bind, "--data-dir", dataDirectory, "--accounts",
                String(accounts),
            ] + more, environment: environment)
        guard let line = program.line(containing: "listening ") else {
            // The reader of its output may be behind its end.
            _ = program.exitCode(within: 5)
            throw EngineProcessError(output: program.output)
        }
        url = String(line.dropFirst("listening ".count))
        client = HTTPClient(url)
    }

    /// `ADDR:PORT`
    package var address: String { String(url.dropFirst("http://".count)) }

    /// Requests of load generators it has counted, by /metrics; 0 where it does not answer.
    package var requestsOfAgents: UInt64 {
        client.send("GET", "/metrics").body.split(separator: "\n")
            .filter { $0.hasPrefix("spotload_engine_agent_requests_total{") }
            .reduce(0) { $0 + ($1.split(separator: " ").last.flatMap { UInt64($0) } ?? 0) }
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
