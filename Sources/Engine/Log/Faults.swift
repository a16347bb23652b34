// Fault injection for tests: at a named point of the path the process kills itself, or a system
// call fails. Nothing is armed unless `spotload engine` was started with `--allow-faults`; then
// SPOTLOAD_ENGINE_FAULT=<point>:<n> says where and at which passage (engine.md 4).

import Glibc
package import HarnessCore
import Synchronization

/// A place that every batch, commit or snapshot passes.
package enum FaultPoint: String, CaseIterable, Sendable {
    case beforeAppend = "before-append"
    case afterAppend = "after-append"
    case beforeSync = "before-sync"
    case afterSync = "after-sync"
    case beforeApply = "before-apply"
    case afterApply = "after-apply"
    case beforeReply = "before-reply"
    case afterReply = "after-reply"
    case beforeStoreBegin = "before-store-begin"
    case afterStoreBegin = "after-store-begin"
    case beforeCommit = "before-commit"
    case afterCommit = "after-commit"
    case beforeSnapshotWrite = "before-snapshot-write"
    case afterSnapshotWrite = "after-snapshot-write"
    case beforeRename = "before-rename"
    case afterRename = "after-rename"
    case beforeTrim = "before-trim"
    case afterTrim = "after-trim"
    /// Does not kill: the journal's fdatasync fails with EIO.
    case failSync = "fail-sync"
    /// Does not kill: the shadow's event hash comes out wrong.
    case wrongHash = "wrong-hash"
}

/// The one fault that is armed. Passing an unarmed point costs one relaxed load.
package enum Faults {
    private static let armed = Mutex<FaultPoint?>(nil)
    private static let isArmed = Atomic<Bool>(false)
    private static let passagesLeft = Atomic<Int>(0)

    /// - Parameter text: `<point>:<n>`, n from 1.
    /// - Throws: 104 where it is no fault; the text lists the points.
    package static func arm(_ text: String) throws(CommandFailure) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let point = FaultPoint(rawValue: String(parts[0])),
            let n = Int(parts[1]), n > 0
        else {
            let points = FaultPoint.allCases.map(\.rawValue).joined(separator: " ")
            throw CommandFailure(
                .badConfiguration,
                "SPOTLOAD_ENGINE_FAULT takes <point>:<n>, not \"\(text)\"; points: \(points)")
        }
        armed.withLock { $0 = point }
        passagesLeft.store(n, ordering: .relaxed)
        isArmed.store(true, ordering: .releasing)
    }

    /// Kills the process where this is the passage that was asked for.
    @inline(__always)
    package static func pass(_ point: FaultPoint) {
        if isArmed.load(ordering: .relaxed), isDue(point) { die(point) }
    }

    /// Whether the call at `point` must fail this time.
    @inline(__always)
    package static func fails(_ point: FaultPoint) -> Bool {
        isArmed.load(ordering: .relaxed) && isDue(point)
    }

    @inline(never)
    private static func isDue(_ point: FaultPoint) -> Bool {
        guard armed.withLock({ $0 }) == point else { return false }
        return passagesLeft.subtract(1, ordering: .relaxed).newValue == 0
    }

    @inline(never)
    private static func die(_ point: FaultPoint) {
        let line = Array("engine: fault \(point.rawValue)\n".utf8)
        // The line is for whoever reads the test's output; the kill is the point.
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        kill(getpid(), SIGKILL)
        while true { pause() }
    }
}
