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
    /// Ended during `flush`: for the next turn, with its clock.
    private var early: TransferTag?

    init(poller: Poller, options: EasyOptions, rule: AddressRule) throws(SystemError) {
        self.poller = poller
        self.options = options
        self.rule = rule
        multi = try CurlMulti(poller: poller)
    }

    /// - Parameter cache: the VU's connections.
    /// - Throws: `SystemError` where libcurl has no memory.
    func makeExchange(
        _ lane: TransferLane, tag: TransferTag, cache: ConnectionCache
    ) throws(SystemError) -> any Exchange {
        switch lane {
        case .multi, .direct:
            return try EasyHandle(
                tag: tag, options: options, cache: cache, multi: multi, poller: poller, rule: rule)
        }
    }

    /// When it wants to be called although no socket is ready.
    var deadline: Instant { multi.deadline ?? .distantFuture }

    /// Something ended already: a turn must not wait.
    var hasFinished: Bool { early != nil }

    /// Does what `count` events of the poller and the timers ask for.
    func handle(_ count: Int, now: Instant) {
        multi.now = now
        poller.deliver(count) { multi.ready($0) }
        multi.expire(now)
    }

    /// What ended now is told to have ended at this clock; deadlines count from it.
    func setClock(_ now: Instant) { multi.now = now }

    /// The next transfer that ended; nil: there is none.
    func takeFinished() -> TransferTag? {
        if let tag = early {
            early = nil
            return tag
        }
        return nextFinished()
    }

    private func nextFinished() -> TransferTag? {
        while let finished = multi.takeFinished() {
            if let tag = CurlClient.of(finished.handle).ended(finished.result) { return tag }
        }
        return nil
    }

    /// Lets libcurl send what was started since the turn's clock was read.
    func flush(now: Instant) {
        multi.expire(now)
        early = nextFinished()
    }
}

@available(*, unavailable)
extension Transport: Sendable {}
