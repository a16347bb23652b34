// Custom metrics: what each kind makes of a value, and what it refuses.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import Testing

@Suite struct FlowMetricTests {
    /// One iteration for each value (the JSON of `$.v`), all fed to one metric.
    private static func feed(
        _ kind: MetricKind, _ values: [String], isWarmup: Bool = false, tags: [String: String] = [:]
    ) throws -> (series: [String: SeriesDelta.Value], errors: Int) {
        let first = FlowFixture.get { $0.captures = [FlowFixture.capture("$.v")] }
        var step = MetricStep(
            metric: 0, value: FlowFixture.template("${=0}", [.name(.variable(0))]))
        step.tags = tags
        let bench = try FlowBench([first, .metric(step)], variables: ["v"]) { scenario in
            scenario.customMetrics = [CustomMetric(name: "mine", kind: kind, isTime: false)]
            scenario.thresholds = [
                PlaneScenario.limit("mine", below: 10)
            ]
        }
        var errors = 0
        for value in values {
            bench.begin(isWarmup: isWarmup)
            _ = bench.machine.next()
            _ = bench.complete(body: "{\"v\":\(value)}")
            if bench.machine.next() == .finished(failed: true) { errors += 1 }
        }
        var series: [SeriesDelta] = []
        bench.context.drain(into: &series)
        let mine = series.filter { $0.key.metric == "mine" }
        #expect(Set(mine.map(\.key)).count == mine.count)
        var again: [SeriesDelta] = []
        bench.context.drain(into: &again)
        #expect(again.isEmpty)
        return (Dictionary(uniqueKeysWithValues: mine.map { ($0.key.text, $0.value) }), errors)
    }

    private static let key = "mine{scenario=\"orders\"}"

    @Test func countersAddMillionths() throws {
        let (series, errors) = try Self.feed(
            .counter, ["1", "0.25", "\"2\"", "1e-6", "0", "0.0000004", "1000000"])
        #expect(errors == 0)
        #expect(series == [Self.key: .counter(delta: 1_000_003_250_001, cum: 0)])
    }

    @Test func gaugesKeepTheLast() throws {
        let (series, errors) = try Self.feed(.gauge, ["3", "-1.5", "10000000000", "2.25"])
        #expect(errors == 0)
        let gauge = GaugeDelta(
            n: 1, last: 2_250_000, min: -1_500_000, max: 10_000_000_000_000_000, sum: 2_250_000)
        #expect(series == [Self.key: .gauge(gauge)])
    }

    @Test func ratesCountTruth() throws {
        let (series, errors) = try Self.feed(
            .rate, ["1", "0", "true", "false", "\"\"", "null", "\"yes\"", "0.0"])
        #expect(errors == 0)
        #expect(
            series == [
                "mine{rate=\"true\",scenario=\"orders\"}": .counter(delta: 3, cum: 0),
                "mine{rate=\"false\",scenario=\"orders\"}": .counter(delta: 5, cum: 0),
            ])
    }

    @Test func trendsRecord() throws {
        let (series, errors) = try Self.feed(.trend, ["0", "0.5", "9.999999", "10", "3600000"])
        #expect(errors == 0)
        guard case .histogram(let h)? = series[Self.key] else {
            Issue.record("no histogram: \(series)")
            return
        }
        #expect(h.count == 5 && h.min == 0 && h.max == 3_600_000_000_000)
        #expect(h.sum == 3_600_020_499_999)
        // The threshold's limit is 10, exclusive.
        #expect(h.over == [2])
        // 9.999999 and 10 share a bucket.
        let expected = [0, 500_000, 10_000_000, 3_600_000_000_000] as [UInt64]
        #expect(h.buckets.map(\.index) == expected.map { UInt32(HistogramLayout.index($0)) })
        #expect(h.buckets.map(\.count) == [1, 1, 2, 1])
    }

    /// Kind and a value it refuses: the iteration error `bad_value`.
    @Test(arguments: [
        (MetricKind.counter, "-1"), (.counter, "\"x\""), (.counter, "\"\""), (.counter, "true"),
        (.counter, "1000000000001"), (.counter, "1e30"), (.gauge, "\"x\""),
        (.gauge, "10000000001"), (.gauge, "-10000000001"), (.gauge, "[]"), (.trend, "-0.000001"),
        (.trend, "3600000.000001"), (.trend, "\"12ms\""), (.trend, "null"),
    ])
    func badValues(kind: MetricKind, value: String) throws {
        let (series, errors) = try Self.feed(kind, [value])
        #expect(series.isEmpty && errors == 1)
    }

    @Test func aCountersTotalIsBounded() throws {
        let (series, errors) = try Self.feed(
            .counter, ["999999999999", "1", "0.000001"])
        #expect(errors == 1)
        #expect(series == [Self.key: .counter(delta: 1_000_000_000_000_000_000, cum: 0)])
    }

    @Test func tagsAndPhasesMakeSeries() throws {
        for (isWarmup, phase) in [(false, ""), (true, "phase=\"warmup\",")] {
            let (series, _) = try Self.feed(
                .counter, ["1"], isWarmup: isWarmup, tags: ["side": "buy"])
            let key = "mine{\(phase)scenario=\"orders\",side=\"buy\"}"
            #expect(series == [key: .counter(delta: 1_000_000, cum: 0)])
        }
    }

    @Test func stepsOfTheSameTagsShareASeries() throws {
        func step(_ tags: [String: String]) -> Step {
            var step = MetricStep(metric: 0, value: Template(literal: "1"))
            step.tags = tags
            return .metric(step)
        }
        let bench = try FlowBench([step([:]), step(["a": "1"]), step([:]), step(["a": "1"])]) {
            $0.customMetrics = [CustomMetric(name: "mine", kind: .counter, isTime: false)]
        }
        #expect(bench.run() == .finished(failed: false))
        #expect(
            bench.drained() == [
                "mine{scenario=\"orders\"}": 2_000_000,
                "mine{a=\"1\",scenario=\"orders\"}": 2_000_000,
            ])
    }

    @Test func unknownMetricsAreRefused() {
        #expect(throws: CommandFailure.self) {
            try FlowBench([.metric(MetricStep(metric: 0, value: Template(literal: "1")))])
        }
    }

    /// Text -> millionths, by a twin that shifts the point in the text.
    @Test func scalingIsExact() throws {
        for (text, expected) in [
            ("0.1234565", 123_457), ("0.1234564999", 123_456), ("123456789012", nil),
            ("-0.0000005", -1), ("12.5e1", 125_000_000), ("0e99", 0), ("1e-7", 0),
            ("5e-7", 1), ("999999.9999999", 1_000_000_000_000),
        ] as [(String, Int64?)] {
            let (series, errors) = try Self.feed(.gauge, [text])
            if let expected {
                guard case .gauge(let gauge)? = series[Self.key] else {
                    Issue.record("no gauge for \(text)")
                    continue
                }
                #expect(gauge.last == expected, "\(text)")
            } else {
                #expect(errors == 1)
            }
        }
    }
}
