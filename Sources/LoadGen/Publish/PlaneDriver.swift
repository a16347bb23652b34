// The cutter: a thread that waits for run time 0, cuts the data plane at each whole second of run
// time, and once it is idle ends it and cuts the final delta. It never touches Redis, so an outage
// cannot delay a cut.

import HarnessCore
import Synchronization
import Telemetry

final class PlaneDriver: Sendable {
    /// How often idleness is looked at.
    private static let step = TimeSpan.milliseconds(20)
    private static let window = TimeSpan.seconds(1)

    private let plane: any DataPlane
    private let board: AgentBoard
    private let blotter: SecretBlotter
    /// Nil: the plane never started.
    private let start: Instant?
    private let thread: Mutex<DedicatedThread?> = Mutex(nil)

    /// - Parameter start: run time 0 on the monotonic clock; nil to end an unstarted plane.
    init(plane: any DataPlane, board: AgentBoard, blotter: SecretBlotter, start: Instant?) {
        self.plane = plane
        self.board = board
        self.blotter = blotter
        self.start = start
    }

    func begin() {
        thread.withLock { $0 = DedicatedThread(name: "agent-cut") { [self] in run() } }
    }

    func join() {
        let started = thread.withLock { $0 }
        started?.join()
    }

    private func run() {
        var cutThrough: UInt32 = 0
        if let start {
            waitFor(start)
            board.withLock { $0.wokeAt = Instant.now() }
            plane.windowsBegin()
            while !waitFor(start + Self.window * (Int64(cutThrough) + 1)) {
                // A thread that was frozen cuts once for all the seconds it missed.
                let through = Self.windows(at: Instant.now(), since: start)
                cut(from: cutThrough, to: through, since: start, isFinal: false)
                cutThrough = through
            }
        }
        plane.shutdown()
        let now = Instant.now()
        let elapsed = start.map { max(TimeSpan.zero, now - $0) } ?? .zero
        let end = UInt32(clamping: (elapsed.ns + Self.window.ns - 1) / Self.window.ns)
        cut(from: cutThrough, to: max(cutThrough, end), since: start, isFinal: true)
        board.withLock { $0.isIdle = true }
    }

    /// Waits until `instant`; true as soon as the plane is idle before it. A window that is over is
    /// cut by itself even then: joined to the final delta it would count in the window after.
    @discardableResult
    private func waitFor(_ instant: Instant) -> Bool {
        while true {
            let left = instant - Instant.now()
            if left <= .zero { return false }
            if plane.isIdle { return true }
            Pause.sleep(min(left, Self.step))
        }
    }

    /// Whole windows that have passed.
    private static func windows(at now: Instant, since start: Instant) -> UInt32 {
        UInt32(clamping: (now - start).ns / window.ns)
    }

    private func cut(from: UInt32, to: UInt32, since start: Instant?, isFinal: Bool) {
        let cut = plane.cut()
        let series = blotter.blotted(cut.series)
        let cutAtUs = start.map { max(0, (Instant.now() - $0).ns / 1_000) } ?? 0
        board.withLock { state in
            let clock = state.clockErrorNs.map { HealthGauge.make("clock", $0) }
            state.counters = cut.counters
            state.vus = cut.vus
            state.window = Int(to)
            state.cuts += 1
            if state.spool.waiting == 0 { state.progressAt = Instant.now() }
            state.spool.add(
                PendingDelta(
                    fromWindow: from, toWindow: to, planRev: state.planRev, cutAtUs: cutAtUs,
                    counters: cut.counters, series: series + (clock.map { [$0] } ?? []),
                    isFinal: isFinal))
        }
    }
}
