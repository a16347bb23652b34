// The answers, byte for byte but for the times, and the worked example of engine.md 3.

import Foundation
import HarnessCore
import Testing

@testable import Engine

@Suite struct TradingShapeTests {
    /// Times become 0.
    private static func timeless(_ text: String) -> String {
        text.replacing(/"(transactTime|workingTime|time|updateTime|serverTime)":[0-9]+/) {
            "\"\($0.output.1)\":0"
        }
    }

    private let fixture: APIFixture

    init() throws {
        fixture = try APIFixture()
        for (account, asset, amount) in [("a", "USDT", "1000"), ("b", "BTC", "0.01")] {
            let reply = fixture.send(
                .post,
                "/admin/v1/deposit?account=\(account)&asset=\(asset)&amount=\(amount)"
                    + "&depositId=\(account)1")
            #expect(reply.status == 200, "\(reply)")
        }
    }

    private func expect(
        _ method: HTTPMethod, _ target: String, key: String, status: Int = 200, _ answer: String,
        _ source: SourceLocation = #_sourceLocation
    ) {
        let reply = fixture.send(method, "/api/v3/" + target, key: key)
        #expect(reply.status == status, "\(reply)", sourceLocation: source)
        #expect(Self.timeless(reply.text) == answer, sourceLocation: source)
    }

    private func sell() {
        expect(
            .post,
            "order?symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.004&price=49900"
                + "&newClientOrderId=s1&newOrderRespType=RESULT", key: "b",
            """
            {"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"s1",\
            "transactTime":0,"price":"49900.00","origQty":"0.00400","executedQty":"0.00000",\
            "cummulativeQuoteQty":"0.00000000","status":"NEW","seq":4,"timeInForce":"GTC",\
            "type":"LIMIT","side":"SELL","workingTime":0,"selfTradePreventionMode":"NONE"}
            """)
    }

    private func buy() {
        expect(
            .post,
            "order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=50000"
                + "&newClientOrderId=q1.7", key: "a",
            """
            {"symbol":"BTCUSDT","orderId":2,"orderListId":-1,"clientOrderId":"q1.7",\
            "transactTime":0,"price":"50000.00","origQty":"0.01000","executedQty":"0.00400",\
            "cummulativeQuoteQty":"199.60000000","status":"PARTIALLY_FILLED","seq":5,\
            "timeInForce":"GTC","type":"LIMIT","side":"BUY","workingTime":0,\
            "selfTradePreventionMode":"NONE","fills":[{"price":"49900.00","qty":"0.00400",\
            "commission":"0.00000400","commissionAsset":"BTC","tradeId":1}]}
            """)
    }

    @Test func theWorkedExample() {
        sell()
        buy()
        for (account, balances) in [
            (
                "a",
                """
                [{"asset":"BTC","free":"0.00399600","locked":"0.00000000"},\
                {"asset":"USDT","free":"500.40000000","locked":"300.00000000"}]
                """
            ),
            (
                "b",
                """
                [{"asset":"BTC","free":"0.00600000","locked":"0.00000000"},\
                {"asset":"USDT","free":"199.40040000","locked":"0.00000000"}]
                """
            ),
            (
                "@fees",
                """
                [{"asset":"BTC","free":"0.00000400","locked":"0.00000000"},\
                {"asset":"USDT","free":"0.19960000","locked":"0.00000000"}]
                """
            ),
        ] {
            expect(
                .get, "account", key: account,
                """
                {"account":"\(account)","balances":\(balances),\
                "shards":[{"shard":0,"balances":\(balances)}]}
                """)
        }
        expect(
            .get, "depth?symbol=BTCUSDT", key: "",
            #"{"lastUpdateId":5,"bids":[["50000.00","0.00600"]],"asks":[]}"#)
        expect(
            .get, "ticker/bookTicker?symbol=BTCUSDT", key: "",
            """
            {"symbol":"BTCUSDT","bidPrice":"50000.00","bidQty":"0.00600","askPrice":"0.00",\
            "askQty":"0.00000"}
            """)
    }

    @Test func amendQueryAndCancel() {
        sell()
        buy()
        expect(
            .put,
            "order/amend/keepPriority?symbol=BTCUSDT&origClientOrderId=q1.7&newQty=0.008",
            key: "a",
            """
            {"transactTime":0,"executionId":6,"amendedOrder":{"symbol":"BTCUSDT","orderId":2,\
            "orderListId":-1,"origClientOrderId":"q1.7","clientOrderId":"q1.7",\
            "price":"50000.00","qty":"0.00800","executedQty":"0.00400","preventedQty":"0.00000",\
            "quoteOrderQty":"0.00000000","cumulativeQuoteQty":"199.60000000",\
            "status":"PARTIALLY_FILLED","seq":6,"timeInForce":"GTC","type":"LIMIT","side":"BUY",\
            "workingTime":0,"selfTradePreventionMode":"NONE"}}
            """)
        let order = """
            {"symbol":"BTCUSDT","orderId":2,"orderListId":-1,"clientOrderId":"q1.7",\
            "price":"50000.00","origQty":"0.00800","executedQty":"0.00400",\
            "cummulativeQuoteQty":"199.60000000","status":"PARTIALLY_FILLED","seq":6,\
            "timeInForce":"GTC","type":"LIMIT","side":"BUY","workingTime":0,\
            "selfTradePreventionMode":"NONE","time":0,"updateTime":0,"isWorking":true}
            """
        expect(.get, "order?symbol=BTCUSDT&orderId=2&origClientOrderId=q1.7", key: "a", order)
        expect(.get, "openOrders", key: "a", "[\(order)]")
        expect(.get, "openOrders?symbol=ETHUSDT", key: "a", "[]")
        expect(
            .delete,
            "order?symbol=BTCUSDT&orderId=2&newClientOrderId=c1"
                + "&cancelRestrictions=ONLY_PARTIALLY_FILLED", key: "a",
            """
            {"symbol":"BTCUSDT","origClientOrderId":"q1.7","orderId":2,"orderListId":-1,\
            "clientOrderId":"c1","transactTime":0,"price":"50000.00","origQty":"0.00800",\
            "executedQty":"0.00400","cummulativeQuoteQty":"199.60000000","status":"CANCELED",\
            "seq":7,"timeInForce":"GTC","type":"LIMIT","side":"BUY","workingTime":0,\
            "selfTradePreventionMode":"NONE"}
            """)
    }

    /// ACK ends after transactTime; the same id again answers the same order.
    @Test func acknowledgedAndRepeated() {
        let order =
            "order?symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.001&price=40000"
            + "&newClientOrderId=k&newOrderRespType="
        expect(
            .post, order + "ACK", key: "a",
            """
            {"symbol":"BTCUSDT","orderId":-1,"orderListId":-1,"clientOrderId":"k",\
            "transactTime":0}
            """)
        expect(
            .post, order + "RESULT", key: "a",
            """
            {"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"k",\
            "transactTime":0,"price":"40000.00","origQty":"0.00100","executedQty":"0.00000",\
            "cummulativeQuoteQty":"0.00000000","status":"NEW","seq":4,"timeInForce":"GTC",\
            "type":"LIMIT_MAKER","side":"BUY","workingTime":0,"selfTradePreventionMode":"NONE",\
            "duplicate":true}
            """)
        expect(.get, "openOrders?symbol=BTCUSDT", key: "b", "[]")
    }

    @Test func cancelReplaceFailsWithBothLegs() {
        let new =
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=40000"
            + "&newClientOrderId=n&cancelOrderId=9&cancelReplaceMode="
        let unknown = #"{"code":-2011,"msg":"Unknown order sent."}"#
        expect(
            .post, "order/cancelReplace?" + new + "STOP_ON_FAILURE", key: "a", status: 400,
            """
            {"code":-2022,"msg":"Order cancel-replace failed.","data":\
            {"cancelResult":"FAILURE","newOrderResult":"NOT_ATTEMPTED",\
            "cancelResponse":\(unknown),"newOrderResponse":null}}
            """)
        expect(
            .post, "order/cancelReplace?" + new + "ALLOW_FAILURE&newOrderRespType=RESULT",
            key: "a", status: 409,
            """
            {"code":-2021,"msg":"Order cancel-replace partially failed.","data":\
            {"cancelResult":"FAILURE","newOrderResult":"SUCCESS","cancelResponse":\(unknown),\
            "newOrderResponse":{"symbol":"BTCUSDT","orderId":1,"orderListId":-1,\
            "clientOrderId":"n","transactTime":0,"price":"40000.00","origQty":"0.00100",\
            "executedQty":"0.00000","cummulativeQuoteQty":"0.00000000","status":"NEW","seq":5,\
            "timeInForce":"GTC","type":"LIMIT","side":"BUY","workingTime":0,\
            "selfTradePreventionMode":"NONE"}}}
            """)
    }

    @Test func exchangeInfo() throws {
        let reply = fixture.send(.get, "/api/v3/exchangeInfo?symbol=BTCUSDT")
        let object = try JSONSerialization.jsonObject(with: Data(reply.text.utf8))
        let symbols = (object as? [String: Any])?["symbols"] as? [[String: Any]]
        let symbol = try #require(symbols?.first)
        #expect(symbols?.count == 1 && symbol["status"] as? String == "TRADING")
        let filters = try #require(symbol["filters"] as? [[String: Any]])
        #expect(
            filters.map { $0["filterType"] as? String }
                == ["PRICE_FILTER", "LOT_SIZE", "NOTIONAL", "MAX_NUM_ORDERS"])
        #expect(filters[0]["tickSize"] as? String == "0.01")
        #expect(filters[1]["maxQty"] as? String == "10000.00000")
        #expect(filters[2]["minNotional"] as? String == "0.01000000")
        #expect(filters[3]["maxNumOrders"] as? Int == 3)
        #expect(symbol["orderTypes"] as? [String] == ["LIMIT", "LIMIT_MAKER", "MARKET"])
        let modes = symbol["allowedSelfTradePreventionModes"] as? [String]
        #expect(
            modes == ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"])
        let all = fixture.send(.get, "/api/v3/exchangeInfo").text
        #expect(all.contains(#""symbol":"OLDUSDT","status":"HALT""#))
    }
}
