// Every code of engine.md 2, from a request that earns it, with its status and its text.

import Foundation
import Glibc
import HarnessCore
import Testing

@testable import Engine

@Suite struct ErrorCodeTests {
    struct Row: CustomStringConvertible {
        var method: HTTPMethod
        var target: String
        var status = 400
        var code: Int
        var message: String
        var body = ""
        var isJSON = false
        var key: String? = "u1"
        var description: String { "\(method) \(target) \(body)" }
    }

    private static let order: [(String, String)] = [
        ("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "LIMIT"), ("timeInForce", "GTC"),
        ("quantity", "0.01"), ("price", "50000"),
    ]

    /// A valid limit order as a query; `changes` replaces, adds, or with nil takes away.
    static func query(_ changes: [String: String?] = [:]) -> String {
        let kept = order.compactMap { name, value -> String? in
            guard let change = changes[name] else { return "\(name)=\(value)" }
            return change.map { "\(name)=\($0)" }
        }
        let added = changes.filter { change in !order.contains { $0.0 == change.key } }
            .sorted { $0.key < $1.key }
            .compactMap { name, value in value.map { "\(name)=\($0)" } }
        return (kept + added).joined(separator: "&")
    }

    private static func new(
        _ changes: [String: String?], _ code: Int, _ message: String
    ) -> Row {
        Row(
            method: .post, target: "/api/v3/order?" + query(changes), code: code,
            message: message)
    }

    private static let missing =
        "Mandatory parameter '%' was not sent, was empty/null, or malformed."
    private static func missing(_ name: String) -> String { missing.replacing("%", with: name) }
    private static func invalid(_ name: String) -> String {
        "Data sent for parameter '\(name)' is not valid."
    }
    private static func decimal(_ name: String) -> String {
        "Illegal characters found in parameter '\(name)'; legal range is "
            + #"'^([0-9]{1,20})(\.[0-9]{1,20})?$'."#
    }
    private static func identifier(_ name: String) -> String {
        "Illegal characters found in parameter '\(name)'; legal range is "
            + "'^[a-zA-Z0-9_.:/-]{1,36}$'."
    }
    private static func integer(_ name: String) -> String {
        "Illegal characters found in parameter '\(name)'; legal range is '^[0-9]{1,20}$'."
    }

    static let newOrders: [Row] = [
        new(["symbol": nil], -1102, missing("symbol")),
        new(["side": nil], -1102, missing("side")),
        new(["type": nil], -1102, missing("type")),
        new(["timeInForce": nil], -1102, missing("timeInForce")),
        new(["quantity": nil], -1102, missing("quantity")),
        new(["price": nil], -1102, missing("price")),
        new(["price": ""], -1105, "Parameter 'price' was empty."),
        new(["newClientOrderId": ""], -1105, "Parameter 'newClientOrderId' was empty."),
        new(["symbol": "NOPE"], -1121, "Invalid symbol."),
        new(["side": "HOLD"], -1117, "Invalid side."),
        new(["type": "STOP_LOSS"], -1116, "Invalid orderType."),
        new(["timeInForce": "DAY"], -1115, "Invalid timeInForce."),
        new(["price": "-1"], -1100, decimal("price")),
        new(["price": "1e-3"], -1100, decimal("price")),
        new(["price": "%2B1"], -1100, decimal("price")),
        new(["price": "+1"], -1100, decimal("price")),
        new(["price": "1."], -1100, decimal("price")),
        new(["price": ".5"], -1100, decimal("price")),
        new(["price": "123456789012345678901"], -1100, decimal("price")),
        new(["quantity": "x"], -1100, decimal("quantity")),
        new(["newClientOrderId": "a%20b"], -1100, identifier("newClientOrderId")),
        new(
            ["newClientOrderId": String(repeating: "a", count: 37)], -1100,
            identifier("newClientOrderId")),
        new(["quantity": "0.000000001"], -1111, "Parameter 'quantity' has too much precision."),
        new(["price": "1.000000001"], -1111, "Parameter 'price' has too much precision."),
        new(["price": "0"], -1013, "Filter failure: PRICE_FILTER"),
        new(["price": "50000.001"], -1013, "Filter failure: PRICE_FILTER"),
        new(["price": "10000000.01"], -1013, "Filter failure: PRICE_FILTER"),
        new(["price": "99999999999999999999"], -1013, "Filter failure: PRICE_FILTER"),
        new(["quantity": "0"], -1013, "Filter failure: LOT_SIZE"),
        new(["quantity": "0.000001"], -1013, "Filter failure: LOT_SIZE"),
        new(["quantity": "10000.00001"], -1013, "Filter failure: LOT_SIZE"),
        new(["quantity": "0.00001", "price": "0.01"], -1013, "Filter failure: NOTIONAL"),
        new(["quantity": "10000", "price": "10000000"], -1013, "Filter failure: NOTIONAL"),
        new(["quoteOrderQty": "5"], -1106, "Parameter 'quoteOrderQty' sent when not required."),
        new(
            ["type": "LIMIT_MAKER"], -1114, "TimeInForce parameter sent when not required."),
        new(["type": "MARKET"], -1114, "TimeInForce parameter sent when not required."),
        new(
            ["type": "MARKET", "timeInForce": nil], -1106,
            "Parameter 'price' sent when not required."),
        new(
            ["type": "MARKET", "timeInForce": nil, "price": nil, "quoteOrderQty": "5"], -1106,
            "Parameter 'quoteOrderQty' sent when not required."),
        new(
            ["type": "MARKET", "timeInForce": nil, "price": nil, "quantity": nil], -1102,
            missing("quantity")),
        new(["selfTradePreventionMode": "TRANSFER"], -1130, invalid("selfTradePreventionMode")),
        new(["newOrderRespType": "LOUD"], -1130, invalid("newOrderRespType")),
        new(["color": "red"], -1103, "An unknown parameter was sent."),
        new(["orderId": "1"], -1103, "An unknown parameter was sent."),
        new(["symbol": "OLDUSDT"], -2010, "Market is closed."),
        new(
            ["quantity": "9000"], -2010, "Account has insufficient balance for requested action."),
        Row(
            method: .post, target: "/api/v3/order?side=BUY&" + query(), code: -1101,
            message: "Duplicate values for a parameter detected."),
        Row(
            method: .post, target: "/api/v3/order", code: -1135, message: "Invalid JSON Request",
            body: "{\"symbol\":", isJSON: true),
        Row(
            method: .post, target: "/api/v3/order?symbol=%4", code: -1100,
            message: "Illegal characters found in a parameter."),
        Row(
            method: .post, target: "/api/v3/order?" + query(), status: 401, code: -1002,
            message: "You are not authorized to execute this request.", key: nil),
        Row(
            method: .post, target: "/api/v3/order?" + query(), status: 401, code: -2014,
            message: "API-key format invalid.", key: "u 1"),
        Row(
            method: .post, target: "/api/v3/order?" + query(), status: 401, code: -2015,
            message: "Invalid API-key, IP, or permissions for action.", key: "@fees"),
    ]

    /// The first failure in the order of section 3 is the one that is told.
    static let order3: [Row] = [
        new(["symbol": "NOPE", "price": "-1"], -1100, decimal("price")),
        new(["symbol": "NOPE", "side": "HOLD"], -1121, "Invalid symbol."),
        new(["symbol": "OLDUSDT", "side": "HOLD"], -2010, "Market is closed."),
        new(["side": "HOLD", "type": "NONE"], -1117, "Invalid side."),
        new(["type": "NONE", "timeInForce": "DAY"], -1116, "Invalid orderType."),
        new(
            ["selfTradePreventionMode": "TRANSFER", "price": "1.000000001"], -1130,
            invalid("selfTradePreventionMode")),
        new(
            ["quantity": "0", "price": "1.000000001"], -1111,
            "Parameter 'price' has too much precision."),
        new(["quantity": "0", "price": "0"], -1013, "Filter failure: PRICE_FILTER"),
        new(["quantity": "0", "newClientOrderId": "a%20b"], -1100, identifier("newClientOrderId")),
        new(["side": "HOLD", "color": "red"], -1103, "An unknown parameter was sent."),
    ]

    static let others: [Row] = [
        Row(
            method: .get, target: "/api/v3/order?symbol=BTCUSDT&orderId=99", code: -2013,
            message: "Order does not exist."),
        Row(
            method: .get, target: "/api/v3/order?symbol=BTCUSDT", code: -1102,
            message:
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"),
        Row(
            method: .get, target: "/api/v3/order?symbol=BTCUSDT&orderId=abc", code: -1100,
            message: integer("orderId")),
        Row(
            method: .get, target: "/api/v3/order?symbol=BTCUSDT&orderId=99999999999999999999",
            code: -1130, message: invalid("orderId")),
        Row(
            method: .delete, target: "/api/v3/order?symbol=BTCUSDT&orderId=99", code: -2011,
            message: "Unknown order sent."),
        Row(
            method: .delete,
            target: "/api/v3/order?symbol=BTCUSDT&orderId=99&cancelRestrictions=ALL", code: -1145,
            message:
                "`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`."),
        Row(
            method: .delete, target: "/api/v3/openOrders?symbol=BTCUSDT", code: -2011,
            message: "Unknown order sent."),
        Row(
            method: .post,
            target: "/api/v3/order/cancelReplace?cancelReplaceMode=X&cancelOrderId=1&" + query(),
            code: -1130, message: invalid("cancelReplaceMode")),
        Row(
            method: .post,
            target: "/api/v3/order/cancelReplace?cancelReplaceMode=STOP_ON_FAILURE&" + query(),
            code: -1102,
            message: "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, "
                + "but both were empty/null!"),
        Row(
            method: .post,
            target: "/api/v3/order/cancelReplace?cancelReplaceMode=STOP_ON_FAILURE&"
                + "cancelOrderId=1&" + query(), code: -2022,
            message: "Order cancel-replace failed."),
        Row(
            method: .post,
            target: "/api/v3/order/cancelReplace?cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=1&"
                + query(["price": "1"]), status: 409, code: -2021,
            message: "Order cancel-replace partially failed."),
        Row(
            method: .put,
            target: "/api/v3/order/amend/keepPriority?symbol=BTCUSDT&orderId=1&newQty=0.1.1",
            code: -1100, message: decimal("newQty")),
        Row(
            method: .put, target: "/api/v3/order/amend/keepPriority?symbol=BTCUSDT&orderId=99",
            code: -1102, message: missing("newQty")),
        Row(
            method: .put,
            target: "/api/v3/order/amend/keepPriority?symbol=BTCUSDT&orderId=99&newQty=1",
            code: -2011, message: "Unknown order sent."),
        Row(
            method: .get, target: "/api/v3/depth?symbol=BTCUSDT&limit=5001", code: -1130,
            message: invalid("limit")),
        Row(
            method: .get, target: "/api/v3/depth?symbol=BTCUSDT&limit=0", code: -1130,
            message: invalid("limit")),
        Row(
            method: .get, target: "/api/v3/ticker/bookTicker?symbol=ETHUSDT", code: -1112,
            message: "No orders on book for symbol."),
        Row(
            method: .get, target: "/api/v3/stream", code: -1102, message: missing("symbol")),
        Row(
            method: .get, target: "/api/v3/exchangeInfo?symbol=NOPE", code: -1121,
            message: "Invalid symbol."),
        Row(
            method: .get, target: "/api/v3/ping?x=1", code: -1103,
            message: "An unknown parameter was sent."),
        Row(
            method: .post, target: transfer("fromShard=0&toShard=0"), code: -1130,
            message: invalid("toShard").dropLast() + ": it must differ from 'fromShard'."),
        Row(
            method: .post, target: transfer("fromShard=0&toShard=1"), code: -1130,
            message: invalid("toShard").dropLast() + ": this engine has shard 0 only."),
        Row(
            method: .post, target: transfer("fromShard=7&toShard=1"), code: -1130,
            message: invalid("fromShard").dropLast() + ": this engine has shard 0 only."),
        Row(
            method: .post, target: transfer("fromShard=0"), code: -1102,
            message: missing("toShard")),
        Row(
            method: .get, target: "/api/v3/transfer?transferId=t1", code: -2013,
            message: "Transfer does not exist."),
        Row(
            method: .post, target: deposit("asset=GOLD&amount=1"), code: -1130,
            message: invalid("asset")),
        Row(
            method: .post, target: deposit("asset=BTC&amount=1&shard=1"), code: -1130,
            message: invalid("shard")),
        Row(
            method: .post, target: deposit("asset=BTC&amount=99999999999"), code: -1013,
            message: "Filter failure: NOTIONAL"),
        Row(
            method: .post, target: deposit("asset=BTC&amount=-1"), code: -2010,
            message: "Account has insufficient balance for requested action."),
        Row(
            method: .get, target: "/nope", status: 404, code: -1000,
            message: "No such endpoint."),
        Row(
            method: .put, target: "/api/v3/order", status: 405, code: -1000,
            message: "This method is not allowed here."),
    ]

    private static func transfer(_ rest: String) -> String {
        "/api/v3/transfer?transferId=t1&asset=USDT&amount=1&" + rest
    }

    private static func deposit(_ rest: String) -> String {
        "/admin/v1/deposit?account=z&depositId=d1&" + rest
    }

    @Test func eachCode() throws {
        let fixture = try APIFixture()
        for row in Self.newOrders + Self.order3 + Self.others {
            let reply = fixture.send(
                row.method, row.target, row.body, isJSON: row.isJSON, key: row.key)
            #expect(
                reply.status == row.status && reply.code == row.code
                    && reply["msg"] == row.message,
                "\(row): \(reply)")
        }
    }

    /// Codes that take an order, or several.
    @Test func codesOfOrders() throws {
        let fixture = try APIFixture()
        func expect(
            _ method: HTTPMethod, _ target: String, _ code: Int, _ message: String,
            key: String = "u1", _ source: SourceLocation = #_sourceLocation
        ) {
            let reply = fixture.send(method, target, key: key)
            #expect(
                reply.code == code && reply["msg"] == message, "\(target): \(reply)",
                sourceLocation: source)
        }
        let order = "/api/v3/order?"
        let first = fixture.send(
            .post, order + Self.query(["newClientOrderId": "a", "price": "100"]), key: "u1")
        #expect(first.status == 200, "\(first)")
        expect(
            .post, order + Self.query(["newClientOrderId": "a"]), -2010, "Duplicate order sent.")
        for method in [HTTPMethod.get, .delete] {
            expect(
                method, order + "symbol=BTCUSDT&orderId=1&origClientOrderId=b", -2039,
                "Client order ID is not correct for this order ID.")
        }
        let amend = "/api/v3/order/amend/keepPriority?symbol=BTCUSDT&orderId=1&"
        expect(
            .put, amend + "newQty=0.005&origClientOrderId=b", -2039,
            "Client order ID is not correct for this order ID.")
        expect(
            .put, amend + "newQty=0.02", -2038,
            "Order amend (quantity increase) is not supported.")
        expect(
            .put, amend + "newQty=0.01", -2038,
            "The requested action would change no state; rejecting.")
        expect(.put, amend + "newQty=0.005", -2011, "Unknown order sent.", key: "u2")
        expect(
            .delete,
            order + "symbol=BTCUSDT&orderId=1&cancelRestrictions=ONLY_PARTIALLY_FILLED", -2011,
            "Order was not canceled due to cancel restrictions.")
        expect(
            .post,
            order
                + Self.query([
                    "side": "SELL", "type": "LIMIT_MAKER", "timeInForce": nil, "price": "100",
                ]), -2010, "Order would immediately match and take.", key: "u2")
        for price in ["99", "98"] {
            #expect(
                fixture.send(.post, order + Self.query(["price": price]), key: "u1").status == 200)
        }
        expect(
            .post, order + Self.query(["price": "97"]), -1013, "Filter failure: MAX_NUM_ORDERS")
        let deposit = "/admin/v1/deposit?account=z&asset=BTC&depositId=d&amount="
        #expect(fixture.send(.post, deposit + "1").status == 200)
        expect(.post, deposit + "2", -2010, "Duplicate deposit sent.")
    }

    @Test func rateLimit() throws {
        let fixture = try APIFixture(rateLimit: 2)
        let replies = (0..<20).map { _ in fixture.send(.get, "/api/v3/account", key: "u1") }
        let refused = replies.filter { $0.code == -1003 }
        #expect(replies.first?.status == 200)
        // A bucket of two fills at two a second: twenty at once cannot all be let in.
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { $0.status == 429 && $0.retryAfter })
        #expect(fixture.send(.get, "/api/v3/account", key: "u2").status == 200)
        #expect(fixture.send(.get, "/api/v3/ping", key: "u1").status == 200)
    }

    @Test func overload() throws {
        let reply = try APIFixture(inflight: 0).send(
            .post, "/api/v3/order?" + Self.query(), key: "u1")
        #expect(reply.status == 429 && reply.code == -1008 && reply.retryAfter)
        #expect(
            reply["msg"] == "Server is currently overloaded with other requests. "
                + "Please try again in a few minutes.")
        let draining = try APIFixture()
        draining.shard.close()
        let refused = draining.send(.post, "/api/v3/order?" + Self.query(), key: "u1")
        #expect(refused.status == 503 && refused.code == -1008 && refused.retryAfter)
    }

    /// A full disk: not executed. Any other failure of the journal: nobody knows.
    @Test(arguments: [(ENOSPC, 503, -1008), (EIO, 504, -1006)])
    func journal(failure: Int32, status: Int, code: Int) throws {
        let fixture = try APIFixture { descriptor, bytes, count, offset in
            let written = UnsafeRawBufferPointer(start: bytes, count: count)
            if written.firstRange(of: Array("broken".utf8)) != nil {
                errno = failure
                return -1
            }
            return pwrite(descriptor, bytes, count, off_t(offset))
        }
        let good = fixture.send(.post, "/api/v3/order?" + Self.query(), key: "u1")
        #expect(good.status == 200, "\(good)")
        let bad = fixture.send(
            .post, "/api/v3/order?" + Self.query(["newClientOrderId": "broken"]), key: "u1")
        #expect(bad.status == status && bad.code == code, "\(bad)")
        #expect(bad.retryAfter == (status == 503))
    }

    @Test func timeout() {
        let reply = APIFixture.Reply(.timeout)
        #expect(reply.status == 504 && reply.code == -1007)
        #expect(
            reply["msg"] == "Timeout waiting for response from backend server. "
                + "Send status unknown; execution status unknown.")
    }
}
