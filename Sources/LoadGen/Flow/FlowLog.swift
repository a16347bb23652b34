// Lines of `log` steps on their way from the workers to the agent's log: at most 10 a second and
// 1,000 a run of one agent, the rest only counted (scenarios.md section 2).
//
// Workers add, whoever cuts takes. A worker never waits: where another thread is at the list just
// then, the line is counted as one too many. Whoever takes may do with the lines what takes its
// time.

import HarnessCore
import Synchronization

/// Log lines of one agent's flows. Callable from any thread.
package final class FlowLog: Sendable {
    private struct State {
        var pending: [String] = []
        /// Of the turn's clock.
        var second = Int64.min
        var inSecond = 0
        var total = 0
    }
    private let state = Mutex(State())
    private let suppressedCount = Atomic<UInt64>(0)

    package init() {}

    /// Adds `scenario: text` if the second and the run have room for it.
    func add(
        _ text: [UInt8], scenario: String, now: Instant, redactor: SecretRedactor
    ) {
        let isTaken = state.withLockIfAvailable { state in
            let second = now.ns / 1_000_000_000
            if second != state.second {
                state.second = second
                state.inSecond = 0
            }
            guard state.inSecond < Limits.logLinesPerSecond, state.total < Limits.logLinesPerRun
            else { return false }
            state.inSecond += 1
            state.total += 1
            state.pending.append("\(scenario): \(Self.line(text, redactor))")
            return true
        }
        if isTaken != true { suppressedCount.add(1, ordering: .relaxed) }
    }

    /// The lines since the last call.
    package func take() -> [String] {
        state.withLock { state in
            let lines = state.pending
            state.pending.removeAll(keepingCapacity: true)
            return lines
        }
    }

    /// Lines that had no room, in all.
    package var suppressed: UInt64 { suppressedCount.load(ordering: .relaxed) }

    /// One line without control characters, cut to `Limits.logLineBytes`.
    private static func line(_ text: [UInt8], _ redactor: SecretRedactor) -> String {
        let isCut = text.count > Limits.logLineBytes
        let shown = String(decoding: text.prefix(Limits.logLineBytes), as: UTF8.self)
        var scalars = String.UnicodeScalarView()
        for scalar in redactor.redact(shown, isCut: isCut).unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            scalars.append(isControl ? " " : scalar)
        }
        return String(scalars) + (isCut ? "..." : "")
    }
}
