// Pictures that stand in a line or a cell: where a value lies against its limit, and of what parts
// a time is made. Decoration beside numbers in text, so hidden from screen readers.

/// Observed value and interval on a scale with the limit.
struct BulletChart {
    var observed: Double
    var interval: ClosedRange<Double>?
    var lowerLimit: Double?
    var upperLimit: Double?
    /// Class of the verdict's colour.
    var style: String

    func svg() -> String {
        let all = [observed, interval?.lowerBound, interval?.upperBound, lowerLimit, upperLimit]
            .compactMap { $0 }.filter(\.isFinite)
        let highest = all.max() ?? 1
        let lowest = all.min() ?? 0
        // From 0, unless everything lies within the upper half: then the difference would vanish.
        let isFar = lowest > 0 && lowest > highest * 0.5
        let low = isFar ? lowest - (highest - lowest) * 0.35 : min(0, lowest)
        let span = highest - low
        let scale = ChartScale.linear(low: low, high: span > 0 ? highest + span * 0.12 : low + 1)
        func at(_ value: Double) -> String { ChartPath.percent(scale.position(value)) }
        var out = allowed(scale)
        if let interval {
            out += SVGText.element(
                "line",
                [("class", "b-ci \(style)"), ("x1", at(interval.lowerBound))]
                    + [("x2", at(interval.upperBound)), ("y1", "11"), ("y2", "11")])
        }
        for limit in [lowerLimit, upperLimit].compactMap({ $0 }) {
            out += SVGText.element(
                "line",
                [("class", "b-limit"), ("x1", at(limit)), ("x2", at(limit))]
                    + [("y1", "2"), ("y2", "20")])
        }
        out += SVGText.element(
            "circle",
            [("class", "b-dot \(style)"), ("cx", at(observed))]
                + [("cy", "11"), ("r", "5")])
        return SVGText.element(
            "svg", [("class", "bullet"), ("aria-hidden", "true"), ("height", "22")], out)
    }

    /// The track, and on it the part that the limit allows.
    private func allowed(_ scale: ChartScale) -> String {
        let from = lowerLimit.map(scale.position) ?? 0
        let to = upperLimit.map(scale.position) ?? 1
        let track = SVGText.element(
            "rect",
            [("class", "b-track"), ("y", "8"), ("width", "100%"), ("height", "6")]
                + [("rx", "3")])
        return track
            + SVGText.element(
                "rect",
                [("class", "b-room"), ("x", ChartPath.percent(from)), ("y", "8")]
                    + [("width", ChartPath.percent(max(0, to - from))), ("height", "6")])
    }
}

/// Parts of a whole, one beside the other.
struct PartsBar {
    /// Class and size; sizes are of one unit.
    var parts: [(style: String, size: Double)]

    func svg() -> String {
        let whole = parts.reduce(0) { $0 + max(0, $1.size) }
        guard whole > 0 else { return "" }
        var left = 0.0
        let rectangles = parts.filter { $0.size > 0 }.map { part -> String in
            let width = part.size / whole
            defer { left += width }
            return SVGText.element(
                "rect",
                [("class", part.style), ("x", ChartPath.percent(left))]
                    + [("width", ChartPath.percent(width)), ("height", "100%")])
        }
        return SVGText.element(
            "svg", [("class", "parts"), ("aria-hidden", "true"), ("height", "26")],
            rectangles.joined())
    }
}
