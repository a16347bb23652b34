// One shard: the log thread numbers commands and makes them durable in groups, the matcher thread
// applies what is durable, answers, and hands the effects to the store.
//
//     submit -> [waiting] -> log thread: number, pwrite, fdatasync -> [durable] -> matcher thread
//                                     \-> ACK replies                    outcome replies, effects
//
// The two queues are the only seams; each is a Mutex with a semaphore that is signalled only where
// its reader sleeps. There is no timer: a batch is what waited while the one before was synced.

import Glibc
package import HarnessCore
import Synchronization

/// What became of a submitted command.
package enum ShardReply: Sendable {
    /// In the journal; not applied yet.
    case durable(seq: UInt64, receivedNs: UInt64)
    case applied(Outcome, trades: [TradeEvent], seq: UInt64, receivedNs: UInt64)
    /// Not executed: too many in flight, a store too far behind, draining, or no room.
    case refused(Refusal)
    /// The journal failed under it: whether it is durable is not known, and the process ends.
    case unconfirmed
}

package enum Refusal: String, Sendable {
    case inflight, storeLag = "store-lag", disk, draining
}

package final class Shard: Sendable {
    package struct Limits: Sendable {
        package var inflight: Int
        package var lag: TimeSpan
        /// Every reply waits until the store has committed what its command did (`--ack store`).
        package var repliesWhenStored: Bool
        package init(inflight: Int, lag: TimeSpan, repliesWhenStored: Bool = false) {
            self.inflight = inflight
            self.lag = lag
            self.repliesWhenStored = repliesWhenStored
        }
    }
    package typealias Reply = @Sendable (ShardReply) -> Void

    private struct Request {
        var body: Command.Body
        var answersWhenDurable: Bool
        var reply: Reply
    }
    private enum Work {
        case batch([Command], [Request])
        case query(@Sendable (Matcher) -> Void)
        case close(LogPosition)
    }
    private struct Intake {
        var waiting: [Request] = []
        var isDraining = false
        var isDiskFull = false
        /// The log thread waits for its semaphore; whoever clears this signals it.
        var isAsleep = false

        mutating func wakes() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }
    private struct Durable {
        var work: [Work] = []
        var isAsleep = false
    }
    private enum LogStep {
        case append([Request])
        case sleep
        case awaitRoom
        case finish
    }

    private let intake = Mutex(Intake())
    private let durable = Mutex(Durable())
    private let intakeWake = Semaphore()
    private let durableWake = Semaphore()
    private let inflight = Atomic<Int>(0)
    private let limits: Limits
    private let store: StoreWriter?
    private let snapshots: SnapshotMaker?
    private let lacksNextSegment: @Sendable () -> Bool
    private let atEnd = Mutex<(@Sendable (Matcher, LogPosition) -> Void)?>(nil)
    private let statistics: EngineStatistics
    private let onFatal: @Sendable (String) -> Void
    private let threads = Mutex<[DedicatedThread]>([])

    /// Takes over `matcher` and `journal`: each then belongs to its thread for good.
    ///
    /// - Parameter onFatal: called once where the journal can no longer be trusted.
    package init(
        matcher: Matcher, journal: JournalWriter, store: StoreWriter?,
        snapshots: SnapshotMaker? = nil, limits: Limits,
        statistics: EngineStatistics, onFatal: @escaping @Sendable (String) -> Void
    ) {
        self.limits = limits
        self.store = store
        self.snapshots = snapshots
        lacksNextSegment = journal.lacksNextSegment
        self.statistics = statistics
        self.onFatal = onFatal
        let ownedMatcher = HandOver(matcher)
        let ownedJournal = HandOver(journal)
        let log = DedicatedThread(name: "log") { [self] in runLog(ownedJournal.take()) }
        let match = DedicatedThread(name: "match") { [self] in runMatcher(ownedMatcher.take()) }
        threads.withLock { $0 = [log, match] }
    }

    /// Queues a command; `reply` is called once, on one of the shard's threads.
    package func submit(
        _ body: Command.Body, answersWhenDurable: Bool = false, reply: @escaping Reply
    ) {
        if inflight.load(ordering: .relaxed) >= limits.inflight {
            return reply(.refused(.inflight))
        }
        if let store, store.isBehind(limits.lag) {
            return reply(.refused(.storeLag))
        }
        let (refusal, wakes) = intake.withLock { intake -> (Refusal?, Bool) in
            if intake.isDraining { return (.draining, false) }
            if intake.isDiskFull { return (.disk, false) }
            intake.waiting.append(
                Request(body: body, answersWhenDurable: answersWhenDurable, reply: reply))
            inflight.add(1, ordering: .relaxed)
            return (nil, intake.wakes())
        }
        if let refusal { return reply(.refused(refusal)) }
        if wakes { intakeWake.signal() }
    }

    /// Runs `body` on the matcher's thread, between batches.
    package func query(_ body: @escaping @Sendable (Matcher) -> Void) {
        enqueue(.query(body))
    }

    private func enqueue(_ work: Work) {
        let wakes = durable.withLock { queue in
            queue.work.append(work)
            defer { queue.isAsleep = false }
            return queue.isAsleep
        }
        if wakes { durableWake.signal() }
    }

    package var inflightCount: Int { inflight.load(ordering: .relaxed) }

    /// Why new orders are refused now, or will be soon: no room for the journal's next segment.
    package var unreadiness: [String] {
        var reasons: [String] = []
        let state = intake.withLock { ($0.isDraining, $0.isDiskFull) }
        if state.0 { reasons.append(Refusal.draining.rawValue) }
        if state.1 || lacksNextSegment() { reasons.append(Refusal.disk.rawValue) }
        if let store, store.isBehind(limits.lag) {
            reasons.append(Refusal.storeLag.rawValue)
        }
        return reasons
    }

    /// Refuses new commands, finishes those that wait, ends both threads.
    ///
    /// - Parameter atEnd: called on the matcher's thread with its last state and where the journal
    ///   ends.
    package func close(atEnd: (@Sendable (Matcher, LogPosition) -> Void)? = nil) {
        self.atEnd.withLock { $0 = atEnd }
        let wakes = intake.withLock { intake in
            intake.isDraining = true
            return intake.wakes()
        }
        if wakes { intakeWake.signal() }
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    // MARK: The log thread

    private func runLog(_ journal: JournalWriter) {
        while true {
            switch intake.withLock({ Self.nextStep(&$0) }) {
            case .append(let requests): append(requests, journal)
            case .sleep: intakeWake.wait()
            case .awaitRoom: awaitRoom(journal)
            case .finish: return enqueue(.close(journal.position))
            }
        }
    }

    private static func nextStep(_ intake: inout Intake) -> LogStep {
        let most = HarnessCore.Limits.journalBatchRecords
        if intake.waiting.count > most {
            defer { intake.waiting.removeFirst(most) }
            return .append(Array(intake.waiting.prefix(most)))
        }
        if !intake.waiting.isEmpty {
            defer { intake.waiting = [] }
            return .append(intake.waiting)
        }
        if intake.isDraining { return .finish }
        intake.isAsleep = true
        return intake.isDiskFull ? .awaitRoom : .sleep
    }

    private func append(_ requests: [Request], _ journal: JournalWriter) {
        let receivedNs = UInt64(WallClock.unixNs())
        let commands = requests.enumerated().map { i, request in
            Command(
                seq: journal.lastSeq + 1 + UInt64(i), receivedNs: receivedNs, body: request.body)
        }
        let begin = Instant.now()
        do throws(JournalWriteError) {
            try journal.append(commands[...])
        } catch {
            guard case .full = error else {
                for request in requests { request.reply(.unconfirmed) }
                return fail(error)
            }
            // Nothing of the batch is in the file; what waits is refused with it.
            intake.withLock { $0.isDiskFull = true }
            inflight.subtract(requests.count, ordering: .relaxed)
            for request in requests { request.reply(.refused(.disk)) }
            return
        }
        statistics.logAppend.record(Instant.now() - begin)
        Faults.pass(.beforeReply)
        // Before the answers: a query of who has one comes after the command.
        enqueue(.batch(commands, requests))
        if limits.repliesWhenStored { return }
        for (command, request) in zip(commands, requests) where request.answersWhenDurable {
            request.reply(.durable(seq: command.seq, receivedNs: receivedNs))
        }
    }

    private func fail(_ error: JournalWriteError) {
        switch error {
        case .full(let cause), .fatal(let cause): onFatal("journal: \(cause)")
        }
    }

    /// Without room nobody is let in, so the log thread asks for it by itself.
    private func awaitRoom(_ journal: JournalWriter) {
        intakeWake.wait(upTo: .milliseconds(100))
        do throws(JournalWriteError) {
            if try journal.hasRoomAgain() { intake.withLock { $0.isDiskFull = false } }
        } catch {
            fail(error)
        }
    }

    // MARK: The matcher thread

    private func runMatcher(_ matcher: Matcher) {
        while true {
            let work = durable.withLock { queue in
                defer { queue.work = [] }
                queue.isAsleep = queue.work.isEmpty
                return queue.work
            }
            if work.isEmpty { durableWake.wait() }
            for item in work {
                switch item {
                case .query(let body): body(matcher)
                case .batch(let commands, let requests): apply(commands, requests, matcher)
                case .close(let position):
                    atEnd.withLock({ $0 })?(matcher, position)
                    return
                }
            }
        }
    }

    private func apply(_ commands: [Command], _ requests: [Request], _ matcher: Matcher) {
        var effects = Effects()
        var replies: [(Reply, ShardReply)] = []
        Faults.pass(.beforeApply)
        for (i, command) in commands.enumerated() {
            let outcome = matcher.apply(command, effects: &effects)
            // An ACK was the last word to its caller.
            if requests[i].answersWhenDurable {
                if limits.repliesWhenStored {
                    replies.append(
                        (
                            requests[i].reply,
                            .durable(seq: command.seq, receivedNs: command.receivedNs)
                        ))
                }
                continue
            }
            var trades: [TradeEvent] = []
            switch outcome {
            case .order(_, let range, _), .replaced(_, let range):
                trades = Array(effects.trades[range])
            default: break
            }
            replies.append(
                (
                    requests[i].reply,
                    .applied(
                        outcome, trades: trades, seq: command.seq, receivedNs: command.receivedNs)
                ))
        }
        Faults.pass(.afterApply)
        statistics.applied(commands: commands.count, effects: effects, seq: matcher.lastSeq)
        inflight.subtract(commands.count, ordering: .relaxed)
        if limits.repliesWhenStored, let store {
            // Before the effects: a commit of theirs finds who waits for it.
            store.hold(replies)
            replies = []
        }
        store?.enqueue(
            StoreBatch(
                effects: effects, commands: commands.count, lastSeq: matcher.lastSeq,
                at: Instant.now(), eventHash: matcher.eventHash))
        for (reply, what) in replies { reply(what) }
        Faults.pass(.afterReply)
        snapshots?.applied(matcher)
    }
}

extension ShardReply {
    /// Of the command; nil where there is none.
    var seq: UInt64? {
        switch self {
        case .durable(let seq, _), .applied(_, _, let seq, _): seq
        case .refused, .unconfirmed: nil
        }
    }
}

/// Carries a thread-confined object to the thread that will own it.
// @unchecked: written before the thread starts, taken once by that thread.
private final class HandOver<Value>: @unchecked Sendable {
    private var value: Value?
    init(_ value: Value) { self.value = value }
    func take() -> Value {
        guard let taken = value else { preconditionFailure("handed over once") }
        value = nil
        return taken
    }
}
