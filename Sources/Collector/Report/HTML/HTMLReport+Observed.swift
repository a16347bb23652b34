// Panel 10: what was scraped from the target, over the same time axis. Where a criterion divides
// one metric by another, the quotient is drawn with its limits, for that is what is judged.

import HarnessCore
import ScenarioModel

extension HTMLReportBuilder {
    private static let figuresMax = 40

    func observed() -> HTMLCharts {
        let judged = run.verdict.rows.compactMap(judgedObservation)
        let plain = run.aggregate.observed.samples.sorted { $0.key < $1.key }.map { name, samples in
            observation(
                heading: name.text, points: Self.points(samples), limits: [],
                label: ChartAxis.countLabel)
        }
        let all = (judged + plain).compactMap { $0 }
        let figures = all.prefix(Self.figuresMax).enumerated().map { figure($1, index: $0) }
        let failures = run.aggregate.observed.sources.sorted { $0.key < $1.key }.compactMap {
            name, source -> String? in
            guard source.answered < source.expected else { return nil }
            return "\(name): \(source.answered) of \(source.expected) scrapes answered"
                + (source.failure.map { ", last failure: \($0)" } ?? "")
        }
        let none =
            figures.isEmpty
            ? "Nothing was scraped from the target: `observe` in the scenario names what to ask."
            : nil
        return HTMLCharts(
            figures: figures, isPaired: figures.count > 1, none: none,
            omitted: failures.isEmpty
                ? nil : HTMLText.foreign(failures.joined(separator: "; "), limit: 1_000))
    }

    private struct Observation {
        var heading: String
        var points: [ChartPoint]
        var limits: [ChartLimit]
        var label: (Double) -> String
    }

    private func observation(
        heading: String, points: [ChartPoint], limits: [ChartLimit],
        label: @escaping (Double) -> String
    ) -> Observation? {
        points.isEmpty
            ? nil : Observation(heading: heading, points: points, limits: limits, label: label)
    }

    private static func points(_ samples: [ObservedSample]) -> [ChartPoint] {
        samples.filter { $0.value.isFinite }.map { ChartPoint(x: $0.at.seconds, y: $0.value) }
    }

    private func judgedObservation(_ row: CriterionRow) -> Observation? {
        guard case .criterion(let criterion) = row.rule,
            case .observed(let name) = criterion.subject
        else { return nil }
        let samples = run.aggregate.observed.samples[name] ?? []
        var points = Self.points(samples)
        if let per = criterion.per {
            // Values of one scrape have one time.
            let divisors = Dictionary(
                (run.aggregate.observed.samples[per] ?? []).map { ($0.at.ns, $0.value) }
            ) { first, _ in first }
            points = samples.compactMap { sample in
                guard let divisor = divisors[sample.at.ns], divisor != 0 else { return nil }
                return ChartPoint(x: sample.at.seconds, y: sample.value / divisor)
            }
        }
        let bounds = Set([row.bounds.lower, row.bounds.upper]).sorted()
        let limits = bounds.filter(\.isFinite).map { bound in
            ChartLimit(
                value: bound,
                text: bounds.count == 1 ? row.limitText : HTMLNumber.text(bound, row.unit))
        }
        let unit = row.unit
        return observation(
            heading: row.name, points: points, limits: limits,
            label: { value in
                unit == .ratio
                    ? ReportText.trimmed((value * 1e4).rounded() / 1e2) + " %"
                    : ChartAxis.countLabel(value)
            })
    }

    private func figure(_ observation: Observation, index: Int) -> HTMLFigure {
        let values = observation.points.compactMap(\.y)
        let low = values.min() ?? 0
        let high = values.max() ?? 0
        let mean = values.reduce(0, +) / Double(max(1, values.count))
        let top = max(high, observation.limits.map(\.value).max() ?? 0)
        let y =
            low < 0
            ? ChartAxis(
                scale: .linear(low: low, high: max(top, low + 1)),
                ticks: [low, max(top, low + 1)].enumerated().map {
                    ChartTick(position: Double($0), label: observation.label($1))
                })
            : ChartAxis.linear(upTo: top, label: observation.label)
        let words =
            "mean \(observation.label(mean)), from \(observation.label(low)) to"
            + " \(observation.label(high))"
        let chart = LineChart(
            label: ChartLabel(
                id: "observed-\(index)", title: "Observed over time",
                description: "\(values.count) samples, \(words)."),
            x: time.axis, y: y, height: 120,
            lines: [ChartLine(style: "c1", width: 1.8, points: observation.points)],
            bands: time.bands, limits: observation.limits)
        return HTMLFigure(
            heading: HTMLText.foreign(observation.heading), hint: words, chartMarkup: chart.svg(),
            seconds: ReportText.trimmed(time.seconds), data: data(observation))
    }

    private func data(_ observation: Observation) -> HTMLData {
        var buckets: [Int: (count: Int, sum: Double, low: Double, high: Double)] = [:]
        for point in observation.points {
            guard let y = point.y else { continue }
            let start = Int(point.x) / time.bucket * time.bucket
            let old = buckets[start] ?? (0, 0, y, y)
            buckets[start] = (old.count + 1, old.sum + y, min(old.low, y), max(old.high, y))
        }
        let rows = buckets.sorted { $0.key < $1.key }.map {
            start, b -> (start: Int, cells: [String]) in
            (
                start,
                [b.sum / Double(b.count), b.low, b.high].map(observation.label) + ["\(b.count)"]
            )
        }
        return HTMLData(
            caption: "A row per \(time.unitText)",
            head: ["From", "Mean", "Lowest", "Highest", "Samples"],
            bodyMarkup: HTMLTimeline.body(rows))
    }
}
