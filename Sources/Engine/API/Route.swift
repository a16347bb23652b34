// The paths of the API. The raw value is the position in the tables of /metrics.

enum Route: Int, CaseIterable, Sendable {
    case order, cancelReplace, openOrders, depth, account, myTrades, exchangeInfo, ping, time
    case deposit, stats, healthz, readyz, metrics
    case allOrders, myPreventedMatches, trades, export, accounts
    /// Any other path.
    case other

    /// The path; `other` is a label only.
    static let paths = [
        "/api/v3/order", "/api/v3/order/cancelReplace", "/api/v3/openOrders", "/api/v3/depth",
        "/api/v3/account",
        "/api/v3/myTrades", "/api/v3/exchangeInfo", "/api/v3/ping", "/api/v3/time",
        "/admin/v1/deposit", "/admin/v1/stats", "/healthz", "/readyz", "/metrics",
        "/api/v3/allOrders", "/api/v3/myPreventedMatches", "/api/v3/trades", "/admin/v1/export",
        "/admin/v1/accounts",
        "other",
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
}
