// The flows that are measured, and what their requests are answered.

import HarnessCore
import ScenarioModel

enum FlowProbeFlows {
    static let headers =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 7f3a\r\n\r\n"

    static func flow(_ what: FlowProbeCase) -> (scenario: Scenario, answers: [String]) {
        switch what {
        case .bare: return (scenario([get("/api/v3/ping")]), [list])
        case .templates: return (scenario([templates]), [list])
        case .captures:
            let step = get("/api/v3/openOrders") {
                $0.captures = [capture("$.orders[2].id", 0), capture("$.account.limits.daily", 1)]
            }
            return (scenario([step], variables: ["id", "daily"]), [list])
        case .checks:
            let step = get("/api/v3/openOrders") { $0.checks = checks }
            return (scenario([step]), [list])
        case .feeders:
            let step = get("") {
                $0.url = Template(
                    source: "/u/${data.users.name}/${data.users.key}",
                    parts: [
                        .literal("/u/"), .expression(.name(.data(feeder: 0, column: 0))),
                        .literal("/"), .expression(.name(.data(feeder: 0, column: 1))),
                    ])
            }
            return (scenario([step]), [list])
        case .journey:
            return (
                scenario(journey, variables: ["token", "id", "daily", "status"]),
                [
                    #"{"token":"eyJhbGciOiJIUzI1NiJ9.c3BvdGxvYWQ","expires":3600}"#, list, order,
                    order,
                ]
            )
        }
    }

    // MARK: Steps

    private static let templates = post("/api/v3/${vu}/order") { step in
        step.url = Template(
            source: "/api/v3/${vu}/order",
            parts: [
                .literal("/api/v3/"), .expression(.name(.vu)), .literal("/order"),
            ])
        step.headers = [HeaderField(name: "X-Iteration", value: whole(.name(.iteration)))]
        step.body = .json(
            object([
                ("user", .text(text("user-", .name(.vu)))),
                ("iteration", .text(whole(.name(.iteration)))),
                ("quantity", .text(whole(.random(.integer(1), .integer(1_000))))),
                ("note", .text(text("run ", .name(.iterationInTest)))),
            ]))
    }

    private static let checks = [
        Check(name: "status", subject: .statusIn(.success), conditions: []),
        Check(
            name: "symbol", subject: .json(path("$.orders[2].symbol")),
            conditions: [condition(.equals, "A0003USDT")]),
        Check(
            name: "price", subject: .json(path("$.orders[0].price")),
            conditions: [condition(.greater, "99.5"), condition(.less, "100.5")]),
        Check(name: "fast", subject: .time, conditions: [condition(.less, "200ms")]),
    ]

    /// Log in with two templates, list the orders and capture one, and if it is open send an order
    /// with captured values and two checks; then one that the order model drew.
    private static var journey: [Step] {
        let login = post("/api/v3/session") { step in
            step.body = .json(
                object([
                    ("user", .text(whole(.name(.data(feeder: 0, column: 0))))),
                    ("key", .text(whole(.name(.data(feeder: 0, column: 1))))),
                ]))
            step.captures = [capture("$.token", 0)]
        }
        let openOrders = get("/api/v3/openOrders") { step in
            step.headers = [HeaderField(name: "Authorization", value: text("Bearer ", variable(0)))]
            step.captures = [
                capture("$.orders[2].id", 1), capture("$.account.limits.daily", 2),
                capture("$.orders[2].status", 3),
            ]
        }
        let replace = post("/api/v3/order/cancelReplace") { step in
            step.headers = [HeaderField(name: "Authorization", value: text("Bearer ", variable(0)))]
            step.body = .json(
                object([
                    ("symbol", .text(Template(literal: "A0003USDT"))),
                    ("cancelOrderId", .text(whole(variable(1)))),
                    ("quantity", .text(whole(variable(2)))),
                ]))
            step.checks = [
                Check(name: "accepted", subject: .statusIn(.success), conditions: []),
                Check(
                    name: "filled", subject: .json(path("$.executedQty")),
                    conditions: [condition(.equals, "0.5")]),
            ]
        }
        let drawn = post("") { step in
            step.fromOrder = true
            step.name = Template(
                source: "order ${order.op}",
                parts: [.literal("order "), .expression(.name(.order(.op)))])
        }
        let isOpen = Condition.and(
            .compare(.equal, variable(3), .text("NEW")),
            .compare(.greater, variable(2), .integer(0)))
        return [
            .order(model), login, openOrders, .branch(if: isOpen, then: [replace], else: []), drawn,
        ]
    }

    // MARK: Parts

    private static func scenario(_ steps: [Step], variables: [String] = []) -> Scenario {
        let executor = Executor.constantArrivalRate(
            ConstantArrivalRate(rate: 1_000, duration: .seconds(60), preAllocatedVUs: 1, maxVUs: 1))
        var scenario = Scenario(
            name: "probe", workloads: [Workload(name: "probe", exec: "main", executor: executor)],
            flows: ["main": Flow(name: "main", steps: steps, variables: variables)])
        scenario.feeders = [users]
        return scenario
    }

    private static let users: Feeder = {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for i in 0..<10_000 {
            for cell in ["user-\(i)", "key-\(i * 7_919)"] {
                bytes += Array(cell.utf8)
                ends.append(bytes.count)
            }
        }
        return Feeder(
            name: "users", file: "users.csv", pick: .random,
            table: FeederTable(columns: ["name", "key"], bytes: bytes, ends: ends))
    }()

    /// Commands that need no open orders: the list a lane keeps must not grow while we count.
    private static let model = OrderModel(
        profile: .steady, symbols: (1...100).map { "A\($0)USDT" },
        mix: [
            OrderModel.MixEntry(kind: .ioc, weight: 60),
            OrderModel.MixEntry(kind: .market, weight: 40),
        ])

    private static func get(
        _ url: String, _ change: (inout RequestStep) -> Void = { _ in }
    ) -> Step {
        var step = RequestStep(
            id: 0, method: "GET", url: Template(literal: url), name: Template(literal: "GET \(url)")
        )
        change(&step)
        return .request(step)
    }

    private static func post(_ url: String, _ change: (inout RequestStep) -> Void) -> Step {
        get(url) { step in
            step.method = "POST"
            step.name = Template(literal: "POST \(url)")
            change(&step)
        }
    }

    private static func variable(_ position: Int) -> Expression { .name(.variable(position)) }

    private static func whole(_ expression: Expression) -> Template {
        Template(source: "${x}", parts: [.expression(expression)])
    }

    private static func text(_ before: String, _ expression: Expression) -> Template {
        Template(source: before + "${x}", parts: [.literal(before), .expression(expression)])
    }

    private static func object(_ members: [(String, JSONTemplate)]) -> JSONTemplate {
        .object(members.map { JSONTemplate.Member(key: $0.0, value: $0.1) })
    }

    private static func condition(_ op: Check.Operator, _ operand: String) -> Check.Condition {
        Check.Condition(op: op, operands: [Template(literal: operand)])
    }

    private static func capture(_ text: String, _ variable: Int) -> Capture {
        Capture(variable: variable, source: .json(path(text)), defaultValue: nil, keep: false)
    }

    /// `$.a[0].b`: names and indexes.
    private static func path(_ text: String) -> JSONPath {
        let parts = text.dropFirst().split { $0 == "." || $0 == "[" }
        return JSONPath(
            text: text,
            segments: parts.map { part in
                part.hasSuffix("]")
                    ? .index(Int(part.dropLast()) ?? 0) : .name(String(part))
            })
    }

    // MARK: Answers

    private static let list: String = {
        let orders = (1...4).map { i in
            """
            {"symbol":"A000\(i)USDT","id":"abc0.\(i).z","price":"100.0\(i)","origQty":"1.500",\
            "status":"NEW"}
            """
        }
        return """
            {"orders":[\(orders.joined(separator: ","))],\
            "account":{"id":7,"limits":{"weekly":5000,"daily":1000.5}},"ok":true}
            """
    }()

    private static let order = """
        {"symbol":"A0003USDT","orderId":4711,"clientOrderId":"abc0.3.z",\
        "transactTime":1799000000000,"price":"100.03",\
        "origQty":"1.500","executedQty":"0.500","status":"PARTIALLY_FILLED"}
        """
}
