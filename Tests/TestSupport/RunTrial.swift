// One `spotload run` of a test: the real binary in a folder of its own, and everything that it
// started, found by a mark in the environment that children inherit.

import Foundation
import Glibc

package final class RunTrial: Sendable {
    package let directory: TemporaryDirectory
    package let program: RunningProgram
    /// `<folder>/out`, unless the caller gave another.
    package let out: String
    private let mark: String

    /// - Parameters:
    ///   - arguments: after `run FILE --out DIR`.
    ///   - files: beside the scenario, by name.
    ///   - environment: over that of the test.
    package convenience init(
        _ scenario: String, _ arguments: [String] = [], files: [String: String] = [:],
        out: String? = nil, environment: [String: String] = [:]
    ) throws {
        let directory = try TemporaryDirectory()
        for (name, text) in files { _ = try directory.write(text, to: name) }
        try self.init(
            directory, file: directory.write(scenario, to: "scenario.yaml"), arguments, out: out,
            environment: environment)
    }

    /// The same with a scenario that is a file already, its data beside it.
    package convenience init(file: String, _ arguments: [String] = []) throws {
        try self.init(
            TemporaryDirectory(), file: file, arguments, out: nil, environment: [:])
    }

    private init(
        _ directory: TemporaryDirectory, file: String, _ arguments: [String], out: String?,
        environment: [String: String]
    ) throws {
        self.directory = directory
        self.out = out ?? directory.path + "/out"
        mark = "SPOTLOAD_TRIAL=\(UUID().uuidString)"
        let name = mark.split(separator: "=")
        program = try RunningProgram(
            RunningProgram.spotload, ["run", file, "--out", self.out] + arguments,
            environment: environment.merging([
                String(name[0]): String(name[1]), "TMPDIR": directory.path,
            ]) { $1 })
    }

    package var output: String { program.output }

    /// Waits for the end. Nil: it took longer than `seconds` and was killed.
    package func exitCode(within seconds: Double = 90) -> Int32? {
        program.exitCode(within: seconds)
    }

    /// The run's folder, once it is made.
    package var results: String? {
        // Losing the error is right: it is not there yet.
        let runs = (try? FileManager.default.contentsOfDirectory(atPath: out)) ?? []
        return runs.max().map { out + "/" + $0 }
    }

    /// The summary the run wrote.
    package func summary() throws -> RunSummary {
        let runs = try FileManager.default.contentsOfDirectory(atPath: out)
        guard let run = runs.max() else { throw RunTrialError(output: output) }
        let file = out + "/" + run + "/summary.json"
        guard FileManager.default.fileExists(atPath: file) else {
            throw RunTrialError(output: output)
        }
        return try RunSummary(file: file)
    }

    /// Waits for the note that the load runs.
    package func isRunning(within seconds: Double = 60) -> Bool {
        program.line(containing: "running", within: seconds)?.hasPrefix("running") ?? false
    }

    /// Processes that the run has started, itself not counted, that still are there.
    /// A redis-server writes its title over its environment, and names its socket there.
    package var children: [(pid: Int32, command: String)] {
        ProcessTable.all { $0.contains(mark) || $1.contains("unixsocket:" + directory.path) }
            .filter { $0.pid != program.pid }
    }

    /// Its children whose command line holds `word`.
    package func children(_ word: String) -> [Int32] {
        children.filter { $0.command.contains(word) }.map(\.pid)
    }

    /// Whether everything is gone, given a moment for the kernel to sweep up.
    package var leavesNoOrphans: Bool {
        program.waits(upTo: 5) { children.isEmpty }
    }
}

package struct RunTrialError: Error, CustomStringConvertible {
    package let output: String
    package var description: String { "the run wrote no summary:\n\(output)" }
}

/// Processes by proc(5).
package enum ProcessTable {
    /// Those whose environment and command line satisfy `isWanted`; zombies have neither.
    package static func all(
        where isWanted: (_ environment: [String], _ command: String) -> Bool
    ) -> [(pid: Int32, command: String)] {
        // Losing the errors is right: processes come and go while we look.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap { pid in
            let command = words("/proc/\(pid)/cmdline").joined(separator: " ")
            return isWanted(words("/proc/\(pid)/environ"), command) ? (pid, command) : nil
        }
    }

    private static func words(_ file: String) -> [String] {
        guard let descriptor = fopen(file, "r") else { return [] }
        defer { fclose(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while case let n = fread(&part, 1, part.count, descriptor), n > 0 {
            bytes += part[..<n]
        }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
