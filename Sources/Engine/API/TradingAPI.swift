// The routes: parameters in, a shard's answer out. Called on an event loop; `answer` may be called
// from any thread, once.

import HarnessCore
import Synchronization

/// The HTTP API without HTTP.
final class TradingAPI: Sendable {
    typealias Answer = @Sendable (APIAnswer) -> Void

    let market: Market
    let positions: [String: UInt16]
    let shard: Shard
    let store: StoreDatabase?
    let storeWriter: StoreWriter?
    let snapshots: SnapshotMaker?
    let allowsAudit: Bool
    let statistics: EngineStatistics
    /// Nil without a store.
    let reads: StoreReads?
    let requestNumber = Atomic<UInt64>(0)
    /// Nil: whoever reaches the port may say who they are.
    let keys: KeyRing?
    /// Nil: no limit.
    let limiter: RateLimiter?
    let streams: DepthStreams

    init(
        market: Market, shard: Shard, store: StoreDatabase?, storeWriter: StoreWriter?,
        snapshots: SnapshotMaker? = nil, allowsAudit: Bool = false, statistics: EngineStatistics,
        keys: KeyRing? = nil, rateLimit: Int = 0
    ) {
        self.market = market
        self.shard = shard
        self.store = store
        self.storeWriter = storeWriter
        self.snapshots = snapshots
        self.allowsAudit = allowsAudit
        self.statistics = statistics
        self.keys = keys
        limiter = rateLimit > 0 ? RateLimiter(perSecond: rateLimit) : nil
        streams = DepthStreams(shard: shard, market: market)
        reads = storeWriter.map {
            StoreReads(writer: $0, readers: (store?.connectionLimit ?? 2) - 1)
        }
        positions = Dictionary(
            uniqueKeysWithValues: market.symbols.enumerated().map { ($1.symbol, UInt16($0)) })
    }

    /// Routes by path; each knows its methods.
    func handle(_ request: APIRequest, answer: @escaping Answer) {
        do throws(Rejection) {
            guard let keys else { return try route(request, answer) }
            var admitted = request
            admitted.caller = try keys.admit(request, nowUs: WallClock.unixNs() / 1_000)
            try route(admitted, answer)
        } catch {
            answer(.rejection(error))
        }
    }

    private func route(
        _ request: APIRequest, _ answer: @escaping Answer
    ) throws(Rejection) {
        switch (request.route, request.method) {
        case (.order, .post): try postOrder(request, answer)
        case (.order, .delete): try deleteOrder(request, answer)
        case (.order, .get): try getOrder(request, answer)
        case (.cancelReplace, .post): try postCancelReplace(request, answer)
        case (.amend, .put): try putAmend(request, answer)
        case (.openOrders, .get): try getOpenOrders(request, answer)
        case (.openOrders, .delete): try deleteOpenOrders(request, answer)
        case (.depth, .get): try getDepth(request, answer)
        case (.bookTicker, .get): try getBookTicker(request, answer)
        case (.stream, .get): try getStream(request, answer)
        case (.account, .get): try getAccount(request, answer)
        case (.myTrades, .get): try getTrades(request, answer)
        case (.allOrders, .get): try getAllOrders(request, answer)
        case (.myPreventedMatches, .get): try getPreventedMatches(request, answer)
        case (.trades, .get): try getRecentTrades(request, answer)
        case (.export, .get): try getExport(request, answer)
        case (.accounts, .get): try getAccounts(request, answer)
        case (.exchangeInfo, .get): try getExchangeInfo(request, answer)
        case (.ping, .get):
            _ = try parameters(request)
            answer(.json("{}"))
        case (.time, .get):
            _ = try parameters(request)
            answer(.json("{\"serverTime\":\(WallClock.unixNs() / 1_000_000)}"))
        case (.transfer, .post): try postTransfer(request, answer)
        case (.transfer, .get): try getTransfer(request, answer)
        case (.deposit, .post): try postDeposit(request, answer)
        case (.stats, .get): shard.query { answer(.json(self.stats($0), seq: $0.lastSeq)) }
        case (.snapshot, .post): postSnapshot(answer)
        case (.audit, .get): getAudit(answer)
        case (.healthz, .get): answer(.json("{\"ok\":true}"))
        case (.readyz, .get): answer(readiness())
        case (.metrics, .get): shard.query { answer(.text(self.metrics($0))) }
        case (.other, _): answer(.error(404, -1000, "No such endpoint."))
        default: answer(.error(405, -1000, "This method is not allowed here."))
        }
    }

    /// All gauges, and what the process uses.
    private func stats(_ matcher: Matcher) -> String {
        var gauges = gauges(matcher)
        let totals = statistics.snapshot
        gauges.add("commands_total", totals.commands)
        gauges.add("rejects_total", totals.rejects.values.reduce(0, +))
        gauges.add("process_cpu_seconds_total", ProcessFacts.cpuSeconds)
        gauges.add("process_resident_memory_bytes", ProcessFacts.residentBytes)
        gauges.add("process_open_fds", ProcessFacts.openFiles)
        return gauges.json
    }

    // MARK: Parameters

    func parameters(_ request: APIRequest) throws(Rejection) -> Parameters {
        let p = try Parameters(query: request.query, body: request.body, isJSON: request.isJSON)
        try p.expectOnly(.of(request.route, request.method))
        return p
    }

    /// The caller, who has a request left: the account of the key; without keys, `X-MBX-APIKEY`
    /// or the parameter `account`.
    func account(
        _ request: APIRequest, _ p: Parameters
    ) throws(Rejection) -> InlineText {
        let name: InlineText
        if let caller = request.caller {
            if p[.account] != nil { throw .unknownName }
            name = caller
        } else {
            name = try namedAccount(request, p)
        }
        if let limiter, !limiter.admits(name, now: Instant.now()) { throw .rateLimit }
        return name
    }

    private func namedAccount(
        _ request: APIRequest, _ p: Parameters
    ) throws(Rejection) -> InlineText {
        let name: InlineText?
        if let key = request.apiKey {
            name = InlineText(key)
        } else {
            name = p[.account].flatMap { InlineText($0) }
            if p[.account] == nil { throw .unauthorized }
        }
        guard let name else { throw .badKeyFormat }
        if name.isEmpty { throw .unauthorized }
        let isLegal = name.withBytes { bytes in
            bytes.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 92 }
        }
        guard isLegal else { throw .badKeyFormat }
        return name
    }

    private func readiness() -> APIAnswer {
        let reasons = shard.unreadiness
        if reasons.isEmpty { return .json("{\"ready\":true,\"reasons\":[]}") }
        let list = reasons.map { "\"\($0)\"" }.joined(separator: ",")
        return .json("{\"ready\":false,\"reasons\":[\(list)]}", status: 503)
    }
}
