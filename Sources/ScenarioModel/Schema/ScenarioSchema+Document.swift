// The document's own keys.

import HarnessCore

extension ScenarioSchema {
    static let document: [SchemaKey] = [
        SchemaKey(
            "name", .text(matching: "^[0-9A-Za-z_.-]{1,64}$"),
            "Name of the test: 1 to 64 letters, digits, dots, dashes, underscores."
        ).required,
        SchemaKey("description", .text, "What the test is about, in a line."),
        SchemaKey(
            "target", .text,
            "Base URL under test, http(s)://host[:port][/prefix]; empty: the engine."),
        SchemaKey(
            "engine", .anyOf([.boolean, .object(engine)]),
            "The bundled engine, started where target is empty: true, or its flags."),
        SchemaKey(
            "seed", .natural,
            "Seed of every random draw, 0 to 2^64-1 (1): the same seed, the same order flow."),
        SchemaKey("tags", .tags, "Tags of every series of the run."),
        SchemaKey(
            "defaults", .object(defaults), "What every request has unless it says otherwise."),
        SchemaKey(
            "data", .map(.object(feeder)), "Tables of rows, read in flows as ${data.NAME.COLUMN}."),
        SchemaKey(
            "warmup", .duration, "Samples intended before this span of run time are not judged (0)."
        ),
        SchemaKey(
            "scenarios", .map(.reference("executor")),
            "What runs: name to executor and flow, several at once."),
        SchemaKey(
            "vus", .integer(0...Limits.vus),
            "Shortcut: VUs of a scenario called default, with duration, iterations or stages."),
        SchemaKey(
            "iterations", .integer(1...Int(Limits.iterations)),
            "Shortcut: a shared-iterations scenario called default."),
        SchemaKey("duration", .duration, "Shortcut: a constant-vus scenario called default."),
        SchemaKey(
            "stages", .reference("stages"), "Shortcut: a ramping-vus scenario called default."),
        SchemaKey(
            "flows", .map(.reference("steps")),
            "Lists of steps by name; setup and teardown run once for the whole fleet."
        ).required,
        SchemaKey(
            "thresholds", .map(.reference("threshold")),
            "What must hold at the end: metric or metric{tag:value} to expressions."),
        SchemaKey(
            "criteria", .list(.reference("criterion"), atLeast: 0),
            "What must hold, with an interval and evidence: a list of criteria."),
        SchemaKey(
            "observe", .list(.reference("observeSource"), atLeast: 0),
            "Prometheus endpoints scraped while it runs; criteria name observe.SOURCE.METRIC."),
        SchemaKey(
            "health", .object(health),
            "Bounds of the generator's own health, [suspect, invalidating]; null: none."),
        SchemaKey(
            "steady", .anyOf([.choice(["require", "warn", "off"]), .off]),
            "What a run that never settled means for criteria with confidence (require)."),
        SchemaKey(
            "summaryTrendStats",
            .list(.text(matching: "^(avg|min|med|max|count|p\\([0-9.]+\\))$"), atLeast: 0),
            "What the summary prints of each trend: avg min med max count p(N)."),
        SchemaKey(
            "onAgentLoss", .choice(["fail", "degrade", "rebalance"]),
            "What happens when an agent is lost (degrade)."),
        SchemaKey("fleet", .object(fleet), "Times of the fleet: heartbeats, leases, waiting."),
    ]

    private static let engine: [SchemaKey] = [
        SchemaKey("bind", .text, "Address and port it listens on."),
        SchemaKey("dataDir", .text, "Where journal, store and lock live."),
        SchemaKey("log", .text, "The order log: an order is acknowledged when it is in there."),
        SchemaKey("store", .text, "The database behind the log."),
        SchemaKey("processes", .text, "Engine processes."),
        SchemaKey("shards", .text, "Matchers, each with its own symbols."),
        SchemaKey("symbols", .text, "A file of symbols; the order model's own where it is absent."),
        SchemaKey("accounts", .text, "Accounts u1...uN, funded at the first start."),
        SchemaKey("fund", .text, "Whole units of every asset for each account."),
        SchemaKey("keys", .text, "A file of API keys."),
        SchemaKey("maxInflight", .text, "Commands without an outcome, at most."),
        SchemaKey("maxLag", .text, "Age of the oldest unstored command, at most."),
        SchemaKey("rateLimit", .text, "Requests of one account a second (0: any number)."),
        SchemaKey("replyTimeout", .text, "How long a request waits for its outcome."),
        SchemaKey("profile", .text, "A stage of the plan: sync-write, bigger-db, async-io, ..."),
        SchemaKey("apiWorkers", .text, "Event loop threads of the HTTP side."),
        SchemaKey("poll", .text, "How often the matcher looks for new commands."),
        SchemaKey("storeWriters", .text, "Threads that write the store."),
        SchemaKey("storeBatch", .text, "Commands of one store transaction, at most."),
        SchemaKey("storeMin", .text, "Commands of one store transaction, at least."),
        SchemaKey("storeWait", .text, "How long a store transaction waits for storeMin."),
        SchemaKey("commitFloor", .text, "The least time between two commits."),
        SchemaKey("ack", .text, "When an order is acknowledged."),
        SchemaKey("dbPool", .text, "Connections to the database."),
        SchemaKey("roles", .text, "What this process does of the engine's work."),
        SchemaKey("own", .text, "The shards this process owns."),
        SchemaKey("clientIdReuse", .text, "Whether an id may come again once its order is closed."),
        SchemaKey("requireDurable", .text, "Refuse to start on a log that is not durable."),
        SchemaKey("allowFaults", .text, "Accept injected faults, for tests."),
    ]

    private static let defaults: [SchemaKey] = [
        SchemaKey("timeout", .duration, "Of a request, connecting included (60s)."),
        SchemaKey("connectTimeout", .duration, "Of connecting alone (as timeout)."),
        SchemaKey("headers", .map(.text), "Headers of every request; no ${...} of flows."),
        SchemaKey(
            "http",
            .anyOf([
                .choice(["1.1", "2", "auto"]),
                .scalar([("enum", .list([.number("1.1"), .number("2")]))]),
            ]), "HTTP version: 1.1 (default), 2, or auto."),
        SchemaKey("tls", .object(tls), "Certificates of https targets."),
        SchemaKey(
            "maxWait", .duration,
            "How long an arrival may wait for a free VU (1s); 0: dropped at once, as in k6."),
        SchemaKey("redirects", .integer(0...100), "Redirects followed (0)."),
        SchemaKey("reuse", .boolean, "A VU keeps its connections (true)."),
        SchemaKey("userAgent", .text, "The header User-Agent."),
        SchemaKey("minIterationDuration", .duration, "The least time of an iteration (0)."),
        SchemaKey("setupTimeout", .duration, "Of flow setup (60s)."),
        SchemaKey("teardownTimeout", .duration, "Of flow teardown (60s)."),
        SchemaKey(
            "maxBody", .integer(0...(1 << 30)),
            "Bytes of a response kept for checks and captures (1 MiB); the rest is counted."),
        SchemaKey("unixSocket", .text, "A Unix socket to connect to; target still names the host."),
        SchemaKey("localAddress", .text, "Address or interface that connections go out from."),
        SchemaKey("dnsTtl", .duration, "How long a resolved name is believed (60s); 0: never."),
        SchemaKey("compression", .boolean, "Ask for gzip, deflate and br, and inflate (false)."),
    ]

    private static let tls: [SchemaKey] = [
        SchemaKey("verify", .boolean, "Check the target's certificate (true)."),
        SchemaKey("ca", .text, "File of trusted certificates, PEM."),
        SchemaKey("cert", .text, "File of the client's certificate, PEM."),
        SchemaKey("key", .text, "File of its key, PEM."),
    ]

    private static let feeder: [SchemaKey] = [
        SchemaKey(
            "file", .text(matching: "\\.(csv|json)$"),
            "A .csv with a header or a .json list of objects, in the scenario's folder."
        ).required,
        SchemaKey("delimiter", .text, "Between the cells of a .csv (a comma)."),
        SchemaKey(
            "pick", .choice(["sequential", "round-robin", "random", "unique"]),
            "Which row an iteration gets (sequential); unique: each once in the fleet."),
        SchemaKey(
            "by", .text,
            "Pick the row by a number instead: order.account, vu, iteration, env.X, setup.X, ..."),
    ]

    static let threshold = SchemaNode.anyOf([
        .text,
        .list(
            .anyOf([
                .text,
                .object([
                    SchemaKey("threshold", .text, "An expression such as p(95)<200 or rate<0.01.")
                        .required,
                    SchemaKey(
                        "abortOnFail", .boolean, "End the run when it does not hold (false)."),
                    SchemaKey(
                        "delayAbortEval", .duration, "Do not abort before this run time (0)."),
                    SchemaKey(
                        "window", .duration, "Judge the last 1s to 1h each time, not the whole run."
                    ),
                ]),
            ]), atLeast: 0),
    ])

    private static let fleet: [SchemaKey] = [
        SchemaKey("heartbeat", .duration, "How often agents report, 100ms to 5s (1s)."),
        SchemaKey("leaseTtl", .integer(1...1_000), "Heartbeats the coordinator's lease lasts (5)."),
        SchemaKey(
            "lostAfter", .integer(1...1_000), "Heartbeats after which an agent is lost (15)."),
        SchemaKey("maxOffline", .duration, "How long an agent works without Redis (60s)."),
        SchemaKey("fenceMargin", .duration, "How long before that it stops by itself (5s)."),
        SchemaKey("minAgentsToStart", .integer(1...Limits.slots), "Agents needed to begin."),
        SchemaKey("startTimeout", .duration, "How long to wait for them (60s)."),
        SchemaKey("collectTimeout", .duration, "How long to wait for the last results."),
        SchemaKey("maxUncontrolled", .duration, "How long agents go on without coordinator (10m)."),
        SchemaKey("retention", .duration, "How long the run's keys stay in Redis (1h)."),
        SchemaKey(
            "maxLossFraction", .number("0", "1"),
            "Share of the load that may be lost before the run is INVALID (0.01)."),
    ]
}
