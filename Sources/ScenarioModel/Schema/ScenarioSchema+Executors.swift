// `scenarios`: one shape for each executor, so that an editor offers the keys of the chosen one.

import HarnessCore

extension ScenarioSchema {
    static let executor = SchemaNode.anyOf([
        scenario(
            "shared-iterations", "Iterations shared by the VUs, as they come.",
            [vus("VUs (1)."), iterations("Iterations in total (1)."), maxDuration]),
        scenario(
            "per-vu-iterations", "Each VU runs its own number of iterations.",
            [vus("VUs (1)."), iterations("Iterations of each VU (1)."), maxDuration]),
        scenario(
            "constant-vus", "VUs that loop for a time.",
            [vus("VUs (1)."), SchemaKey("duration", .duration, "How long, at least 1s.").required]),
        scenario(
            "ramping-vus", "VUs that loop, their number rising and falling.",
            [
                SchemaKey("startVUs", .integer(0...Limits.vus), "VUs at the start (1)."),
                SchemaKey("stages", .reference("stages"), "VUs at the end of each stage.").required,
                SchemaKey(
                    "gracefulRampDown", .duration,
                    "How long an iteration may go on when its VU is no longer wanted (30s)."),
            ]),
        scenario(
            "constant-arrival-rate", "Iterations that start at a fixed rate, whatever comes back.",
            [
                SchemaKey(
                    "rate", .integer(1...Limits.stageTarget), "Iterations per timeUnit."
                ).required, SchemaKey("duration", .duration, "How long, at least 1s.").required,
                timeUnit, maxWait, poisson,
                SchemaKey(
                    "hawkes", .anyOf([.boolean, .object(hawkes)]),
                    "Arrivals that provoke arrivals: bursts of the same mean; false undoes burst's."
                ),
            ] + pool),
        scenario(
            "ramping-arrival-rate", "Iterations that start at a rising and falling rate.",
            [
                SchemaKey(
                    "startRate", .integer(0...Limits.stageTarget),
                    "Iterations per timeUnit at the start (0)."),
                SchemaKey("stages", .reference("stages"), "Rate at the end of each stage.")
                    .required,
                timeUnit, maxWait, poisson,
                SchemaKey("hawkes", .boolean, "Only with constant-arrival-rate; false is allowed."),
            ] + pool),
        scenario(
            "externally-controlled", "VUs as many as spotload ctl scale says; ends at once.",
            [
                SchemaKey("vus", .integer(0...Limits.vus), "VUs at the start (0)."),
                SchemaKey("maxVUs", .integer(1...Limits.vus), "The most VUs (as vus)."),
                SchemaKey("duration", .duration, "How long; 0: until stopped.").required,
            ]),
        scenario(
            "replay", "Iterations that start at recorded times.",
            [
                SchemaKey("file", .text, "CSV of times, ascending, in the scenario's folder.")
                    .required,
                SchemaKey("column", .integer(0...(Limits.feederColumns - 1)), "Its column (0)."),
                SchemaKey("unit", .choice(["s", "ms", "us", "ns"]), "Unit of the times (s)."),
                SchemaKey("speed", .number("0", "1000000"), "2 is twice as fast (1)."),
                SchemaKey(
                    "from", .choice(["first", "zero"]), "The first time is the start, or 0 is."),
                maxWait,
            ] + pool),
    ])

    static let stages = SchemaNode.list(
        .object([
            SchemaKey("duration", .duration, "How long; 0: a jump.").required,
            SchemaKey("target", .integer(0...Limits.stageTarget), "The level at its end.").required,
        ]), atLeast: 1)

    private static let hawkes: [SchemaKey] = [
        SchemaKey(
            "branching", .number("0", "0.999"), "Arrivals each one brings, on average (0.75)."),
        SchemaKey("decay", .number("0", "1000000"), "How fast that fades, per second (20)."),
    ]

    private static let pool: [SchemaKey] = [
        SchemaKey("preAllocatedVUs", .integer(0...Limits.vus), "VUs ready at the start.").required,
        SchemaKey("maxVUs", .integer(1...Limits.vus), "The most VUs (as preAllocatedVUs)."),
    ]

    private static let common: [SchemaKey] = [
        SchemaKey("exec", .text, "The flow it runs: default, or the only one."),
        SchemaKey("startTime", .duration, "When it begins, in run time (0)."),
        SchemaKey("gracefulStop", .duration, "How long iterations may go on at its end (30s)."),
        SchemaKey("env", .map(.text), "Values of ${env.X} in its flow."),
        SchemaKey("tags", .tags, "Tags of its series."),
        SchemaKey(
            "transport", .choice(["auto", "direct", "multi"]), "How requests are sent (auto)."),
    ]

    private static let maxDuration = SchemaKey(
        "maxDuration", .duration, "The end, iterations left or not (10m).")
    private static let timeUnit = SchemaKey("timeUnit", .duration, "Of the rate (1s).")
    private static let maxWait = SchemaKey(
        "maxWait", .duration, "How long an arrival may wait for a free VU (defaults.maxWait).")
    private static let poisson = SchemaKey(
        "poisson", .boolean, "Exponential gaps of the same mean (false).")

    private static func vus(_ description: String) -> SchemaKey {
        SchemaKey("vus", .integer(1...Limits.vus), description)
    }

    private static func iterations(_ description: String) -> SchemaKey {
        SchemaKey("iterations", .integer(1...Int(Limits.iterations)), description)
    }

    private static func scenario(
        _ name: String, _ description: String, _ keys: [SchemaKey]
    ) -> SchemaNode {
        .object(
            [
                SchemaKey("executor", .scalar([("enum", .texts([name]))]), description).required
            ] + keys + common)
    }
}
