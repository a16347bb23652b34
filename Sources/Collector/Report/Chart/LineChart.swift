// Lines over time or over percentiles, with what lies behind them (warm-up, tainted windows) and
// before them (limits, intervals). A line is known by its class (colour), its dash and, where it
// ends on its own, by a label at its right end.

struct ChartLine {
    /// Class of the style sheet, which gives the colour.
    var style: String
    /// `stroke-dasharray`; nil: solid.
    var dash: String?
    var width = 1.75
    /// Written at the right end; nil: only the legend names it.
    var endLabel: String?
    var points: [ChartPoint]
}

/// A part of the x axis that is not like the rest, in values of the axis.
struct ChartBand: Equatable {
    enum Kind: String { case warmup = "warm", tainted, paused }
    var kind: Kind
    var from: Double
    var to: Double
    /// Shown at its top; nil: none.
    var text: String?
}

/// A limit at a height; with `at`, a mark at that place of the x axis as well.
struct ChartLimit: Equatable {
    var value: Double
    var text: String
    var at: Double?
}

/// From `low` to `high` at a place of the x axis.
struct ChartInterval: Equatable {
    var at: Double
    var low: Double
    var high: Double
}

struct LineChart {
    var label: ChartLabel
    var x: ChartAxis
    var y: ChartAxis
    var height: Double
    var lines: [ChartLine]
    var bands: [ChartBand] = []
    var limits: [ChartLimit] = []
    var intervals: [ChartInterval] = []

    func svg() -> String {
        let frame = ChartFrame(label: label, x: x, y: y, height: height)
        return frame.svg(
            below: bands.map { band($0, frame) }.joined(),
            plot: lines.map(path).joined(),
            above: intervals.map { interval($0, frame) }.joined()
                + limitMarks(frame) + endLabels(frame))
    }

    private func path(_ line: ChartLine) -> String {
        let d = ChartPath.line(
            ChartPath.thinned(line.points), x: x, y: y, width: ChartFrame.width, height: height)
        guard !d.isEmpty else { return "" }
        let dash = line.dash.map { [("stroke-dasharray", $0)] } ?? []
        return SVGText.element(
            "path",
            [("class", "line " + line.style), ("stroke-width", ChartPath.number(line.width))]
                + dash + [("d", d)])
    }

    private func band(_ band: ChartBand, _ frame: ChartFrame) -> String {
        let from = x.position(band.from)
        let width = x.position(band.to) - from
        var attributes = [
            ("class", "band " + band.kind.rawValue), ("x", ChartPath.percent(from)),
            ("y", ChartPath.number(ChartFrame.header)), ("width", ChartPath.percent(width)),
            ("height", ChartPath.number(height)),
        ]
        if band.kind == .tainted { attributes.append(("fill", "url(#hatch)")) }
        let rectangle = SVGText.element("rect", attributes)
        guard let text = band.text else { return rectangle }
        return rectangle
            + SVGText.text(
                text,
                [
                    ("class", "note"), ("x", ChartPath.percent(from)), ("dx", "5"),
                    ("y", ChartPath.number(ChartFrame.header + 12)),
                ])
    }

    /// Lines, marks, and texts above their lines, pushed apart where they would overlap.
    private func limitMarks(_ frame: ChartFrame) -> String {
        var lowest = ChartFrame.header + height - 3
        let sorted = limits.map { (top: frame.top(y.position($0.value)), limit: $0) }
            .sorted { $0.top > $1.top }
        return sorted.map { top, limit in
            let at = ChartPath.number(top)
            var out = SVGText.element(
                "line", [("class", "limit"), ("x2", "100%"), ("y1", at), ("y2", at)])
            if let place = limit.at {
                let px = ChartPath.percent(x.position(place))
                out += SVGText.element(
                    "circle", [("class", "limit-at"), ("cx", px), ("cy", at), ("r", "4")])
            }
            let baseline = min(top - 4, lowest)
            lowest = baseline - 13
            return out
                + SVGText.text(
                    limit.text,
                    [("class", "limit-text"), ("x", "100%"), ("dx", "-4")]
                        + [("y", ChartPath.number(baseline))])
        }.joined()
    }

    private func interval(_ interval: ChartInterval, _ frame: ChartFrame) -> String {
        let px = ChartPath.percent(x.position(interval.at))
        let ends = [interval.low, interval.high].map { frame.top(y.position($0)) }
        let stem = SVGText.element(
            "line",
            [("class", "interval"), ("x1", px), ("x2", px)]
                + [("y1", ChartPath.number(ends[0])), ("y2", ChartPath.number(ends[1]))])
        let caps = ends.map { end in
            SVGText.element(
                "circle",
                [("class", "interval"), ("cx", px), ("cy", ChartPath.number(end))]
                    + [("r", "2")])
        }
        return stem + caps.joined()
    }

    /// Beside the last value of each line that wants it, pushed apart where they would overlap.
    private func endLabels(_ frame: ChartFrame) -> String {
        let wanted = lines.compactMap { line -> (top: Double, text: String, style: String)? in
            guard let text = line.endLabel, let y = line.points.last(where: { $0.y != nil })?.y
            else { return nil }
            return (frame.top(self.y.position(y)) + 4, text, line.style)
        }
        var lowest = ChartFrame.header + height + 4
        // From the bottom up: there is always room above.
        return wanted.sorted { $0.top > $1.top }.map { item in
            let top = min(item.top, lowest)
            lowest = top - 13
            return SVGText.text(
                item.text,
                [("class", "end " + item.style), ("x", "100%"), ("dx", "6")]
                    + [("y", ChartPath.number(top))])
        }.joined()
    }
}
