// The publish connection: sends deltas in ascending order and reads what became of them (the table
// of fleet.md section 2). Its own thread; blocks on Redis.
//
// One XADD at a time: behind a refused one (OOM, MISCONF) a pipelined later one might be taken,
// and the refused id could never be stored again. At one delta a second the round trip is free.

import HarnessCore
import RedisClient
import Synchronization

final class Publisher: Sendable {
    private static let idleStep = TimeSpan.milliseconds(20)
    private static let ackStep = TimeSpan.milliseconds(100)

    private let board: AgentBoard
    private let keys: RunKeys
    private let slot: Int
    private let epoch: UInt64
    private let heartbeat: TimeSpan
    private let endpoint: RedisEndpoint
    private let thread: Mutex<DedicatedThread?> = Mutex(nil)

    init(
        board: AgentBoard, endpoint: RedisEndpoint, keys: RunKeys, slot: Int, epoch: UInt64,
        heartbeat: TimeSpan
    ) {
        self.board = board
        self.endpoint = endpoint
        self.keys = keys
        self.slot = slot
        self.epoch = epoch
        self.heartbeat = heartbeat
    }

    func begin() {
        thread.withLock { $0 = DedicatedThread(name: "agent-publish") { [self] in run() } }
    }

    func join() {
        let started = thread.withLock { $0 }
        started?.join()
    }

    private func run() {
        let link = RedisLink(
            endpoint, name: "spotload-agent-\(slot)-data",
            seed: UInt64(slot) &* 7_919 &+ epoch)
        var generation = 0
        var ackReadAt = Instant.now()
        while !board.withLock({ $0.hasEnded }) {
            let now = Instant.now()
            noteReplayWanted()
            guard link.connect(at: now) else {
                Pause.sleep(Self.idleStep)
                continue
            }
            do throws(RedisError) {
                if link.generation != generation {
                    try readAck(link)
                    board.withLock { $0.spool.replay() }
                    generation = link.generation
                }
                if let delta = board.withLock({ $0.spool.next() }) {
                    try send(delta, on: link)
                } else {
                    Pause.sleep(Self.idleStep)
                }
                if now - ackReadAt >= Self.ackStep, board.withLock({ $0.spool.waiting > 0 }) {
                    try readAck(link)
                    ackReadAt = now
                }
            } catch {
                // The link is down and remembers why; the loop reconnects and replays.
                continue
            }
        }
    }

    /// A new plan may mean a new server state: everything unacknowledged goes out again before the
    /// heartbeat says that we have seen it.
    private func noteReplayWanted() {
        board.withLock { state in
            guard state.planRevReplayed < state.planRev else { return }
            state.planRevReplayed = state.planRev
            state.spool.replay()
        }
    }

    private func readAck(_ link: RedisLink) throws(RedisError) {
        let replies = try link.pipeline([["GET", keys.ack(slot)]])
        board.acknowledge(replies[0].text, at: Instant.now())
    }

    private func send(_ delta: Spool.Fixed, on link: RedisLink) throws(RedisError) {
        let id = StreamID(epoch, delta.seq)
        let reply = try link.pipeline([
            [
                Array("XADD".utf8), Array(keys.deltas(slot).utf8), Array("NOMKSTREAM".utf8),
                Array(id.description.utf8), Array("b".utf8), delta.bytes,
            ]
        ])[0]
        switch reply {
        case .bytes, .status: board.withLock { $0.spool.stored(delta.seq) }
        case .null:
            // The stream is gone: everything is kept until the coordinator has made a new one.
            board.withLock { $0.spool.replay() }
            Pause.sleep(heartbeat)
        case .error(let text): try handle(error: text, of: delta, on: link)
        case .integer, .array:
            let error = RedisError(.malformed, "XADD answered \(reply)")
            link.drop(error)
            throw error
        }
    }

    private func handle(
        error text: String, of delta: Spool.Fixed, on link: RedisLink
    ) throws(RedisError) {
        switch RedisErrorKind(text: text) {
        case .notAboveTop:
            let info = try link.pipeline([["XINFO", "STREAM", keys.deltas(slot)]])[0]
            let last = info.named("last-generated-id")?.text.flatMap { StreamID($0) }
            if let last, last.major > epoch {
                end(.superseded)
            } else {
                board.withLock { $0.spool.stored(delta.seq) }
            }
        case .retryable, .wrongLogin:
            let error = RedisError(.closed, text)
            link.drop(error)
            throw error
        case .moved: end(.fatal(.unavailable, text))
        case .denied, .fatal: end(.fatal(.internalError, text))
        }
    }

    private func end(_ verdict: AgentBoard.PublishVerdict) {
        board.withLock { state in
            if state.verdict == nil { state.verdict = verdict }
        }
        Pause.sleep(Self.ackStep)
    }
}
