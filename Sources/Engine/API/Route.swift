// The paths of the API. The raw value is the position in the tables of /metrics.

enum Route: Int, CaseIterable, Sendable {
    case order, cancelReplace, amend, openOrders, depth, bookTicker, stream, account, myTrades
    case exchangeInfo, ping, time, transfer
    case deposit, stats, snapshot, audit, healthz, readyz, metrics
    case allOrders, myPreventedMatches, trades, export, accounts
    /// Any other path.
    case other

    /// The path; `other` is a label only.
    static let paths = [
        "/api/v3/order", "/api/v3/order/cancelReplace", "/api/v3/order/amend/keepPriority",
        "/api/v3/openOrders", "/api/v3/depth", "/api/v3/ticker/bookTicker", "/api/v3/stream",
        "/api/v3/account", "/api/v3/myTrades", "/api/v3/exchangeInfo", "/api/v3/ping",
        "/api/v3/time", "/api/v3/transfer", "/admin/v1/deposit", "/admin/v1/stats",
        "/admin/v1/snapshot", "/admin/v1/audit", "/healthz", "/readyz", "/metrics",
        "/api/v3/allOrders", "/api/v3/myPreventedMatches", "/api/v3/trades", "/admin/v1/export",
        "/admin/v1/accounts", "other",
    ]

    var path: String { Self.paths[rawValue] }

    init(path: UnsafeRawBufferPointer) {
        if path.equals("/api/v3/order") {
            self = .order
            return
        }
        let known = Self.allCases.first { path.elementsEqual($0.path.utf8) }
        self = known ?? .other
    }

    /// What a caller must be, where there are API keys.
    enum Access: Sendable {
        case free
        /// A key with a right, on a signed request.
        case read, trade, admin
        /// An admin's key; nothing to sign, so that any scraper can ask.
        case scrape
    }

    func access(_ method: HTTPMethod) -> Access {
        switch self {
        case .depth, .bookTicker, .stream, .exchangeInfo, .ping, .time, .trades, .healthz,
            .readyz, .other:
            .free
        case .order, .openOrders, .transfer: method == .get ? .read : .trade
        case .cancelReplace, .amend: .trade
        case .account, .myTrades, .allOrders, .myPreventedMatches: .read
        case .deposit, .stats, .snapshot, .audit, .export, .accounts: .admin
        case .metrics: .scrape
        }
    }
}
