// A real program started by a test: the spotload binary, or any server. Output is collected, the
// program is killed when the test lets go of it.

package import Foundation
import Synchronization

/// A started program.
package final class RunningProgram: Sendable {
    private struct State {
        var output = ""
        var isOutputOver = false
        var status: Int32?
    }
    /// What the threads hold: not the program itself, so that letting go of it ends it.
    private final class Shared: Sendable {
        let state = Mutex(State())
        let changed = DispatchSemaphore(value: 0)
    }
    private let shared = Shared()
    package let pid: Int32

    /// The spotload binary beside the test bundle.
    package static var spotload: URL {
        let build = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return build.appendingPathComponent("spotload")
    }

    /// Starts `program`; stdout and stderr go into one text.
    package init(
        _ program: URL = RunningProgram.spotload, _ arguments: [String],
        environment: [String: String] = [:]
    ) throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        let shared = shared
        try process.run()
        pid = process.processIdentifier
        let pid = pid
        let reader = pipe.fileHandleForReading
        Thread.detachNewThread {
            while true {
                let data = reader.availableData
                shared.state.withLock {
                    $0.output += String(decoding: data, as: UTF8.self)
                    $0.isOutputOver = data.isEmpty
                }
                shared.changed.signal()
                if data.isEmpty { break }
            }
        }
        let box = ProcessBox(process)
        Thread.detachNewThread {
            let status = Self.exitStatus(of: pid) ?? box.wait()
            shared.state.withLock { $0.status = status }
            shared.changed.signal()
        }
    }

    /// Blocks until the program ends, and leaves it for Foundation to collect; nil where Foundation
    /// was quicker. Its own `waitUntilExit` takes a whole core for as long as the program runs.
    private static func exitStatus(of pid: Int32) -> Int32? {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 {
            guard errno == EINTR else { return nil }
        }
        let status = info._sifields._sigchld.si_status
        return info.si_code == CLD_EXITED ? status : 128 + status
    }

    package var output: String { shared.state.withLock { $0.output } }
    /// Exit code, or 128 + n after signal n; nil while it runs.
    package var status: Int32? { shared.state.withLock { $0.status } }

    /// Waits until `condition` holds or `seconds` have passed; says which.
    package func waits(upTo seconds: Double, until condition: () -> Bool) -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        while !condition() {
            if Date() > deadline { return false }
            _ = shared.changed.wait(timeout: .now() + .milliseconds(20))
        }
        return true
    }

    /// The first line that contains `text`, waiting for it; nil where the program ended or time
    /// ran out.
    package func line(containing text: String, within seconds: Double = 60) -> String? {
        func find() -> String? {
            output.split(separator: "\n").first { $0.contains(text) }.map(String.init)
        }
        _ = waits(upTo: seconds) { find() != nil || status != nil }
        return find()
    }

    /// The exit code; the program is killed and nil returned where it takes longer than `seconds`.
    package func exitCode(within seconds: Double = 120) -> Int32? {
        if waits(upTo: seconds, until: { status != nil }) {
            // The reader may be behind; it never ends where a child of the program lives on.
            _ = waits(upTo: 2) { shared.state.withLock { $0.isOutputOver } }
            return status
        }
        kill(SIGKILL)
        return nil
    }

    package func kill(_ signal: Int32) { _ = Foundation.kill(pid, signal) }

    deinit { if status == nil { kill(SIGKILL) } }

    /// Foundation's `Process` is not Sendable; this one is touched by the waiting thread alone.
    private final class ProcessBox: @unchecked Sendable {
        private let process: Process
        init(_ process: Process) { self.process = process }
        func wait() -> Int32 {
            process.waitUntilExit()
            return process.terminationReason == .uncaughtSignal
                ? 128 + process.terminationStatus : process.terminationStatus
        }
    }
}
