// From series to metrics: gauges, increases, resets, sums over labels.

import Collector
import HarnessCore
import ScenarioModel
import Testing

@Suite struct MetricReaderTests {
    typealias Metric = ObserveSource.Metric

    private static func source(_ metrics: Metric...) -> ObserveSource {
        ObserveSource(
            name: "engine", url: "/metrics", metrics: metrics,
            source: SourcePosition(file: "s.yaml", line: 3, column: 1))
    }

    private static func metric(
        _ reading: Metric.Reading, labels: [String: String] = [:], scale: Double = 1
    ) -> Metric {
        var metric = Metric(name: "m", series: "s", labels: labels)
        metric.reading = reading
        metric.scale = scale
        return metric
    }

    private static func sample(_ value: Double, _ labels: [String: String] = [:])
        -> ExpositionSample
    {
        ExpositionSample(name: "s", labels: labels, value: value)
    }

    private static let name = ObservedName(source: "engine", metric: "m")

    /// The metric's values after answers at 1 s, 3 s, 4 s ...; nil where there was none.
    private static func values(
        _ metric: Metric, _ answers: [[ExpositionSample]]
    ) -> [Double?] {
        var reader = MetricReader(source(metric))
        return answers.enumerated().map { i, samples in
            let at = TimeSpan.seconds(i == 0 ? 1 : Int64(i) + 2)
            return reader.read(samples, at: at).values[name]
        }
    }

    @Test func gauge() {
        let values = Self.values(
            Self.metric(.gauge, scale: 0.5), [[Self.sample(4)], [Self.sample(-2)]])
        #expect(values == [2, -1])
    }

    @Test func labelsAreAddedUp() {
        let samples = [
            Self.sample(1, ["cpu": "0", "mode": "user"]),
            Self.sample(2, ["cpu": "1", "mode": "user"]),
            Self.sample(4, ["cpu": "0", "mode": "idle"]), Self.sample(8),
        ]
        for (labels, sum) in [
            ([:], 15.0), (["mode": "user"], 3), (["mode": "user", "cpu": "1"], 2),
        ] {
            #expect(Self.values(Self.metric(.gauge, labels: labels), [samples]) == [sum])
        }
    }

    @Test func rateIsPerSecond() {
        let values = Self.values(
            Self.metric(.rate, scale: 100),
            [[Self.sample(10)], [Self.sample(14)], [Self.sample(15)], [Self.sample(15)]])
        #expect(values == [nil, 200, 100, 0])
    }

    @Test func deltaIsTheIncrease() {
        let values = Self.values(
            Self.metric(.delta), [[Self.sample(10)], [Self.sample(14)], [Self.sample(15)]])
        #expect(values == [nil, 4, 1])
    }

    /// One of two counters begins anew: only its own increase is counted from zero.
    @Test func aResetIsSeenSeriesBySeries() {
        let x = ["cpu": "0"]
        let y = ["cpu": "1"]
        let values = Self.values(
            Self.metric(.delta),
            [
                [Self.sample(100, x), Self.sample(50, y)],
                [Self.sample(103, x), Self.sample(2, y)],
                [Self.sample(1, x), Self.sample(4, y)],
            ])
        #expect(values == [nil, 5, 3])
    }

    @Test func aNewSeriesHasNoIncreaseYet() {
        let values = Self.values(
            Self.metric(.delta),
            [
                [Self.sample(1, ["code": "200"])],
                [Self.sample(2, ["code": "200"]), Self.sample(7, ["code": "500"])],
                [Self.sample(2, ["code": "200"]), Self.sample(9, ["code": "500"])],
                [Self.sample(12, ["code": "500"])],
            ])
        #expect(values == [nil, 1, 2, 3])
    }

    @Test func whatIsMissingIsNamed() {
        var reader = MetricReader(Self.source(Self.metric(.rate, labels: ["a": "b"])))
        #expect(reader.read([Self.sample(1, ["a": "b"])], at: .seconds(1)).missing == [])
        let none = reader.read([Self.sample(1)], at: .seconds(2))
        #expect(none.values.isEmpty)
        #expect(none.missing == ["m: the exporter has no series s{a=\"b\"}"])
        // The increase is taken between answers that had it, one after the other.
        let back = reader.read([Self.sample(5, ["a": "b"])], at: .seconds(3))
        #expect(back.values.isEmpty && back.missing.isEmpty)
        #expect(
            reader.read([Self.sample(7, ["a": "b"])], at: .seconds(4)).values == [Self.name: 2])
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity]) func whatIsNoNumberIsNoSample(
        _ value: Double
    ) {
        for reading in Metric.Reading.allCases {
            var reader = MetricReader(Self.source(Self.metric(reading)))
            let read = reader.read([Self.sample(value)], at: .seconds(1))
            #expect(read.values.isEmpty && read.missing == ["m: s is \(value)"])
        }
    }

    @Test func aCounterBelowZeroIsNone() {
        var reader = MetricReader(Self.source(Self.metric(.rate)))
        let read = reader.read([Self.sample(-1)], at: .seconds(1))
        #expect(read.missing == ["m: s is below zero, so it is no counter"])
    }

    @Test func tooLargeIsNoSample() {
        var reader = MetricReader(Self.source(Self.metric(.gauge, scale: 1e300)))
        let read = reader.read([Self.sample(1e300)], at: .seconds(1))
        #expect(read.values.isEmpty && read.missing == ["m: its value is too large"])
    }

    // MARK: - The schedule

    @Test func dueAtMultiples() {
        var schedule = ScrapeSchedule(every: .milliseconds(250))
        var due: [Int64] = []
        for _ in 0..<4 {
            due.append(schedule.due.ns / 1_000_000)
            #expect(schedule.advance(now: schedule.due + .milliseconds(200)) == 0)
        }
        #expect(due == [0, 250, 500, 750])
    }

    /// A freeze: what was due meanwhile is due at once, once, and the rest is counted.
    @Test func whatWasMissedIsCounted() {
        var schedule = ScrapeSchedule(every: .seconds(1))
        #expect(schedule.advance(now: .milliseconds(900)) == 0)
        #expect(schedule.due == .seconds(1))
        #expect(schedule.advance(now: .milliseconds(4_500)) == 2)
        #expect(schedule.due == .seconds(4))
        #expect(schedule.advance(now: .milliseconds(4_700)) == 0)
        #expect(schedule.due == .seconds(5))
    }
}
