// Where the three threads of an agent meet: the control thread (heartbeats, commands), the cutter
// (one delta a second) and the publisher. Everything is behind one mutex, held for copies only;
// the spool's encoding of a delta is the longest of them (about a millisecond).

import HarnessCore
import Synchronization
import Telemetry

final class AgentBoard: Sendable {
    struct State {
        var spool: Spool
        /// Of the newest cut.
        var counters = RunCounters()
        var vus = 0
        var window = 0
        var cuts: UInt64 = 0
        /// The plan as it stands in the deltas cut from now on.
        var planRev: UInt32 = 0
        /// The publisher has replayed since it heard of this plan; what heartbeats report.
        var planRevReplayed: UInt32 = 0
        /// When the cutter woke up for run time 0.
        var wokeAt: Instant?
        /// How far the start was off, or the clock is since, whichever is more; nil: not known.
        var clockErrorNs: Int64?
        /// The final delta is in the spool.
        var isIdle = false
        /// When something was last acknowledged, or nothing was waiting.
        var progressAt: Instant
        var verdict: PublishVerdict?
        var hasEnded = false
    }

    /// What the publisher found out and the control thread must act on.
    enum PublishVerdict: Equatable {
        case superseded
        case fatal(ExitCode, String)
    }

    private let state: Mutex<State>

    init(spool: Spool, now: Instant) {
        state = Mutex(State(spool: spool, progressAt: now))
    }

    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLock { body(&$0) }
    }

    /// An `ack:<i>` as read from Redis; other epochs and lower ones are ignored.
    func acknowledge(_ text: String?, at now: Instant) {
        guard let id = text.flatMap({ StreamID($0) }) else { return }
        withLock { state in
            guard id.major == state.spool.epoch, id.minor > state.spool.ackSeq else { return }
            state.spool.acknowledge(id.minor)
            state.progressAt = now
        }
    }
}
