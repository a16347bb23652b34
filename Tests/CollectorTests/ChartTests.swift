import Foundation
import Testing

@testable import Collector

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ChartTests {
    @Test(
        arguments: [
            (0.5, ["0", "0.2", "0.4", "0.6"]), (1, ["0", "0.5", "1", "1.5"]),
            (4, ["0", "1", "2", "3", "4", "5"]), (97, ["0", "50", "100"]),
            (1_000, ["0", "500", "1,000", "1,500"]),
            (5_200, ["0", "2,000", "4,000", "6,000"]),
            (45_000, ["0", "20k", "40k", "60k"]), (0, ["0", "0.5", "1", "1.5"]),
            (.infinity, ["0", "0.5", "1", "1.5"]),
        ] as [(Double, [String])])
    func linearTicks(highest: Double, labels: [String]) {
        let axis = ChartAxis.linear(upTo: highest, label: ChartAxis.countLabel)
        #expect(axis.ticks.map(\.label) == labels)
        #expect(axis.ticks.first?.position == 0 && axis.ticks.last?.position == 1)
        if highest.isFinite { #expect(axis.position(highest) < 1) }
    }

    @Test(
        arguments: [
            (10, ["0s", "2s", "4s", "6s", "8s", "10s"]),
            (120, ["0s", "15s", "30s", "45s", "1m", "1m15s", "1m30s", "1m45s", "2m"]),
            (86_400, ["0s", "3h", "6h", "9h", "12h", "15h", "18h", "21h", "24h"]),
            (0, ["0s", "1s"]),
        ] as [(Double, [String])])
    func timeTicks(seconds: Double, labels: [String]) {
        let axis = ChartAxis.time(to: seconds)
        #expect(axis.ticks.map(\.label) == labels)
        #expect(axis.ticks.map(\.isMinor) == axis.ticks.indices.map { $0 % 2 == 1 })
    }

    @Test func latencyIsLogarithmicWhereItSpreads() {
        let near = ChartAxis.latency(of: [4, 30])
        #expect(near.ticks.map(\.label) == ["0 ms", "10 ms", "20 ms", "30 ms", "40 ms"])
        let far = ChartAxis.latency(of: [4, 300, .nan, 0])
        #expect(far.scale == .log(low: 2, high: 500))
        #expect(
            far.ticks.map(\.label) == [
                "2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms", "200 ms", "500 ms",
            ])
        #expect(far.ticks.filter { !$0.isMinor }.map(\.label) == ["10 ms", "100 ms"])
        let wide = ChartAxis.latency(of: [0.3, 2_500])
        #expect(wide.ticks.map(\.label) == ["1 ms", "10 ms", "100 ms", "1 s"])
        #expect(ChartAxis.latency(of: []).ticks.first?.label == "0 ms")
    }

    @Test func ninesAreEvenlySpaced() {
        let axis = ChartAxis.nines(to: 4)
        #expect(axis.ticks.map(\.label) == ["0 %", "90 %", "99 %", "99.9 %", "99.99 %"])
        #expect(axis.ticks.map(\.position) == [0, 0.25, 0.5, 0.75, 1])
    }

    @Test func positionsStayInside() {
        for scale in [ChartScale.linear(low: 0, high: 10), .log(low: 1, high: 10)] {
            for value in [-1e300, -1, 0, .nan, .infinity, 1e300] {
                #expect((0...1).contains(scale.position(value)), "\(scale) \(value)")
            }
        }
        #expect(ChartScale.linear(low: 5, high: 5).position(5) == 0)
        #expect(abs(ChartScale.log(low: 1, high: 100).position(10) - 0.5) < 1e-12)
    }

    @Test(
        arguments: [
            (0.0, "0"), (12, "12"), (12.34, "12.3"), (-0.06, "-0.1"), (-0.04, "0"), (.nan, "0"),
            (999.96, "1000"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) { #expect(ChartPath.number(value) == text) }

    @Test(
        arguments: [
            (0.0, "0%"), (1, "100%"), (0.5, "50%"), (0.12345, "12.35%"), (0.1001, "10.01%"),
            (0.105, "10.5%"), (-3, "0%"), (7, "100%"),
        ] as [(Double, String)])
    func percents(value: Double, text: String) { #expect(ChartPath.percent(value) == text) }

    @Test func linesBreakWhereNothingIs() {
        let x = ChartAxis.time(to: 10)
        let y = ChartAxis(scale: .linear(low: 0, high: 10), ticks: [])
        func line(_ values: [Double?]) -> String {
            let points = values.enumerated().map { ChartPoint(x: Double($0), y: $1) }
            return ChartPath.line(points, x: x, y: y, width: 1_000, height: 100)
        }
        #expect(line([1, 2, nil, 4, 5]) == "M0 90L100 80M300 60L400 50")
        #expect(line([nil, 3, nil]) == "M100 70h0")
        #expect(line([nil, nil]) == "" && line([]) == "")
        #expect(line([7]) == "M0 30h0")
    }

    /// Against the obvious twin: the extremes of each column are there, in order, nothing else.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func thinningKeepsExtremes(seed: UInt64) {
        var random = Random(seed: seed)
        let n = 601 + Int(random.unit() * 5_000)
        let points = (0..<n).map { i in
            ChartPoint(x: Double(i), y: random.unit() < 0.1 ? nil : random.unit() * 100)
        }
        let thin = ChartPath.thinned(points)
        #expect(thin.count <= 600)
        #expect(thin.map(\.x) == thin.map(\.x).sorted())
        #expect(Set(thin.map(\.x)).isSubset(of: Set(points.map(\.x))))
        let width = Double(n - 1) / 300
        for column in 0..<300 {
            func values(_ all: [ChartPoint]) -> [Double] {
                all.filter { min(299, Int($0.x / width)) == column }.compactMap(\.y)
            }
            #expect(values(thin).min() == values(points).min(), "seed \(seed)")
            #expect(values(thin).max() == values(points).max(), "seed \(seed)")
        }
    }

    @Test func shortLinesAreKept() {
        let points = (0..<600).map { ChartPoint(x: Double($0), y: 1) }
        #expect(ChartPath.thinned(points) == points)
    }

    @Test func shadesFollowTheLogarithm() {
        #expect([1, 10, 100, 1_000].map { HeatChart.shade($0, of: 1_000) } == [0, 2, 4, 6])
        #expect(HeatChart.shade(1, of: 1) == 6)
    }

    @Test func markupIsEscapedByScalar() {
        let text = "a\"\u{301}<b>&'"
        #expect(
            SVGText.escaped(text).unicodeScalars.elementsEqual(
                "a&quot;\u{301}&lt;b&gt;&amp;&#39;".unicodeScalars))
    }

    // MARK: - Golden

    static let label = ChartLabel(id: "x-0", title: "A & B", description: "Goes <up>.")

    static var line: String {
        LineChart(
            label: label, x: .time(to: 4), y: .linear(upTo: 9, label: ChartAxis.latencyLabel),
            height: 100,
            lines: [
                ChartLine(
                    style: "c1", endLabel: "P50",
                    points: [4, 6, nil, 9].enumerated().map {
                        ChartPoint(x: Double($0) + 0.5, y: $1)
                    }),
                ChartLine(style: "c2", dash: "2 3", points: [ChartPoint(x: 1, y: 2)]),
            ],
            bands: [
                ChartBand(kind: .warmup, from: 0, to: 1, text: "warm-up"),
                ChartBand(kind: .tainted, from: 2, to: 3),
            ],
            limits: [ChartLimit(value: 8, text: "P50 < 8 ms", at: 2)],
            intervals: [ChartInterval(at: 3, low: 5, high: 7)]
        ).svg()
    }

    static var heat: String {
        var columns = [[UInt64]](
            repeating: [UInt64](repeating: 0, count: HeatScale.rows), count: 2)
        columns[0][24] = 10
        columns[1][25] = 1
        return HeatChart(label: label, x: .time(to: 2), height: 40, columns: columns).svg()
    }

    static var small: String {
        BulletChart(
            observed: 71.8, interval: 70.9...72.7, lowerLimit: 60, upperLimit: 70, style: "v-fail"
        ).svg() + PartsBar(parts: [("f1", 1), ("f2", 3), ("f3", 0)]).svg()
    }

    @Test func goldenLineChart() { #expect(Self.line == HTMLGolden.line) }
    @Test func goldenHeatMap() { #expect(Self.heat == HTMLGolden.heat) }
    @Test func goldenSmallCharts() { #expect(Self.small == HTMLGolden.small) }

    /// Markup that an XML parser takes too.
    @Test(arguments: [line, heat, "<g>\(small)</g>"])
    func chartsAreWellFormed(svg: String) throws {
        _ = try XMLDocument(xmlString: svg)
    }
}
