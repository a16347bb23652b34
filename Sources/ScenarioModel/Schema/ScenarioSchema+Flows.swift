// Steps, requests, checks, captures, order models.

import HarnessCore

extension ScenarioSchema {
    static let step = SchemaNode.anyOf([
        .oneKey(stepKinds),
        .object([
            SchemaKey("if", .text, "A condition such as ${x} > 0 && ${order.op} == 'new'.")
                .required,
            SchemaKey("then", .reference("steps"), "Steps where it holds.").required,
            SchemaKey("else", .reference("steps"), "Steps where it does not."),
        ]),
    ])

    private static let methods = ["get", "post", "put", "patch", "delete", "head", "options"]

    private static let stepKinds: [SchemaKey] =
        [SchemaKey("request", urlOr("request"), "Send a request: its url (GET), or a map.")]
        + methods.map {
            SchemaKey($0, urlOr("shorthand"), "Send a \($0.uppercased()): its url, or a map.")
        } + [
            SchemaKey(
                "think",
                .anyOf([
                    .duration,
                    .object([
                        SchemaKey(
                            "uniform", .list(.duration, atLeast: 2), "Between two durations."),
                        SchemaKey("exponential", .duration, "The mean of exponential times."),
                        SchemaKey("max", .duration, "The most of these (10 x mean)."),
                    ]),
                ]), "Wait as a user would."),
            SchemaKey(
                "choose",
                .list(
                    .object([
                        SchemaKey(
                            "weight", .integer(1...1_000_000), "How often, relative to the others."
                        ).required,
                        SchemaKey("steps", .reference("steps"), "What it does.").required,
                    ]), atLeast: 1), "One of several, by weight."),
            SchemaKey(
                "repeat",
                .object([
                    SchemaKey(
                        "times", .integer(0...1_000_000), "How often; ${loop} counts from 0."),
                    SchemaKey("while", .text, "A condition asked before each round."),
                    SchemaKey(
                        "max", .integer(1...1_000_000),
                        "Rounds of while before the error loop_limit (1000)."),
                    SchemaKey("steps", .reference("steps"), "What is repeated.").required,
                ]), "Repeat steps."),
            SchemaKey("parallel", parallel, "Requests at the same time."),
            SchemaKey("batch", parallel, "The same as parallel."),
            SchemaKey(
                "group",
                .object([
                    SchemaKey("name", .text, "Its name; nested ones join with ::.").required,
                    SchemaKey("steps", .reference("steps"), "What stands in it.").required,
                ]), "Steps with a tag group and a duration of their own."),
            SchemaKey(
                "order", .anyOf([.reference("order"), .scalar([("type", .text("null"))])]),
                "Draw the next order of the flow into ${order.*}."),
            SchemaKey(
                "metric",
                .object([
                    SchemaKey(
                        "name", .text(matching: "^[a-zA-Z_][a-zA-Z0-9_]{1,128}$"),
                        "Its name, not a built-in one."
                    ).required,
                    SchemaKey(
                        "type", .choice(["counter", "gauge", "rate", "trend"]),
                        "Its type, the same everywhere."
                    ).required,
                    SchemaKey("value", .text, "What is added; ${...} is read.").required,
                    SchemaKey("time", .boolean, "A trend of milliseconds (false)."),
                    SchemaKey("tags", .tags, "Tags of this series."),
                ]), "Add a value to a metric of your own."),
            SchemaKey("fail", .text, "End the iteration with the error fail."),
            SchemaKey("log", .text, "A line in the log, at most 10 a second."),
        ]

    private static let parallel = SchemaNode.object([
        SchemaKey("max", .integer(1...64), "Requests at one time (6)."),
        SchemaKey("steps", .list(.reference("step"), atLeast: 1), "Requests, nothing else.")
            .required,
    ])

    private static func urlOr(_ definition: String) -> SchemaNode {
        .anyOf([.scalar([("type", .text("string"))]), .reference(definition)])
    }

    static let request = SchemaNode.object(
        [
            SchemaKey(
                "method", .text(matching: "^[A-Za-z]+$"),
                "GET (default) POST PUT PATCH DELETE HEAD OPTIONS."),
            SchemaKey(
                "from", .choice(["order"]), "Method, url, body and account of the drawn order."),
        ] + requestKeys)

    /// Under a key that is the method.
    static let shorthand = SchemaNode.object(requestKeys)

    private static let requestKeys: [SchemaKey] = [
        SchemaKey("url", .text, "Relative to the target, or absolute."),
        SchemaKey("name", .text, "Name of its series (method and url as written)."),
        SchemaKey("query", .map(.text), "Parameters, percent-encoded."),
        SchemaKey("headers", .reference("headers"), "Headers beside those of defaults."),
        SchemaKey("json", .anything, "A JSON body; ${...} at its leaves."),
        SchemaKey("form", .map(.text), "A form body, percent-encoded."),
        SchemaKey("body", .text, "A text body."),
        SchemaKey("bodyFile", .text, "A file sent as it is, in the scenario's folder."),
        SchemaKey("timeout", .duration, "Of this request (defaults.timeout)."),
        SchemaKey("expect", .reference("status"), "Statuses that are no failure (200-399)."),
        SchemaKey("rejects", .reference("status"), "Business rejects: counted apart, no failures."),
        SchemaKey(
            "check", .anyOf([.reference("check"), .list(.reference("namedCheck"), atLeast: 1)]),
            "What the answer should be; false alone fails nothing."),
        SchemaKey("capture", .map(.reference("capture")), "Values for the steps after it."),
        SchemaKey("tags", .tags, "Tags of its series."),
        SchemaKey(
            "onFail", .choice(["stop", "continue"]),
            "After a failure: stop the iteration (default)."),
    ]

    static let status = SchemaNode.anyOf([
        oneStatus, .list(oneStatus, atLeast: 1),
    ])

    private static let oneStatus = SchemaNode.scalar([
        ("type", .texts(["integer", "string", "null"])),
        ("pattern", .text("^[1-5]([0-9][0-9]|xx)(-[1-5][0-9][0-9])?$")),
        ("minimum", .integer(100)), ("maximum", .integer(599)),
    ])

    static let check = SchemaNode.object(subjects)

    static let namedCheck = SchemaNode.object(
        [SchemaKey("name", .text, "Its name; else it is its subject's.")] + subjects)

    private static let subjects: [SchemaKey] = [
        SchemaKey(
            "status", .anyOf([.reference("status"), .reference("operator")]),
            "The status: 200, a list, 2xx, or operators."),
        SchemaKey("header", .map(operatorOrValue), "Headers by name."),
        SchemaKey("json", .map(operatorOrValue), "Values of the body by JSONPath."),
        SchemaKey("body", operatorOrValue, "The whole body."),
        SchemaKey("time", operatorOrValue, "The service time: durations."),
    ]

    private static let operatorOrValue = SchemaNode.anyOf([.text, .reference("operator")])

    static let checkOperator = SchemaNode.object([
        SchemaKey("equals", .text, "Equal, numbers as numbers."),
        SchemaKey("notEquals", .text, "Not equal."),
        SchemaKey("in", .anyOf([.text, .list(.text, atLeast: 1)]), "One of a list."),
        SchemaKey("matches", .text, "A regular expression, anywhere in the text."),
        SchemaKey("contains", .text, "Part of the text."),
        SchemaKey("exists", .boolean, "There is one, or there is none."),
        SchemaKey("length", operatorOrValue, "Its length: a number or operators."),
        SchemaKey("<", .text, "Less than."),
        SchemaKey("<=", .text, "At most."),
        SchemaKey(">", .text, "More than."),
        SchemaKey(">=", .text, "At least."),
    ])

    static let capture = SchemaNode.anyOf([
        .text,
        .object([
            SchemaKey("json", .text, "From the body, by JSONPath."),
            SchemaKey("header", .text, "From a header."),
            SchemaKey("regex", .text, "From the body, by regular expression."),
            SchemaKey("group", .integer(0...99), "Group of the regular expression (1)."),
            SchemaKey("default", .text, "Where nothing is found; without it a miss is counted."),
            SchemaKey("keep", .boolean, "Stays in the VU over iterations (false)."),
        ]),
    ])

    static let order = SchemaNode.object([
        SchemaKey(
            "profile", .choice(OrderModel.Profile.allCases.map(\.rawValue)),
            "The kind of flow (steady)."),
        SchemaKey(
            "symbols", .anyOf([.integer(1...10_000), .list(.text, atLeast: 1)]),
            "How many (100): A0001USDT, ...; or their names."),
        SchemaKey("symbolSkew", .number("0", "10"), "Zipf exponent of the symbols (1.0)."),
        SchemaKey("accounts", .integer(1...10_000_000), "Accounts (10000)."),
        SchemaKey("accountSkew", .number("0", "10"), "Zipf exponent of the accounts (0.9)."),
        SchemaKey(
            "mix",
            .object(
                OrderKind.allCases.map {
                    SchemaKey($0.rawValue, .integer(0...1_000_000), "Weight of \($0.rawValue).")
                }), "Weights of the kinds of command (the profile's)."),
        SchemaKey("offset", .object(pareto), "Distance from mid in ticks, Pareto (1.5, 200)."),
        SchemaKey("lots", .object(pareto), "Lots of an order, Pareto (2.0, 1000)."),
        SchemaKey("aggressive", .number("0", "1"), "Share of limit orders that cross (0.1)."),
        SchemaKey("mid", .integer(1...1_000_000_000), "The middle price, in ticks (10000)."),
        SchemaKey("tick", .text, "A price step (0.01)."),
        SchemaKey("lot", .text, "A quantity step (0.001)."),
        SchemaKey("lanes", .integer(1...65_536), "Independent streams of orders (64)."),
        SchemaKey(
            "minAge", .integer(0...1_000_000), "Positions before an order may be cancelled (8)."),
        SchemaKey("maxOpen", .integer(1...2_000_000), "Open orders of a lane, at most (256)."),
        SchemaKey("hotShare", .number("0", "1"), "hot: share of symbol 1 (0.8)."),
        SchemaKey("depth", .integer(1...100_000_000), "deep: passive orders first (20000)."),
        SchemaKey("makers", .integer(1...10_000_000), "avalanche: orders of a pile (5000)."),
    ])

    private static let pareto: [SchemaKey] = [
        SchemaKey("alpha", .number("0.1", "10"), "Its exponent."),
        SchemaKey("cap", .integer(1...1_000_000), "Its largest value."),
    ]
}
