// Keys of criteria, of what is observed, and of the generator's health.

import HarnessCore

extension ScenarioSchema {
    private static let limit = SchemaNode.text(
        matching: "^ *-?[0-9.]+([eE][+-]?[0-9]+)?(%|/s|ns|us|ms|s|[KMG]iB(/s)?)?$")

    static let criterion = SchemaNode.object([
        SchemaKey(
            "name", .text(matching: "^.{1,80}$"),
            "What reports call it: unique, at most 80 characters."
        ).required,
        SchemaKey("metric", .text, "A metric, one of your own, or observe.SOURCE.METRIC.")
            .required,
        SchemaKey("selector", .tags, "Tags the samples must have, all of them (all samples)."),
        SchemaKey(
            "per", .text, "An observed metric that divides the metric, scrape by scrape (none)."),
        SchemaKey(
            "statistic",
            .text(
                matching:
                    "^(p\\([0-9.]+\\)|ratio\\((<|<=|>|>=) *[0-9.]+[num]?s?\\)|"
                    + "med|avg|min|max|rate|count|value)$"),
            "p(N) med avg min max ratio(OP LIMIT) of a trend, rate or count, or value."
        ).required,
        SchemaKey(
            "op", .choice(["<", "<=", ">", ">=", "==", "!=", "within"]),
            "How it compares; within takes limit: [low, high]."
        ).required,
        SchemaKey(
            "limit", .anyOf([limit, .list(limit, atLeast: 2)]),
            "100ms, 0.01%, 5000/s, 512MiB; bare: ms, a share 0 to 1, per second or bytes."
        ).required,
        SchemaKey("window", .object(window), "Which part of the run is judged (the whole)."),
        SchemaKey("excludeWarmup", .boolean, "Samples of the warm-up do not count (true)."),
        SchemaKey(
            "confidence",
            .anyOf([.text(matching: "^(0\\.[89][0-9]*|off)$"), .off]),
            "One-sided, 0.8 to 0.999 (0.95), or off: the plain comparison."),
        SchemaKey("gate", .boolean, "Whether its failure fails the run (true); else WARN."),
        SchemaKey(
            "abort",
            .anyOf([
                .boolean,
                .object([SchemaKey("delay", .duration, "Not before this run time (0).")]),
            ]), "End the run on an established failure (false)."),
    ])

    private static let window: [SchemaKey] = [
        SchemaKey("from", .duration, "Begin in run time, whole seconds; with to."),
        SchemaKey("to", .duration, "End in run time."),
        SchemaKey("last", .duration, "The last so many seconds."),
        SchemaKey("slice", .duration, "Judge slices of this length, each for itself."),
        SchemaKey("allow", limit, "Share of the slices that may miss the limit (0%)."),
    ]

    static let observeSource = SchemaNode.object([
        SchemaKey(
            "name", .text(matching: "^[0-9A-Za-z_-]{1,64}$"), "The SOURCE of observe.SOURCE.METRIC."
        ).required,
        SchemaKey(
            "url", .text(matching: "^(/|https?://)"),
            "The endpoint: a path of the target, or http(s)://host[:port]/path."
        ).required,
        SchemaKey("interval", .duration, "Between two scrapes, 250ms to 60s (5s)."),
        SchemaKey("metrics", .map(.object(observed)), "Your name of each metric, and where it is.")
            .required,
    ])

    private static let observed: [SchemaKey] = [
        SchemaKey(
            "series", .text,
            "The exporter's name, with labels where wanted: name{label=\"value\"}."
        ).required,
        SchemaKey(
            "as", .choice(["gauge", "rate", "delta"]),
            "As it is, its increase per second, or its increase between scrapes (gauge)."),
        SchemaKey("scale", .number("-1e18", "1e18"), "A factor (1)."),
    ]

    private static func pair(_ bound: SchemaNode) -> SchemaNode {
        .anyOf([.list(bound, atLeast: 2), .scalar([("type", .text("null"))])])
    }

    private static let share = SchemaNode.text(matching: "^[0-9.]+%?$")
    private static let count = SchemaNode.integer(0...1_000_000)

    static let health: [SchemaKey] = [
        SchemaKey("lag", pair(.duration), "p99 of schedule_lag (by the tightest latency limit)."),
        SchemaKey("lagMax", pair(.duration), "Largest schedule_lag ([20ms, 100ms])."),
        SchemaKey("lagShare", pair(share), "Lag in all response time ([1%, 5%])."),
        SchemaKey("delivered", pair(share), "Arrivals that began in time ([99.5%, 99%])."),
        SchemaKey("turn", pair(.duration), "Longest turn of a worker ([10ms, 100ms])."),
        SchemaKey("threadCpu", pair(share), "CPU of a worker, of one core ([70%, 85%])."),
        SchemaKey("coreBusy", pair(share), "The busiest core ([80%, 95%])."),
        SchemaKey("runQueue", pair(share), "Time workers waited for a core ([2%, 10%])."),
        SchemaKey("throttled", pair(count), "Throttled periods of the cgroup ([0, 0])."),
        SchemaKey("steal", pair(share), "Time the hypervisor took ([1%, 5%])."),
        SchemaKey("pressure", pair(share), "CPU pressure, some avg10 ([5%, 20%])."),
        SchemaKey("sockets", pair(count), "Transfers without port or descriptor ([0, null])."),
        SchemaKey("retransmits", pair(share), "TCP segments sent again ([1%, null])."),
        SchemaKey("clock", pair(.duration), "Start error, drift of the clock ([50ms, 1s])."),
    ]
}
