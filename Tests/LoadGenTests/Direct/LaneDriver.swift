// One exchange of a lane, driven by hand as a worker would: a request after the other.

import HarnessCore
import ScenarioModel
import Testing

@testable import LoadGen

/// What a worker would learn of a transfer.
struct LaneResult: Equatable, CustomStringConvertible {
    var status = 0
    var body = ""
    var headers = ""
    var failure: TransferFailure?
    var http: HTTPProtocol?
    var bytesSent: UInt64 = 0
    var bytesReceived: UInt64 = 0
    var text = ""

    var description: String {
        "\(status) \(failure.map { "\($0.errorClass) \($0.code)" } ?? "ok") \(text) "
            + "\(bytesSent)/\(bytesReceived) \(http?.rawValue ?? "-") \(headers.debugDescription) "
            + body.prefix(80).debugDescription
    }
}

final class LaneDriver {
    private let transport: Transport
    private let exchange: any Exchange
    private var now = Instant.now()
    /// Of the transfer that ended last.
    private(set) var outcome = TransferOutcome()

    init(_ lane: TransferLane, options: EasyOptions = LaneDriver.options) throws {
        let poller = try Poller(waker: try WakeHandle())
        transport = try Transport(
            poller: poller, options: options, rule: AddressRule(run: TargetRule()))
        exchange = try transport.makeExchanges(lane, vu: 0, count: 1)[0]
    }

    static var options: EasyOptions {
        var options = EasyOptions()
        options.fixedHeaders = ["Expect:", "User-Agent: twin", "X-Spotload-Run: r"]
        return options
    }

    func send(_ request: PreparedRequest) -> LaneResult {
        // As a worker's turn does: what happened to kept connections meanwhile is heard first.
        let ready = transport.poller.wait(until: now, isDue: true)
        transport.handle(ready, now: Instant.now())
        now = Instant.now()
        transport.setClock(now)
        exchange.prepare(request)
        exchange.start(now: now)
        transport.flush(now: now)
        while !turn() {}
        outcome = exchange.outcome
        let response = exchange.response
        var result = LaneResult(status: outcome.status)
        result.body = String(decoding: response.body, as: UTF8.self)
        result.headers = String(decoding: response.headers, as: UTF8.self)
        result.failure = outcome.failure
        result.http = outcome.http
        result.bytesSent = outcome.bytesSent
        result.bytesReceived = outcome.bytesReceived
        result.text = exchange.errorText
        return result
    }

    /// Whether the transfer ended.
    private func turn() -> Bool {
        let deadline = transport.deadline
        let isDue = transport.hasFinished || deadline <= now
        let ready = transport.poller.wait(until: deadline, isDue: isDue)
        transport.handle(ready, now: Instant.now())
        now = Instant.now()
        transport.setClock(now)
        let tag = transport.takeFinished()
        transport.flush(now: now)
        return tag != nil
    }
}
