// A child process of a run: redis-server, the bundled engine, an agent. It dies with us
// (PR_SET_PDEATHSIG, by setpriv), has its own process group, so that Ctrl-C reaches us alone, and
// its output goes line by line to whoever started it.

import Foundation
import HarnessCore
import Subprocess
import Synchronization

/// A started child.
final class ChildProcess: Sendable {
    let name: String
    let pid: Int32
    private let ended: Task<Int32, any Error>
    private let isOver = Atomic<Bool>(false)

    /// Whether it has ended.
    var hasEnded: Bool { isOver.load(ordering: .acquiring) }

    private init(name: String, pid: Int32, ended: Task<Int32, any Error>) {
        self.name = name
        self.pid = pid
        self.ended = ended
    }

    /// Starts `executable`. `onLine` gets each line of its stdout and stderr.
    ///
    /// - Throws: `CommandFailure` 69 where it cannot be started.
    static func start(
        name: String, executable: String, arguments: [String],
        onLine: @escaping @Sendable (String) -> Void
    ) async throws -> ChildProcess {
        var options = PlatformOptions()
        options.processGroupID = 0
        let platformOptions = options
        let (pids, started) = AsyncStream.makeStream(of: Int32.self)
        // The spawning thread of swift-subprocess lasts as long as the process: the death signal
        // is that of our own end.
        let ended = Task<Int32, any Error> {
            defer { started.finish() }
            let result = try await Subprocess.run(
                .name("setpriv"),
                arguments: Arguments(["--pdeathsig", "KILL", "--", executable] + arguments),
                platformOptions: platformOptions, input: .none, output: .sequence,
                error: .combinedWithOutput
            ) { execution in
                started.yield(execution.processIdentifier.value)
                for try await line in execution.standardOutput.strings() { onLine(line) }
            }
            switch result.terminationStatus {
            case .exited(let code): return Int32(code)
            case .signaled(let signal): return 128 + Int32(signal)
            }
        }
        for await pid in pids {
            let child = ChildProcess(name: name, pid: pid, ended: ended)
            Task {
                _ = await child.wait()
                child.isOver.store(true, ordering: .releasing)
            }
            return child
        }
        do {
            let code = try await ended.value
            throw CommandFailure(.unavailable, "\(name) did not start (exit \(code))")
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.unavailable, "\(name) did not start: \(executable): \(error)")
        }
    }

    /// Waits for its end: the exit code, 128 + n after signal n, -1 where it cannot be told.
    func wait() async -> Int32 {
        // A failed wait has no code to give; the caller only reports it.
        (try? await ended.value) ?? -1
    }

    /// SIGTERM, then SIGKILL after `grace`; returns when it has ended.
    @discardableResult
    func stop(grace: TimeSpan) async -> Int32 {
        guard !hasEnded else { return await wait() }
        kill(pid, SIGTERM)
        let killer = Task { [pid] in
            try await Task.sleep(for: .nanoseconds(grace.ns))
            kill(pid, SIGKILL)
        }
        defer { killer.cancel() }
        return await wait()
    }
}
