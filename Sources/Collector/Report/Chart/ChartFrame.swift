// What all charts have in common: a picture that is as wide as its place and as high as it says.
// Texts keep their size on a phone, because only the plot is stretched: an inner <svg> of 1,000
// units, beside which labels stand at percentages. Labels of the y axis hang over the left edge;
// the style sheet leaves room for them. Colours are classes of the style sheet.
//
//      |10 ms ---------------------------- |  y labels: x = -8
//      |       inner svg, stretched        |
//      |0 ms -----------------------------  |
//             0s     30s     1m              x labels: y = height + 16

/// The picture as a screen reader tells it.
struct ChartLabel {
    /// Of the document, unique.
    var id: String
    var title: String
    var description: String
}

struct ChartFrame {
    static let width = 1_000.0
    /// Below the plot, for the labels of the x axis.
    static let footer = 24.0
    static let header = 10.0

    var label: ChartLabel
    var x: ChartAxis
    var y: ChartAxis
    /// Of the plot, px.
    var height: Double
    /// Class of the outer element.
    var kind = "chart"

    /// `plot` is drawn in units of 1,000 x height, `below` and `above` beside it in px and percent.
    func svg(below: String = "", plot: String, above: String = "") -> String {
        let total = height + Self.header + Self.footer
        let inner = SVGText.element(
            "svg",
            [
                ("class", "plot"), ("y", ChartPath.number(Self.header)), ("width", "100%"),
                ("height", ChartPath.number(height)),
                ("viewBox", "0 0 1000 \(ChartPath.number(height))"),
                ("preserveAspectRatio", "none"),
            ], plot)
        return SVGText.element(
            "svg",
            [
                ("class", kind), ("role", "img"),
                ("aria-labelledby", "\(label.id)-t \(label.id)-d"),
                ("height", ChartPath.number(total)),
            ], titles + grid + below + inner + above)
    }

    /// px from the top for a position of the y axis.
    func top(_ position: Double) -> Double { Self.header + (1 - position) * height }

    private var titles: String {
        SVGText.element("title", [("id", label.id + "-t")], SVGText.escaped(label.title))
            + SVGText.element("desc", [("id", label.id + "-d")], SVGText.escaped(label.description))
    }

    private var grid: String {
        let rows = y.ticks.map { tick -> String in
            let at = ChartPath.number(top(tick.position))
            let line = SVGText.element(
                "line", [("class", "grid"), ("x2", "100%"), ("y1", at), ("y2", at)])
            let middle = ChartPath.number(top(tick.position) + 4)
            return line
                + SVGText.text(
                    tick.label, [("class", "ty"), ("x", "-8"), ("y", middle)])
        }
        let bottom = ChartPath.number(Self.header + height)
        let columns = x.ticks.map { tick -> String in
            let at = ChartPath.percent(tick.position)
            let end = ChartPath.number(Self.header + height + 4)
            let line = SVGText.element(
                "line", [("class", "axis"), ("x1", at), ("x2", at), ("y1", bottom), ("y2", end)])
            let label = SVGText.text(
                tick.label,
                [
                    ("class", tick.isMinor ? "tx minor" : "tx"), ("x", at),
                    ("y", ChartPath.number(Self.header + height + 18)),
                ])
            return line + label
        }
        let base = SVGText.element(
            "line", [("class", "axis"), ("x2", "100%"), ("y1", bottom), ("y2", bottom)])
        return rows.joined() + base + columns.joined()
    }
}
