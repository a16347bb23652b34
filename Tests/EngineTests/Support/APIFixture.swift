// A `TradingAPI` with a real shard and journal behind it, asked without HTTP.

import Foundation
import HarnessCore
import Synchronization
import TestSupport

@testable import Engine

final class APIFixture: Sendable {
    struct Reply {
        var status: Int
        var code: Int?
        var text: String
        var retryAfter: Bool
        var seq: UInt64?
    }

    static let symbols = """
        - { symbol: BTCUSDT, base: BTC, quote: USDT, tick: 0.01, step: 0.00001, maxNumOrders: 3 }
        - { symbol: ETHUSDT, base: ETH, quote: USDT, tick: 0.01, step: 0.0001 }
        - { symbol: OLDUSDT, base: OLD, quote: USDT, tick: 0.01, step: 1, status: HALT }
        """

    let api: TradingAPI
    let shard: Shard
    let directory: TemporaryDirectory
    let market: Market

    /// Accounts u1...u4 own a million of everything.
    init(
        keys: KeyRing? = nil, rateLimit: Int = 0, inflight: Int = 1_000,
        symbols: String = APIFixture.symbols, journal folder: String? = nil,
        write: JournalWriter.Write? = nil
    ) throws {
        directory = try TemporaryDirectory()
        let folder = folder ?? directory.path
        market = try Market.load(yaml: symbols)
        let matcher = Matcher(market: market)
        let recovery = try JournalReader.recover(directory: folder) { _ in }
        let journal = try JournalWriter(
            directory: folder, recovery: recovery, segmentBytes: 1 << 20, write: write)
        let fund = Command(
            seq: 1, receivedNs: 1, body: .fund(Fund(accounts: 4, amount: 1_000_000)))
        try journal.append([fund])
        var effects = Effects()
        _ = matcher.apply(fund, effects: &effects)
        let statistics = EngineStatistics()
        shard = Shard(
            matcher: matcher, journal: journal, store: nil,
            limits: .init(inflight: inflight, lag: .seconds(2)), statistics: statistics,
            onFatal: { _ in })
        api = TradingAPI(
            market: market, shard: shard, store: nil, storeWriter: nil, statistics: statistics,
            keys: keys, rateLimit: rateLimit)
    }

    deinit { shard.close() }

    /// `target` is a path with or without a query.
    func send(
        _ method: HTTPMethod, _ target: String, _ body: String = "", isJSON: Bool = false,
        key: String? = nil
    ) -> Reply {
        let parts = target.split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return send(
            method, path: Array(parts[0].utf8), query: parts.count > 1 ? Array(parts[1].utf8) : [],
            body: Array(body.utf8), isJSON: isJSON, key: key.map { Array($0.utf8) })
    }

    func send(
        _ method: HTTPMethod, path: [UInt8], query: [UInt8], body: [UInt8], isJSON: Bool,
        key: [UInt8]?
    ) -> Reply {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<APIAnswer?>(nil)
        func handle(_ key: UnsafeRawBufferPointer?) {
            path.withUnsafeBytes { path in
                query.withUnsafeBytes { query in
                    body.withUnsafeBytes { body in
                        let request = APIRequest(
                            method: method, route: Route(path: path), query: query, apiKey: key,
                            isJSON: isJSON, body: body)
                        api.handle(request) { answer in
                            result.withLock { $0 = answer }
                            done.signal()
                        }
                    }
                }
            }
        }
        if let key { key.withUnsafeBytes { handle($0) } } else { handle(nil) }
        done.wait()
        guard let answer = result.withLock({ $0 }) else { preconditionFailure("answered") }
        return Reply(answer)
    }
}

extension APIFixture.Reply {
    init(_ answer: APIAnswer) {
        // No JSON has no code.
        let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        self.init(
            status: answer.status, code: object?["code"] as? Int,
            text: String(decoding: answer.body, as: UTF8.self), retryAfter: answer.retryAfter,
            seq: answer.seq)
    }

    /// A value of the answer's object.
    subscript(name: String) -> String? {
        // As above.
        let object =
            try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return object?[name].map { "\($0)" }
    }
}
