// What all transfers of one worker share: the epoll set, the libcurl multi, the lanes. A turn of
// the worker:
//
//     wait -> handle: sockets that are ready, timers -> (clock) -> takeFinished, while there is one
//          -> transfers begin -> flush: what libcurl was given is sent
//
// Confined to the worker's thread.

import CCurl
import HarnessCore
import ScenarioModel

final class Transport {
    let poller: Poller
    let multi: CurlMulti
    let options: EasyOptions
    let rule: AddressRule
    private var direct: DirectLane?
    private var clock = Instant(ns: 0)
    /// Ended during `flush`: for the next turn, with its clock.
    private var early: TransferTag?

    init(poller: Poller, options: EasyOptions, rule: AddressRule) throws(SystemError) {
        self.poller = poller
        self.options = options
        self.rule = rule
        multi = try CurlMulti(poller: poller)
    }

    /// The exchanges of one VU; they share its connections.
    /// - Throws: `SystemError` where libcurl has no memory.
    func makeExchanges(
        _ lane: TransferLane, vu: Int, count: Int
    ) throws(SystemError) -> [any Exchange] {
        let tags = (0..<count).map { TransferTag(vu: vu, place: $0) }
        var exchanges: [any Exchange] = []
        switch lane {
        case .direct:
            let user = DirectUser(lane: directLane())
            for tag in tags { exchanges.append(DirectExchange(tag: tag, user: user)) }
        case .multi:
            let cache = ConnectionCache()
            for tag in tags {
                exchanges.append(
                    try EasyHandle(
                        tag: tag, options: options, cache: cache, multi: multi, poller: poller,
                        rule: rule))
            }
        }
        return exchanges
    }

    /// Made for the first VU that needs it.
    private func directLane() -> DirectLane {
        if let direct { return direct }
        let lane = DirectLane(options: options, multi: multi, poller: poller, rule: rule)
        direct = lane
        return lane
    }

    /// When it wants to be called although no socket is ready.
    var deadline: Instant {
        let multi = multi.deadline ?? .distantFuture
        return direct.map { min(multi, $0.deadline) } ?? multi
    }

    /// Something ended already: a turn must not wait.
    var hasFinished: Bool { early != nil || direct?.hasFinished == true }

    /// Does what `count` events of the poller and the timers ask for.
    func handle(_ count: Int, now: Instant) {
        multi.now = now
        if let direct {
            direct.begin()
            poller.deliver(count) {
                direct.ready($0, $1)
            } _: {
                multi.ready($0)
            }
            multi.expire(now)
            direct.expire(now)
        } else {
            poller.deliver(count) { multi.ready($0) }
            multi.expire(now)
        }
    }

    /// What ended now is told to have ended at this clock; deadlines count from it.
    func setClock(_ now: Instant) {
        clock = now
        multi.now = now
        direct?.setClock(now)
    }

    /// The next transfer that ended; nil: there is none.
    func takeFinished() -> TransferTag? {
        if let tag = early {
            early = nil
            return tag
        }
        if let tag = direct?.takeFinished(clock) { return tag }
        if let tag = nextOfMulti() { return tag }
        // What could not be connected or sent to.
        return direct?.takeFinished(clock)
    }

    private func nextOfMulti() -> TransferTag? {
        while let finished = multi.takeFinished() {
            if let tag = CurlClient.of(finished.handle).ended(finished.result) { return tag }
        }
        return nil
    }

    /// Lets libcurl send what was started since the turn's clock was read.
    func flush(now: Instant) {
        multi.expire(now)
        early = nextOfMulti()
    }
}

@available(*, unavailable)
extension Transport: Sendable {}
