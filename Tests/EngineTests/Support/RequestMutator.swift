// Valid requests of every endpoint, and what a hostile client makes of them. All draws come from
// the generator given, so that a case is found again by its number.

import HarnessCore

struct RequestMutator {
    private struct Template {
        var method: String
        var path: String
        var parameters: [(String, String)]
    }
    private static let order = [
        ("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "GTC"),
        ("quantity", "0.01"), ("price", "100.00"),
    ]
    private static let templates: [Template] = [
        Template(method: "POST", path: "/api/v3/order", parameters: order),
        Template(method: "POST", path: "/api/v3/order", parameters: order),
        Template(
            method: "POST", path: "/api/v3/order",
            parameters: [
                ("symbol", "BTCUSDT"), ("side", "SELL"), ("type", "MARKET"),
                ("quoteOrderQty", "10.5"), ("newOrderRespType", "FULL"),
            ]),
        Template(
            method: "POST", path: "/api/v3/order",
            parameters: order + [
                ("newClientOrderId", "c1"), ("newOrderRespType", "ACK"),
                ("selfTradePreventionMode", "NONE"), ("recvWindow", "5000"), ("timestamp", "1"),
            ]),
        Template(
            method: "POST", path: "/api/v3/order/cancelReplace",
            parameters: order + [
                ("cancelReplaceMode", "ALLOW_FAILURE"), ("cancelOrderId", "3"),
                ("cancelRestrictions", "ONLY_NEW"),
            ]),
        Template(
            method: "PUT", path: "/api/v3/order/amend/keepPriority",
            parameters: [("symbol", "BTCUSDT"), ("orderId", "2"), ("newQty", "0.005")]),
        Template(
            method: "DELETE", path: "/api/v3/order",
            parameters: [
                ("symbol", "BTCUSDT"), ("orderId", "5"), ("origClientOrderId", "c1"),
            ]),
        Template(
            method: "DELETE", path: "/api/v3/openOrders", parameters: [("symbol", "BTCUSDT")]),
        Template(
            method: "GET", path: "/api/v3/order",
            parameters: [("symbol", "BTCUSDT"), ("orderId", "1")]),
        Template(method: "GET", path: "/api/v3/openOrders", parameters: [("symbol", "ETHUSDT")]),
        Template(
            method: "GET", path: "/api/v3/depth",
            parameters: [("symbol", "BTCUSDT"), ("limit", "5")]),
        Template(
            method: "GET", path: "/api/v3/ticker/bookTicker",
            parameters: [("symbol", "BTCUSDT")]),
        Template(method: "GET", path: "/api/v3/account", parameters: []),
        Template(method: "GET", path: "/api/v3/exchangeInfo", parameters: []),
        Template(
            method: "POST", path: "/api/v3/transfer",
            parameters: [
                ("transferId", "t"), ("asset", "BTC"), ("amount", "1"), ("fromShard", "0"),
                ("toShard", "1"),
            ]),
        Template(
            method: "POST", path: "/admin/v1/deposit",
            parameters: [
                ("account", "u1"), ("asset", "USDT"), ("amount", "5"), ("depositId", "d"),
            ]),
        Template(method: "GET", path: "/admin/v1/stats", parameters: []),
        Template(method: "GET", path: "/api/v3/ping", parameters: []),
    ]

    private static let hostile = [
        "", "-1", "0", "+1", "1e9", "1.", ".5", "00.10", "99999999999999999999",
        "123456789012345678901", "18446744073709551616", "9223372036854775807", "0.000000001",
        "%00", "%", "%4", "%zz", "\u{0}", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "{}",
        "[1]", "NaN", "@fees", "@transit", "BTCUSDT", "OLDUSDT", "EXPIRE_BOTH", "DECREMENT",
        "TRANSFER", "FOK", "IOC", "LIMIT_MAKER", "MARKET", "SELL",
        String(repeating: "a", count: 37), String(repeating: "9", count: 400), "äöü", "\u{FFFD}",
    ]

    var rng: SplitMix64

    mutating func below(_ n: Int) -> Int { Int(Draw.below(rng.next(), UInt64(n))) }

    mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }

    // MARK: Valid requests

    /// The bytes of a request that may be refused, but for what it says only.
    mutating func valid(varied: Bool = true) -> [UInt8] {
        var template = pick(Self.templates)
        if varied { vary(&template) }
        return bytes(template)
    }

    /// Other prices, sides, ids: so that orders rest, trade and are found.
    private mutating func vary(_ template: inout Template) {
        for i in template.parameters.indices {
            switch template.parameters[i].0 {
            case "price": template.parameters[i].1 = "\(95 + below(11)).\(below(10))"
            case "quantity", "newQty": template.parameters[i].1 = "0.0\(1 + below(9))"
            case "side": template.parameters[i].1 = below(2) == 0 ? "BUY" : "SELL"
            case "timeInForce": template.parameters[i].1 = pick(["GTC", "GTC", "IOC", "FOK"])
            case "symbol": template.parameters[i].1 = pick(["BTCUSDT", "BTCUSDT", "ETHUSDT"])
            case "orderId", "cancelOrderId": template.parameters[i].1 = "\(1 + below(200))"
            case "newClientOrderId", "depositId":
                template.parameters[i].1 = "c\(below(500))"
            case "origClientOrderId": if below(2) == 0 { template.parameters[i].0 = "orderId2" }
            default: break
            }
        }
        template.parameters.removeAll { $0.0 == "orderId2" }
    }

    private mutating func bytes(_ template: Template) -> [UInt8] {
        let form = template.parameters.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        let json =
            "{" + template.parameters.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",") + "}"
        let isBodiless = template.method == "GET" || template.parameters.isEmpty
        let style = isBodiless ? 0 : below(4)
        var target = template.path
        var body = ""
        var type = ""
        switch style {
        case 0: if !form.isEmpty { target += "?" + form }
        case 1:
            body = form
            type = "application/x-www-form-urlencoded"
        default:
            body = json
            type = "application/json"
        }
        var head = "\(template.method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        head += "X-MBX-APIKEY: u\(1 + below(4))\r\n"
        if !type.isEmpty { head += "Content-Type: \(type)\r\n" }
        if style == 3 {
            head += "Transfer-Encoding: chunked\r\n\r\n"
            let cut = below(body.utf8.count)
            for part in [body.prefix(cut), body.dropFirst(cut)] where !part.isEmpty {
                head += String(part.utf8.count, radix: 16) + "\r\n\(part)\r\n"
            }
            return Array((head + "0\r\n\r\n").utf8)
        }
        if !body.isEmpty { head += "Content-Length: \(body.utf8.count)\r\n" }
        return Array((head + "\r\n" + body).utf8)
    }

    // MARK: Mutations

    /// A request with one thing to many things wrong.
    mutating func mutated() -> [UInt8] {
        if below(3) > 0 { return wrongParameters() }
        var bytes = valid()
        for _ in 0...below(4) { damage(&bytes) }
        return bytes
    }

    /// The frame is good, what it says is not.
    private mutating func wrongParameters() -> [UInt8] {
        var template = pick(Self.templates)
        vary(&template)
        for _ in 0...below(2) where !template.parameters.isEmpty {
            let i = below(template.parameters.count)
            switch below(6) {
            case 0: template.parameters.remove(at: i)
            case 1: template.parameters.append(template.parameters[i])
            case 2: template.parameters.append((pick(Self.hostile), pick(Self.hostile)))
            case 3:
                let other = pick(Self.templates).parameters
                if !other.isEmpty { template.parameters.append(pick(other)) }
            default: template.parameters[i].1 = pick(Self.hostile)
            }
        }
        if below(10) == 0 { template.method = pick(["GET", "POST", "PUT", "DELETE", "HEAD"]) }
        return bytes(template)
    }

    private mutating func damage(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let at = below(bytes.count)
        switch below(7) {
        case 0: bytes[at] ^= UInt8(1 << below(8))
        case 1: bytes[at] = UInt8(below(256))
        case 2: bytes.insert(UInt8(below(256)), at: at)
        case 3: bytes.removeSubrange(at..<min(bytes.count, at + 1 + below(8)))
        case 4: bytes.insert(contentsOf: pick(Self.hostile).utf8, at: at)
        case 5:
            let other = valid()
            let from = below(other.count)
            bytes.insert(contentsOf: other[from..<min(other.count, from + below(60))], at: at)
        default: bytes.removeLast(below(min(bytes.count, 40)))
        }
    }
}
