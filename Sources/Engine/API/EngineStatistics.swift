// Counters behind /metrics and /admin/v1/stats. Written from several threads, each entry by itself.

import HarnessCore
import Synchronization

package final class EngineStatistics: Sendable {
    /// Agents told apart, at most: a caller may invent names.
    static let agentsMax = 1_000
    static let agentBytesMax = 64

    /// Requests under one `X-Spotload-Agent`.
    final class Agent: Sendable {
        let name: String
        private let requests = Atomic<UInt64>(0)
        private let responses = Atomic<UInt64>(0)

        init(name: String) { self.name = name }

        func requested() { requests.add(1, ordering: .relaxed) }
        func answered() { responses.add(1, ordering: .relaxed) }
        var counts: (requests: UInt64, responses: UInt64) {
            (requests.load(ordering: .relaxed), responses.load(ordering: .relaxed))
        }
    }

    struct RequestKey: Hashable {
        var route: Route
        var method: HTTPMethod
        var status: Int
    }
    struct Totals {
        var commands: UInt64 = 0
        var trades: UInt64 = 0
        var seq: UInt64 = 0
        var rejects: [Int32: UInt64] = [:]
    }
    private let totals = Mutex(Totals())
    private let requests = Mutex<[RequestKey: UInt64]>([:])
    private let agents = Mutex<[String: Agent]>([:])
    private let connections = Atomic<Int>(0)
    /// A sync takes a fraction of a millisecond: from 31.25 us.
    let logAppend = DurationHistogram(finer: 4)
    let storeCommit = DurationHistogram()
    let poolWait = DurationHistogram()
    /// By `Route.rawValue`.
    let requestDuration = Route.allCases.map { _ in DurationHistogram() }

    package init() {}

    // MARK: The shard

    func applied(commands: Int, effects: Effects, seq: UInt64) {
        totals.withLock {
            $0.commands += UInt64(commands)
            $0.trades += UInt64(effects.trades.count)
            $0.seq = seq
            for reject in effects.rejects { $0.rejects[reject.code, default: 0] += 1 }
        }
    }

    package func recovered(seq: UInt64) { totals.withLock { $0.seq = seq } }

    var snapshot: Totals { totals.withLock { $0 } }

    // MARK: HTTP

    /// The number of connections with this one.
    func connected() -> Int { connections.add(1, ordering: .relaxed).newValue }
    func disconnected() { connections.subtract(1, ordering: .relaxed) }
    var connectionCount: Int { connections.load(ordering: .relaxed) }

    func answered(route: Route, method: HTTPMethod, status: Int, took: TimeSpan) {
        requestDuration[route.rawValue].record(took)
        let key = RequestKey(route: route, method: method, status: status)
        requests.withLock { $0[key, default: 0] += 1 }
    }

    var requestCounts: [RequestKey: UInt64] { requests.withLock { $0 } }

    /// The counters of an agent; nil where the name is none or there are too many.
    func agent(_ text: UnsafeRawBufferPointer) -> Agent? {
        guard (1...Self.agentBytesMax).contains(text.count), text.allSatisfy(Self.isLegal) else {
            return nil
        }
        let name = String(decoding: text, as: UTF8.self)
        return agents.withLock { agents in
            if let known = agents[name] { return known }
            guard agents.count < Self.agentsMax else { return nil }
            let agent = Agent(name: name)
            agents[name] = agent
            return agent
        }
    }

    /// By name.
    var agentList: [Agent] { agents.withLock { $0.values.sorted { $0.name < $1.name } } }

    /// Letters, digits and `-.:@_`: nothing that a label value would have to escape.
    private static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case 45, 46, 48...58, 64...90, 95, 97...122: true
        default: false
        }
    }
}
