// A server of tests that knows the truth: when the kernel took each request, when its answer was
// due and when it was handed to the kernel, all on CLOCK_MONOTONIC of this machine. What a client
// measures beyond that is its own doing.
//
//     sentAt            due                answeredAt
//       |--- service ----|--- late (ours) ----|
//       '-- S of the client, but for a few us of its own --'
//
// `sentAt` is the kernel's timestamp of the segment (SO_TIMESTAMPNS), taken inside the client's
// send(2): a server thread that woke late does not move it. Requests are GETs of
// `/n/<number>`, the number is the client's.

import Glibc
package import HarnessCore
import Synchronization

package final class TruthServer: Sendable {
    /// How it serves. Times of service by number of the request.
    package struct Plan: Sendable {
        package var service: @Sendable (Int) -> TimeSpan
        /// Served at once, the others wait in order of arrival; nil: all.
        package var workers: Int?
        /// From that request on nothing is served for so long.
        package var stall: (number: Int, span: TimeSpan)?

        package init(
            workers: Int? = nil, stall: (number: Int, span: TimeSpan)? = nil,
            _ service: @escaping @Sendable (Int) -> TimeSpan
        ) {
            self.workers = workers
            self.stall = stall
            self.service = service
        }
    }

    /// One request and its answer.
    package struct Exchange: Sendable {
        package let number: Int
        package let sentAt: Instant
        package let due: Instant
        package let answeredAt: Instant
    }

    package let port: UInt16
    private let log = TruthLog()
    private let thread: DedicatedThread
    /// Closed when the thread is to end.
    private let stopper: Int32

    package init(_ plan: Plan) throws {
        let (listener, port) = try LoopbackSocket.bound()
        try retryingInterrupts("listen") { listen(listener, 4_096) }
        var ends: [Int32] = [0, 0]
        try retryingInterrupts("pipe") { pipe(&ends) }
        let stop = ends[0]
        self.port = port
        stopper = ends[1]
        let log = log
        let loop = TruthQueue(plan)
        thread = DedicatedThread(name: "truth") {
            // Above the client: its answers must come when they are due.
            DedicatedThread.setNice(-15)
            DedicatedThread.setRealtime(priority: 2)
            DedicatedThread.setPreciseTimers()
            TruthServerLoop(listener: listener, stop: stop, queue: loop, log: log).run()
        }
    }

    deinit {
        close(stopper)
        thread.join()
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    /// Answered so far, in that order.
    package var exchanges: [Exchange] { log.exchanges.withLock { $0 } }
}

final class TruthLog: Sendable {
    let exchanges = Mutex<[TruthServer.Exchange]>([])
}

/// When answers are due: the plan as a value, fed with arrivals in their order.
package struct TruthQueue: Sendable {
    private let plan: TruthServer.Plan
    private var standsUntil = Instant(ns: .min)
    /// When each worker is free.
    private var free: [Instant]

    package init(_ plan: TruthServer.Plan) {
        self.plan = plan
        free = [Instant](repeating: Instant(ns: .min), count: plan.workers ?? 0)
    }

    /// - Parameter arrival: not before that of the last call.
    package mutating func due(_ number: Int, arrival: Instant) -> Instant {
        if let stall = plan.stall, stall.number == number { standsUntil = arrival + stall.span }
        var begin = max(arrival, standsUntil)
        guard let next = free.indices.min(by: { free[$0] < free[$1] }) else {
            return begin + plan.service(number)
        }
        begin = max(begin, free[next])
        free[next] = begin + plan.service(number)
        return free[next]
    }
}
