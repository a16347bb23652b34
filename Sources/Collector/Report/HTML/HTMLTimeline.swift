// The run over time as its charts need it: one time axis for all of them, the parts of it that are
// not like the rest, values per window, and the same in at most 120 rows for the tables.

import HarnessCore

struct HTMLTimeline {
    static let tableRows = 120

    let timeline: Timeline
    /// Length of the time axis, s.
    let seconds: Double
    let axis: ChartAxis
    let bands: [ChartBand]
    /// Windows of one row of the tables.
    let bucket: Int

    init(_ run: FinishedRun) {
        timeline = run.aggregate.timeline
        seconds = max(1, run.facts.duration.seconds, Double(timeline.end))
        axis = .time(to: seconds)
        let steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600]
        let least = Int((Double(timeline.end) / Double(Self.tableRows)).rounded(.up))
        bucket = steps.first { $0 >= least } ?? max(1, least)
        var bands: [ChartBand] = []
        if run.facts.warmup > .zero {
            bands.append(
                ChartBand(
                    kind: .warmup, from: 0, to: min(seconds, run.facts.warmup.seconds),
                    text: "warm-up"))
        }
        for span in run.facts.pauses.spans {
            bands.append(
                ChartBand(
                    kind: .paused, from: Double(span.from),
                    to: span.to.map { Double($0) } ?? seconds, text: "paused"))
        }
        self.bands = bands + Self.tainted(timeline, seconds: seconds)
    }

    /// Adjacent windows become one band; at most 300, so those of one column of a long run too.
    private static func tainted(_ timeline: Timeline, seconds: Double) -> [ChartBand] {
        let gap = max(1, seconds / 300)
        var bands: [ChartBand] = []
        for window in timeline.tainted.keys.sorted() {
            let from = Double(window)
            if let last = bands.last, from - last.to < gap {
                bands[bands.count - 1].to = from + 1
            } else {
                bands.append(ChartBand(kind: .tainted, from: from, to: from + 1))
            }
        }
        return bands
    }

    /// One point per window, in its middle.
    func points(
        _ scenario: String, _ value: (TimelineRow?) -> Double?
    ) -> [ChartPoint] {
        (0..<timeline.end).map { window in
            ChartPoint(
                x: Double(window) + 0.5, y: value(timeline.row(window, scenario: scenario)))
        }
    }

    /// The rows of a table: where each begins, and what its windows hold.
    func buckets(_ scenario: String) -> [(start: Int, rows: [TimelineRow])] {
        stride(from: 0, to: Int(timeline.end), by: bucket).map { start in
            let windows = start..<min(Int(timeline.end), start + bucket)
            return (
                start,
                windows.compactMap { timeline.row(UInt32($0), scenario: scenario) }
            )
        }
    }

    /// Sorts of bands there are, for the legend.
    var legend: [HTMLLegend] {
        let fields: [(ChartBand.Kind, String, String?, String)] = [
            (.warmup, "band warm", nil, "warm-up"), (.paused, "band paused", nil, "paused"),
            (.tainted, "", "url(#hatch)", "tainted: the generator added delay"),
        ]
        return fields.filter { field in bands.contains { $0.kind == field.0 } }.map {
            HTMLLegend(swatchMarkup: HTMLIcon.field($0.1, fill: $0.2), label: $0.3)
        }
    }

    /// Rows of numbers, the first cell being the time a row begins at.
    static func body(_ rows: [(start: Int, cells: [String])]) -> String {
        rows.map { row in
            let first = "<tr data-t=\"\(row.start)\"><td>\(ChartAxis.timeLabel(Double(row.start)))"
            return first + "</td>" + row.cells.map { "<td>\(SVGText.escaped($0))</td>" }.joined()
                + "</tr>"
        }.joined()
    }

    /// `Numbers per second` where a row is one.
    var unitText: String {
        bucket == 1 ? "second" : ChartAxis.timeLabel(Double(bucket))
    }
}
