// Between the collector's thread, which pushes once a second, and whoever watches: browsers, a
// Prometheus, the OTLP push. One lock, held for an append and a few non-blocking hand-overs; no
// client is waited for. A client that is 64 windows behind is cut off.
//
//     collector thread --push--> history (600) + latest snapshot
//                                   \--> a bounded queue per client --> its own task writes

package import HarnessCore
import Synchronization

/// An event of the page's stream, as it goes over the wire.
struct LiveEvent: Sendable {
    /// The window; nil: not replayed by id.
    var id: UInt32?
    var name: String
    /// One line of JSON.
    var data: String

    var text: String {
        (id.map { "id: \($0)\n" } ?? "") + "event: \(name)\ndata: \(data)\n\n"
    }
}

package final class LiveFeed: Sendable {
    /// Windows a new client is told of.
    static let historyMax = 600
    static let clientsMax = 8
    /// Windows that may wait for a client.
    static let queueMax = 64

    private struct Client {
        let queue: AsyncStream<String>.Continuation
        /// Ends the connection; must not block.
        let cut: @Sendable () -> Void
    }
    private struct State {
        var history: [LiveEvent] = []
        var nextWindow: UInt32 = 0
        var nextSnapshotAt = TimeSpan(ns: .min)
        var phase = LiveEvent(name: "phase", data: #"{"text":"starting"}"#)
        var verdict: LiveEvent?
        var hasEnded = false
        var snapshot: MetricsSnapshot
        var clients: [UInt64: Client] = [:]
        var nextClient: UInt64 = 0
    }
    package let run: LiveRun
    private let state: Mutex<State>

    package init(_ run: LiveRun) {
        self.run = run
        state = Mutex(State(snapshot: MetricsSnapshot(run: run)))
    }

    /// What /metrics and the OTLP push tell.
    package var snapshot: MetricsSnapshot { state.withLock { $0.snapshot } }

    // MARK: - The collector's side

    /// Takes in what is new since the last call, at most once a second of run time: windows that
    /// have closed become events, the totals the next answer of /metrics.
    package func push(_ aggregate: RunAggregate, _ judge: Judge, runTime: TimeSpan) {
        let isDue = state.withLock { state in
            guard runTime >= state.nextSnapshotAt else { return false }
            state.nextSnapshotAt = runTime + .seconds(1)
            return true
        }
        guard isDue else { return }
        let rows = judge.standing(aggregate, runTime: runTime)
        publish(
            aggregate, rows: rows, below: min(aggregate.closedWindows, aggregate.timeline.end))
    }

    /// The run is over: the last windows, the final totals, the verdict.
    package func finish(_ finished: FinishedRun) {
        let rows = finished.verdict.rows
        publish(finished.aggregate, rows: rows, below: finished.aggregate.timeline.end)
        let verdict = LiveVerdict(
            verdict: finished.verdict.verdict.rawValue,
            exitCode: finished.verdict.exitCode.rawValue,
            reasons: finished.verdict.reasons.map { ReportText.escaped($0) },
            criteria: rows.map(LiveCriterion.init), directory: finished.directory,
            durationS: finished.facts.duration.seconds)
        send(LiveEvent(name: "verdict", data: LiveJSON.text(verdict))) { state, event in
            state.verdict = event
        }
        end()
    }

    /// Nothing will come any more; whoever watches gets what waits for him, and leaves by himself.
    package func end() {
        let clients = state.withLock { state in
            state.hasEnded = true
            return state.clients.values
        }
        for client in clients { client.queue.finish() }
    }

    /// A line about the run's life: `waiting for 2 agents`.
    package func note(_ text: String) {
        let event = LiveEvent(
            name: "phase", data: LiveJSON.text(["text": ReportText.escaped(text)]))
        send(event) { $0.phase = $1 }
    }

    private func publish(_ aggregate: RunAggregate, rows: [CriterionRow], below end: UInt32) {
        let snapshot = MetricsSnapshot(run: run, aggregate: aggregate, rows: rows)
        let first = state.withLock { state in
            state.snapshot = snapshot.following(state.snapshot)
            return state.nextWindow
        }
        guard first < end else { return }
        // After a long silence only what would be replayed is worth its JSON.
        let oldest = end > UInt32(Self.historyMax) ? end - UInt32(Self.historyMax) : 0
        for window in max(first, oldest)..<end {
            let data = LiveJSON.text(
                LiveWindow(aggregate, window: window, run: run, rows: rows))
            send(LiveEvent(id: window, name: "window", data: data)) { state, event in
                state.nextWindow = window + 1
                state.history.append(event)
                if state.history.count > Self.historyMax { state.history.removeFirst() }
            }
        }
    }

    private func send(_ event: LiveEvent, _ keep: (inout State, LiveEvent) -> Void) {
        let text = event.text
        let tooSlow = state.withLock { state in
            keep(&state, event)
            var tooSlow: [Client] = []
            for (id, client) in state.clients {
                if case .dropped = client.queue.yield(text) {
                    state.clients[id] = nil
                    tooSlow.append(client)
                }
            }
            return tooSlow
        }
        for client in tooSlow {
            client.queue.finish()
            client.cut()
        }
    }

    // MARK: - The clients' side

    /// One client's view: what it missed, and what comes.
    struct Subscription: Sendable {
        let id: UInt64
        let replay: [String]
        let queue: AsyncStream<String>
    }

    var clientCount: Int { state.withLock { $0.clients.count } }
    var hasRoom: Bool { clientCount < Self.clientsMax }

    /// Nil where there are eight clients already.
    /// - Parameters:
    ///   - last: the newest window the client has seen.
    ///   - cut: called when it is too slow, on the collector's thread.
    func subscribe(after last: UInt32?, cut: @escaping @Sendable () -> Void) -> Subscription? {
        let (stream, queue) = AsyncStream.makeStream(
            of: String.self, bufferingPolicy: .bufferingOldest(Self.queueMax))
        return state.withLock { state in
            guard state.clients.count < Self.clientsMax else { return nil }
            let id = state.nextClient
            state.nextClient += 1
            let missed = state.history.filter { event in
                guard let last, let id = event.id else { return true }
                return id > last
            }
            let replay = [state.phase] + missed + (state.verdict.map { [$0] } ?? [])
            state.clients[id] = Client(queue: queue, cut: cut)
            if state.hasEnded { queue.finish() }
            return Subscription(id: id, replay: replay.map(\.text), queue: stream)
        }
    }

    /// Ends the connections that are left.
    func cutAll() {
        let clients = state.withLock { state in
            defer { state.clients.removeAll() }
            return Array(state.clients.values)
        }
        for client in clients { client.cut() }
    }

    func unsubscribe(_ id: UInt64) {
        let client = state.withLock { $0.clients.removeValue(forKey: id) }
        client?.queue.finish()
    }
}
