// A run made up for the HTML report: two minutes with a ramp, noise, a stall of the target, a gap
// of the generator, errors of three classes, phases, scraped metrics and criteria in every verdict.
// Seeded: the same run each time.

import Collector
import Foundation
import HarnessCore
import ScenarioModel
import Telemetry

enum HTMLFixture {
    static let seconds = 120
    static let warmup = 15

    /// - Parameters:
    ///   - seconds: length, a window each.
    ///   - samples: of each series in a window.
    static func run(
        seconds: Int = seconds, samples: Int = 60, scenarios: [String] = ["orders"],
        requests: [String] = ["order new", "order cancel"], hostile: String? = nil
    ) -> FinishedRun {
        let scenario = scenario(scenarios, seconds: seconds)
        var aggregate = RunAggregate(scenario: scenario)
        var random = Random(seed: 42)
        for slot in 0..<2 as Range<UInt32> {
            var counters = RunCounters()
            for second in 0..<seconds {
                let series = scenarios.flatMap { name in
                    window(
                        second, of: seconds, scenario: name, requests: requests, slot: slot,
                        samples: samples, hostile: hostile, random: &random)
                }
                let count = series.reduce(UInt64(0)) { sum, item in
                    if case .histogram(let h) = item.value { return sum + h.count }
                    return sum
                }
                counters.samples += count
                counters.scheduled += 500
                counters.started += 500
                counters.completed += 500
                aggregate.merge(
                    Delta(
                        flags: second == seconds - 1 ? .final : [],
                        runTag: Delta.runTag(of: "run"), slot: slot, epoch: 1,
                        seq: UInt64(second + 1), fromWindow: UInt32(second),
                        toWindow: UInt32(second + 1), planRev: 1,
                        cutAtUs: Int64(second + 1) * 1_000_000, counters: counters,
                        series: series))
            }
        }
        observe(&aggregate, seconds: seconds, random: &random)
        var facts = Synthetic.facts(scenario, seconds: Int64(seconds), agents: 2)
        facts.tags = ["branch": "main", "night": "2027-01-02"]
        let books = Synthetic.books(aggregate)
        var verdict = Judge(scenario: scenario).verdict(aggregate, facts: facts, accounting: books)
        verdict.rows = rows(hostile: hostile)
        verdict.verdict = .fail
        verdict.exitCode = .criteriaFailed
        verdict.reasons = ["p99: 15.9 % above the limit"]
        var run = FinishedRun(
            aggregate: aggregate, verdict: verdict, facts: facts, accounting: books,
            directory: "results/20270102T001500Z-7c1e", files: ["summary.json", "report.html"],
            processes: [
                ProcessUsage(
                    name: "agent 0", cpuSeconds: 57.1, cpuShare: 0.48, rssBytes: 61 << 20),
                ProcessUsage(
                    name: "engine", cpuSeconds: 80.2, cpuShare: 0.67, rssBytes: 412 << 20),
            ],
            written: [
                WrittenFile(
                    name: "environment.json", bytes: 512,
                    sha256: String(repeating: "c0ffee00", count: 8))
            ],
            environment: EnvironmentRecord(
                os: "Debian GNU/Linux 12 (bookworm)", kernel: "6.1.0", architecture: "x86_64",
                cpuModel: "Example CPU", cores: 8, memoryBytes: 32 << 30,
                versions: ["spotload": "0.1.0", "libcurl": "7.88.1"]))
        run.scenarioText = document + (hostile ?? "")
        if let hostile {
            run.facts.scenarioName = hostile
            run.facts.target = "http://admin:secret@10.0.0.1:8080/?token=abc&x=" + hostile
            run.facts.hosts = [0: hostile, 1: hostile]
            run.facts.tags = [hostile: hostile]
        }
        return run
    }

    static let document = """
        name: spot-orders
        target: http://127.0.0.1:8080
        seed: 42
        warmup: 15s
        scenarios:
          orders:
            executor: constant-arrival-rate
            rate: 1000/s
            duration: 2m
            exec: trade
        criteria:
          - {name: p99, metric: http_req_response_time, statistic: p(99), op: "<", limit: 200ms}

        """

    private static func scenario(_ names: [String], seconds: Int) -> Scenario {
        var scenario = Synthetic.scenario(
            [Synthetic.latency(200, p: 99)], seconds: Int64(seconds),
            warmup: .seconds(Int64(seconds > warmup * 2 ? warmup : 0)))
        scenario.name = "spot-orders"
        scenario.description = "New orders and cancels at 1,000/s against one matching engine."
        scenario.workloads = names.map {
            Workload(name: $0, exec: "trade", executor: scenario.workloads[0].executor)
        }
        return scenario
    }

    // MARK: - One window

    private static func window(
        _ second: Int, of seconds: Int, scenario: String, requests: [String], slot: UInt32,
        samples: Int, hostile: String?, random: inout Random
    ) -> [SeriesDelta] {
        let isWarmup = seconds > warmup * 2 && second < warmup
        let phase = isWarmup ? ["phase": "warmup"] : [:]
        let tags = ["scenario": scenario].merging(phase) { $1 }
        let stall = seconds >= seconds / 2 && (second == seconds * 7 / 12)
        let isGap = slot == 1 && second == seconds * 5 / 6
        let planned = UInt64(min(500, 100 + 27 * second))
        let dropped = stall ? min(160, planned / 2) : 0
        let done = planned - dropped
        var out = [
            counter("arrivals", tags, planned), counter("iterations_started", tags, done),
            counter("iterations", tags, stall ? done / 4 : done),
            counter("dropped_iterations", tags.merging(["reason": "no_vu"]) { $1 }, dropped),
            counter("data_sent", tags, done * 210), counter("data_received", tags, done * 131),
            trend("schedule_lag", tags, (0..<20).map { _ in 0.05 + 0.2 * random.unit() }),
            stall
                ? trend("vu_wait", tags, (0..<20).map { 12 + 19 * Double($0) })
                : nil,
            counter(
                "checks", ["scenario": scenario, "check": "is filled", "rate": "false"],
                second % 41 == 7 && !isWarmup ? 3 : 0),
            gauge("vus", ["scenario": scenario], stall ? 200 : 24 + Int64(12 * random.unit())),
            gauge("health_turn", [:], isGap ? 130_000_000 : Int64(2e6 + 4e6 * random.unit())),
            gauge("health_threadCpu", [:], Int64(4.2e5 + 6e4 * random.unit())),
        ]
        for (i, name) in requests.enumerated() {
            let request = tags.merging(["name": name]) { $1 }
            out += requestSeries(
                request, index: i, second: second, of: seconds, done: done, stall: stall,
                samples: samples, hostile: hostile, random: &random)
        }
        let phases: [(String, Double, Double)] = [
            ("blocked", 0.08, 0.6), ("connecting", 0.01, 0.3), ("tls_handshaking", 0, 0),
            ("waiting", 6, 0.7), ("receiving", 0.4, 0.4),
        ]
        for (name, median, spread) in phases {
            out.append(
                trend(
                    "http_req_" + name, tags,
                    (0..<20).map { _ in median * exp(spread * random.normal()) }))
        }
        return out.compactMap { $0 }
    }

    private static func requestSeries(
        _ tags: [String: String], index: Int, second: Int, of seconds: Int, done: UInt64,
        stall: Bool, samples: Int, hostile: String?, random: inout Random
    ) -> [SeriesDelta?] {
        let isAfter = second > seconds * 7 / 12
        let median = (index == 0 ? 6.0 : 3.5) * (1 + 0.25 * sin(Double(second) / 9))
        let service = (0..<samples).map { _ in
            median * exp(0.75 * random.normal()) + (stall ? 300 + 900 * random.unit() : 0)
        }
        let wait = stall ? 400.0 : isAfter && second < seconds * 7 / 12 + 4 ? 90 : 0
        let response = service.map { $0 + 0.05 + wait * random.unit() }
        let ok = tags.merging(["expected_response": "true"]) { $1 }
        let failed: UInt64 = stall ? 24 : second % 37 == 5 ? 2 : 0
        let classes = stall ? ["http_503": 1503, "timeout": 1050] : ["reset": 1220]
        var out = [
            trend("http_req_response_time", ok, response), trend("http_req_duration", ok, service),
            trend("conn_wait", tags, (0..<20).map { 0.02 + 0.011 * Double($0) }),
            counter("http_reqs", ok.merging(["status": "200"]) { $1 }, done - failed),
            counter(
                "http_reqs",
                tags.merging(["status": "503", "expected_response": "false"]) { $1 }, failed),
            counter("http_req_failed", tags.merging(["rate": "true"]) { $1 }, failed),
            counter("http_req_failed", tags.merging(["rate": "false"]) { $1 }, done - failed),
        ]
        for (name, code) in classes.sorted(by: { $0.key < $1.key }) where failed > 0 {
            let error = ["error": hostile.map { name + $0 } ?? name, "error_code": "\(code)"]
            let key = tags.merging(error) { $1 }
            out.append(counter("http_req_errors", key, failed / UInt64(classes.count)))
            out.append(
                counter(
                    "error_sample", key.merging(["text": hostile ?? "overloaded"]) { $1 }, 1))
        }
        return out
    }

    private static func counter(
        _ metric: String, _ tags: [String: String], _ n: UInt64
    ) -> SeriesDelta? {
        n == 0
            ? nil : SeriesDelta(key: SeriesKey(metric, tags), value: .counter(delta: n, cum: n))
    }

    private static func trend(
        _ metric: String, _ tags: [String: String], _ ms: [Double]
    ) -> SeriesDelta? {
        SeriesDelta(
            key: SeriesKey(metric, tags),
            value: .histogram(Synthetic.histogram(ms.map { UInt64($0 * 1e6) })))
    }

    private static func gauge(
        _ metric: String, _ tags: [String: String], _ value: Int64
    ) -> SeriesDelta {
        SeriesDelta(
            key: SeriesKey(metric, tags),
            value: .gauge(GaugeDelta(n: 1, last: value, min: value, max: value, sum: value)))
    }

    private static func observe(
        _ aggregate: inout RunAggregate, seconds: Int, random: inout Random
    ) {
        for second in 0..<min(seconds, 4_000) {
            let busy = 2.6 + 0.3 * sin(Double(second) / 11) + 0.1 * random.unit()
            aggregate.observed.note(
                [
                    (name: cpu, value: busy), (name: cores, value: 4),
                    (
                        name: ObservedName(source: "engine", metric: "rss"),
                        value: 4.0e8 + 3e5 * Double(second)
                    ),
                ], from: "engine", at: .seconds(Int64(second)))
        }
        aggregate.observed.noteFailure("HTTP 503", from: "engine")
    }
}

// MARK: - Evidence

extension HTMLFixture {
    static let cpu = ObservedName(source: "engine", metric: "cpu")
    static let cores = ObservedName(source: "engine", metric: "cores")

    private static func criterion(
        _ name: String, _ metric: String, _ statistic: Criterion.Statistic, _ text: String,
        _ op: Criterion.Operator, _ bounds: (Double, Double), _ unit: Criterion.Unit, line: Int
    ) -> Criterion {
        Criterion(
            name: name,
            subject: .metric(MetricSelector(text: metric, metric: metric, tags: [:])),
            statistic: statistic, statisticText: text, comparison: op, lower: bounds.0,
            upper: bounds.1, unit: unit, limitText: "",
            source: SourcePosition(file: "scenarios/spot-orders.yaml", line: line, column: 5))
    }

    static func rows(hostile: String?) -> [CriterionRow] {
        var tps = CriterionRow(
            rule: .criterion(
                criterion(
                    hostile ?? "tps", "http_reqs", .rate, "rate", .greaterOrEqual, (950, 950),
                    .perSecond, line: 14)),
            observed: 999.4, unit: .perSecond, samples: 104_937, verdict: .pass)
        tps.interval = ConfidenceInterval(low: 997.1, high: 1_001.2, level: 0.95, method: .mean)
        tps.batches = 35
        tps.batchWindows = 3
        var p95 = latencyRow("p95", 95, limit: 100, observed: 31.9, verdict: .pass, line: 15)
        p95.interval = ConfidenceInterval(low: 29.8, high: 34.4, level: 0.95, method: .woodruff)
        var p99 = latencyRow("p99", 99, limit: 200, observed: 231.7, verdict: .fail, line: 16)
        p99.interval = ConfidenceInterval(low: 212, high: 402.5, level: 0.95, method: .woodruff)
        p99.bad = 244
        p99.good = 12_356
        p99.droppedAsBad = 320
        p99.budget = .init(consumed: 1.94, burnRate: 11.2)
        p99.worstSlice = .init(from: .seconds(70), value: 1_312.5)
        var errors = CriterionRow(
            rule: .criterion(
                criterion(
                    "errors", "http_req_failed", .rate, "rate", .less, (0.001, 0.001), .ratio,
                    line: 17)),
            observed: 0.00098, unit: .ratio, samples: 104_937, verdict: .inconclusive,
            reason: "the interval holds the limit")
        errors.interval = ConfidenceInterval(
            low: 0.0006, high: 0.0014, level: 0.95, method: .clopperPearson)
        errors.needs = "about 4 times longer"
        errors.effectiveSamples = 61_200
        errors.designEffect = 1.71
        var cpu = criterion(
            "cpu", "", .average, "avg", .within, (0.6, 0.7), .ratio, line: 18)
        cpu.subject = .observed(Self.cpu)
        cpu.per = cores
        cpu.isGated = false
        var cpuRow = CriterionRow(
            rule: .criterion(cpu), observed: 0.718, unit: .ratio, samples: 120, verdict: .fail,
            reason: "above the upper limit")
        cpuRow.interval = ConfidenceInterval(low: 0.709, high: 0.727, level: 0.95, method: .mean)
        let threshold = CriterionRow(
            rule: .threshold(Synthetic.latency(50, p: 50)), observed: 6.2, unit: .milliseconds,
            samples: 12_600, verdict: .warn, reason: "1 window is tainted by the generator")
        let lost = CriterionRow(
            rule: .threshold(Synthetic.rateAtLeast(10)), observed: nil, unit: .perSecond,
            samples: 0, verdict: .invalid, reason: hostile ?? "no samples")
        return [tps, p95, p99, errors, cpuRow, threshold, lost]
    }

    private static func latencyRow(
        _ name: String, _ p: Double, limit: Double, observed: Double, verdict: Verdict, line: Int
    ) -> CriterionRow {
        var row = CriterionRow(
            rule: .criterion(
                criterion(
                    name, "http_req_response_time", .percentile(p), "p(\(Int(p)))", .less,
                    (limit, limit), .milliseconds, line: line)),
            observed: observed, unit: .milliseconds, samples: 12_600, verdict: verdict)
        row.effectiveSamples = 4_200
        row.designEffect = 3
        row.batches = 35
        row.batchWindows = 3
        return row
    }

    /// Whatever a target or a document may try.
    static let hostile =
        "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\"\u{301} {{title}} {{{x}}}"
        + "\u{202E}evil\u{0}\u{1B}[31m &amp; https://u:p@example.com/a?k=v#f"
        + String(repeating: "huge ", count: 400)
}

/// SplitMix64 (Steele, Lea, Flood 2014), for noise that is the same everywhere.
struct Random {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    /// 0 up to 1.
    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992
    }

    /// Box-Muller.
    mutating func normal() -> Double {
        sqrt(-2 * log(max(1e-12, unit()))) * cos(2 * .pi * unit())
    }
}
