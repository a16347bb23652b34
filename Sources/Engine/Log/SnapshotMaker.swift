// Snapshots by a shadow: a thread of low priority replays the journal from the last snapshot
// through a matcher of its own, up to a command after which the live one noted its event hash. Both
// must agree; then the shadow's state is written. The live matcher is neither copied nor held up.
//
//     matcher thread --mark (seq, event hash)--> [marks] -> shadow: load, replay, compare, write,
// trim
//
// Kept are two snapshots at or below the store's watermark, all above it, and the journal after the
// older of the two.

import Glibc
import HarnessCore
import Synchronization

package final class SnapshotMaker: Sendable {
    /// What the live matcher was like after a command.
    package struct Mark: Sendable, Equatable {
        package var seq: UInt64
        package var eventHash: UInt64

        package init(seq: UInt64, eventHash: UInt64) {
            self.seq = seq
            self.eventHash = eventHash
        }
    }
    package struct Failure: Error, Sendable {
        package let message: String
    }
    package typealias Reply = @Sendable (Result<Mark, Failure>) -> Void

    /// Where snapshots and journal are, and what they begin with.
    package struct Place: Sendable {
        package var journal: String
        package var snapshots: String
        /// The symbols of the first command.
        package var market: Market
        package var options: MatcherOptions

        package init(
            journal: String, snapshots: String, market: Market, options: MatcherOptions
        ) {
            self.journal = journal
            self.snapshots = snapshots
            self.market = market
            self.options = options
        }
    }

    private struct Job {
        var mark: Mark
        var reply: Reply?
    }
    private struct State {
        var jobs: [Job] = []
        var isClosed = false
        var isAsleep = false
    }
    private enum Step { case make([Job]), sleep, finish }
    /// Why a snapshot was not made.
    private enum Obstacle: Error {
        case closing
        /// Live and shadow disagree, or the journal does not hold what was durable.
        case fatal(String)
        /// May pass, e.g. no room.
        case failed(String)
    }

    private let place: Place
    private let every: UInt64
    private let watermark: @Sendable () -> UInt64
    private let log: @Sendable (String) -> Void
    private let onFatal: @Sendable (String) -> Void
    private let state = Mutex(State())
    private let isClosing = Atomic<Bool>(false)
    private let nextSeq: Atomic<UInt64>
    private let wake = Semaphore()
    private let thread = Mutex<DedicatedThread?>(nil)

    /// - Parameters:
    ///   - lastSeq: where the live matcher is now.
    ///   - every: commands between two snapshots.
    ///   - watermark: the last command whose effects are all stored.
    ///   - onFatal: called where live and shadow disagree: the process must end.
    package init(
        place: Place, lastSeq: UInt64, every: UInt64, watermark: @escaping @Sendable () -> UInt64,
        log: @escaping @Sendable (String) -> Void, onFatal: @escaping @Sendable (String) -> Void
    ) {
        self.place = place
        self.every = max(1, every)
        self.watermark = watermark
        self.log = log
        self.onFatal = onFatal
        nextSeq = Atomic((lastSeq / max(1, every) + 1) * max(1, every))
        let shadow = DedicatedThread(name: "shadow") { [self] in
            DedicatedThread.setNice(10)
            run()
        }
        thread.withLock { $0 = shadow }
    }

    // MARK: The matcher's side

    /// Called on the matcher's thread after each batch; asks for a snapshot where one is due.
    package func applied(_ matcher: Matcher) {
        let seq = matcher.lastSeq
        guard seq >= nextSeq.load(ordering: .relaxed) else { return }
        nextSeq.store((seq / every + 1) * every, ordering: .relaxed)
        add(Job(mark: Mark(seq: seq, eventHash: matcher.eventHash), reply: nil))
    }

    /// Asks for a snapshot of the state the matcher is in now; called on its thread.
    package func request(_ matcher: Matcher, _ reply: @escaping Reply) {
        request(Mark(seq: matcher.lastSeq, eventHash: matcher.eventHash), reply)
    }

    /// Asks for a snapshot of what was noted after a durable command.
    package func request(_ mark: Mark, _ reply: @escaping Reply) {
        add(Job(mark: mark, reply: reply))
    }

    private func add(_ job: Job) {
        let (isClosed, wakes) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (true, false) }
            state.jobs.append(job)
            defer { state.isAsleep = false }
            return (false, state.isAsleep)
        }
        if isClosed { job.reply?(.failure(Failure(message: "the engine is stopping"))) }
        if wakes { wake.signal() }
    }

    /// Gives up what is being made and ends the thread.
    package func close() {
        isClosing.store(true, ordering: .relaxed)
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in left { job.reply?(.failure(Failure(message: "the engine is stopping"))) }
        wake.signal()
        thread.withLock { $0 }?.join()
    }

    /// Writes the state of a matcher that will not change any more; after `close`.
    package func writeLast(_ matcher: Matcher, position: LogPosition) {
        do {
            let newest = try SnapshotFile.list(place.snapshots).first ?? 0
            guard matcher.lastSeq > newest else { return }
            _ = try SnapshotFile.write(matcher, position: position, directory: place.snapshots)
        } catch {
            // The journal has everything; the next start only takes longer.
            log("snapshot at the stop: \(error)")
        }
    }

    // MARK: The shadow's thread

    private func run() {
        while true {
            let step = state.withLock { state -> Step in
                if state.isClosed { return .finish }
                if state.jobs.isEmpty {
                    state.isAsleep = true
                    return .sleep
                }
                defer { state.jobs = [] }
                return .make(state.jobs)
            }
            switch step {
            case .make(let jobs): serve(jobs)
            case .sleep: wake.wait()
            case .finish: return
            }
        }
    }

    /// One snapshot for all who asked: at the newest of their marks.
    private func serve(_ jobs: [Job]) {
        guard let mark = jobs.map(\.mark).max(by: { $0.seq < $1.seq }) else { return }
        let result: Result<Mark, Failure>
        do throws(Obstacle) {
            try make(mark)
            result = .success(mark)
            trim()
        } catch {
            switch error {
            case .closing: result = .failure(Failure(message: "the engine is stopping"))
            case .failed(let reason):
                log("snapshot at seq \(mark.seq): \(reason)")
                // What older ones make superfluous may be the room that was missing.
                trim()
                result = .failure(Failure(message: reason))
            case .fatal(let reason):
                onFatal(reason)
                result = .failure(Failure(message: reason))
            }
        }
        for job in jobs { job.reply?(result) }
    }

    private func make(_ mark: Mark) throws(Obstacle) {
        // Before the first command there is nothing to keep.
        guard mark.seq > 0 else { return }
        let (matcher, start) = try base(atMost: mark.seq)
        var position = start?.position
        if matcher.lastSeq < mark.seq {
            position = try replay(matcher, start, through: mark.seq)
        }
        let hash = Faults.fails(.wrongHash) ? ~matcher.eventHash : matcher.eventHash
        guard hash == mark.eventHash else {
            throw .fatal(
                "after seq \(mark.seq) the journal replayed gives event hash "
                    + "\(Self.hex(hash)), the live matcher has "
                    + "\(Self.hex(mark.eventHash)): one of them is wrong")
        }
        guard let position, start?.seq != mark.seq else { return }
        // No start could use such a snapshot, and trimming would count on it.
        if let broken = matcher.firstBrokenInvariant() {
            throw .fatal("after seq \(mark.seq) an invariant is broken: \(broken)")
        }
        do {
            _ = try SnapshotFile.write(matcher, position: position, directory: place.snapshots)
        } catch {
            throw .failed("\(error)")
        }
    }

    /// The newest snapshot that can be read, else an empty matcher.
    private func base(atMost seq: UInt64) throws(Obstacle) -> (Matcher, JournalStart?) {
        let seqs: [UInt64]
        do {
            seqs = try SnapshotFile.list(place.snapshots)
        } catch {
            throw .failed("\(error)")
        }
        for known in seqs where known <= seq {
            let path = place.snapshots + "/" + SnapshotFile.fileName(seq: known)
            do {
                let (header, matcher) = try SnapshotFile.load(path, options: place.options)
                return (matcher, JournalStart(seq: header.seq, position: header.position))
            } catch {
                log("snapshot \(path): \(error)")
            }
        }
        return (Matcher(market: place.market, options: place.options), nil)
    }

    private func replay(
        _ matcher: Matcher, _ start: JournalStart?, through seq: UInt64
    ) throws(Obstacle) -> LogPosition? {
        var effects = Effects()
        do throws(CommandFailure) {
            return try JournalReader.replay(
                directory: place.journal, after: start, through: seq
            ) { command throws(CommandFailure) in
                guard !isClosing.load(ordering: .relaxed) else {
                    throw CommandFailure(.interrupted, "the engine is stopping")
                }
                _ = matcher.apply(command, effects: &effects)
                effects.removeAll()
            }.position
        } catch {
            if error.code == .interrupted { throw .closing }
            throw .fatal(error.message)
        }
    }

    static func hex(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    // MARK: Trimming

    private func isWhole(_ seq: UInt64) -> Bool {
        SnapshotFile.isWhole(place.snapshots + "/" + SnapshotFile.fileName(seq: seq))
    }

    /// Removes snapshots and segments that no recovery will need. Called by the shadow's thread, or
    /// after `close`.
    package func trim() {
        do {
            let seqs = try SnapshotFile.list(place.snapshots)
            let stored = watermark()
            // One that is damaged is no second one.
            var whole: [UInt64] = []
            for seq in seqs where seq <= stored && whole.count < 2 && isWhole(seq) {
                whole.append(seq)
            }
            guard whole.count == 2 else { return }
            let older = whole[1]
            let kept = place.snapshots + "/" + SnapshotFile.fileName(seq: older)
            let position = try SnapshotFile.header(ofFile: kept).position
            let oldSegments = try JournalSegment.list(place.journal)
                .filter { JournalSegment.firstSeq(name: $0).map { $0 < position.segment } ?? false }
            let oldSnapshots = seqs.filter { $0 < older }
            guard !oldSegments.isEmpty || !oldSnapshots.isEmpty else { return }
            Faults.pass(.beforeTrim)
            for seq in oldSnapshots.reversed() {
                unlink(place.snapshots + "/" + SnapshotFile.fileName(seq: seq))
            }
            // Oldest first: what is left of an interrupted trim is a whole tail.
            for name in oldSegments { unlink(place.journal + "/" + name) }
            try JournalSegment.syncDirectory(place.snapshots)
            try JournalSegment.syncDirectory(place.journal)
            Faults.pass(.afterTrim)
        } catch {
            log("trim: \(error)")
        }
    }
}
