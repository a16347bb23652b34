// Where the agent's control side and one worker meet. Contract: any thread sets flags and times and
// then wakes the worker, which looks at them once a turn; a cut is asked for by one thread at a
// time, and the worker answers it through the mailbox within a turn.

import HarnessCore
import Synchronization
import Telemetry

/// What a worker hands over at a cut: the recording changes its owner.
struct WorkerCut: Sendable {
    let recording: WorkerRecording
    /// Counters of the flows, drained already.
    let flowSeries: [SeriesDelta]
    /// Cumulative; without samples and overflow, which the cutter counts as it drains.
    let counters: RunCounters
    let vus: Int
}

final class WorkerControl: Sendable {
    private struct Mailbox {
        var cut: WorkerCut?
        var spare: WorkerRecording?
        var news = News()
    }
    /// What the worker is told, once it has been said.
    struct News: Sendable {
        var setup: [String: SetupValue]?
        /// In place of what was announced before.
        var schedule: ScheduleControl?
    }
    let waker: WakeHandle
    private let startNs = Atomic<Int64>(.max)
    private let stopFlag = Atomic<Bool>(false)
    private let abortFlag = Atomic<Bool>(false)
    private let exitFlag = Atomic<Bool>(false)
    private let dispatchUntilNs = Atomic<Int64>(.max)
    private let idleFlag = Atomic<Bool>(false)
    private let newsFlag = Atomic<Bool>(false)
    private let cutFlag = Atomic<Bool>(false)
    private let cutDone = Semaphore()
    private let mailbox = Mutex(Mailbox())

    init() throws(SystemError) { waker = try WakeHandle() }

    // MARK: - The control side

    func start(at instant: Instant) {
        startNs.store(instant.ns, ordering: .releasing)
        waker.wake()
    }
    func stop() {
        stopFlag.store(true, ordering: .releasing)
        waker.wake()
    }
    func abort() {
        abortFlag.store(true, ordering: .releasing)
        waker.wake()
    }
    func exit() {
        exitFlag.store(true, ordering: .releasing)
        waker.wake()
    }
    func tell(_ change: (inout News) -> Void) {
        mailbox.withLock { change(&$0.news) }
        newsFlag.store(true, ordering: .releasing)
        waker.wake()
    }
    /// Not woken: the worker compares at each dispatch, and an idle one has nothing to dispatch.
    func renew(until: Instant) { dispatchUntilNs.store(until.ns, ordering: .releasing) }
    var isIdle: Bool { idleFlag.load(ordering: .acquiring) }

    /// Asks the worker for a cut and waits for it.
    func requestCut() -> WorkerCut? {
        cutFlag.store(true, ordering: .releasing)
        waker.wake()
        cutDone.wait()
        return takeLeft()
    }

    /// What the worker left in the mailbox.
    func takeLeft() -> WorkerCut? {
        mailbox.withLock { box in
            defer { box.cut = nil }
            return box.cut
        }
    }

    /// Gives a drained recording back for the next swap.
    func giveBack(_ recording: WorkerRecording) { mailbox.withLock { $0.spare = recording } }

    // MARK: - The worker

    var startAt: Instant? {
        let ns = startNs.load(ordering: .acquiring)
        return ns == .max ? nil : Instant(ns: ns)
    }
    var wantsStop: Bool { stopFlag.load(ordering: .acquiring) }
    var wantsAbort: Bool { abortFlag.load(ordering: .acquiring) }
    var wantsExit: Bool { exitFlag.load(ordering: .acquiring) }
    var dispatchUntil: Instant { Instant(ns: dispatchUntilNs.load(ordering: .acquiring)) }
    func setIdle(_ isIdle: Bool) { idleFlag.store(isIdle, ordering: .releasing) }

    /// What has been told since the last call.
    func takeNews() -> News? {
        guard newsFlag.load(ordering: .acquiring) else { return nil }
        newsFlag.store(false, ordering: .releasing)
        return mailbox.withLock { box in
            defer { box.news = News() }
            return box.news
        }
    }

    /// Whether a cut is asked for; asking is then over.
    func takesCutRequest() -> Bool {
        guard cutFlag.load(ordering: .acquiring) else { return false }
        cutFlag.store(false, ordering: .releasing)
        return true
    }

    func takeSpare() -> WorkerRecording? {
        mailbox.withLock { box in
            defer { box.spare = nil }
            return box.spare
        }
    }

    /// Puts a cut into the mailbox; `isAnswer`: somebody waits for it.
    func post(_ cut: WorkerCut, isAnswer: Bool) {
        mailbox.withLock { $0.cut = cut }
        if isAnswer { cutDone.signal() }
    }
}
