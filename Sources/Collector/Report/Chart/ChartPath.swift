// From points to the `d` of an SVG path. A line has at most 600 points: of each of 300 columns the
// smallest and the largest value stay, in their order, so that a spike of one window is seen
// however long the run was. Where there is no value the line breaks.

/// One point of a line; `y` nil: there is no value here.
struct ChartPoint: Equatable {
    var x: Double
    var y: Double?
}

enum ChartPath {
    static let pointsMax = 600

    /// At most `limit` points with their extremes; a column without any value becomes one gap.
    /// - Precondition: points ascend by x; limit >= 2.
    /// - Complexity: O(n).
    static func thinned(_ points: [ChartPoint], limit: Int = pointsMax) -> [ChartPoint] {
        guard points.count > limit, let first = points.first, let last = points.last else {
            return points
        }
        let columns = limit / 2
        let width = (last.x - first.x) / Double(columns)
        guard width > 0 else { return Array(points.prefix(limit)) }
        var out: [ChartPoint] = []
        var start = 0
        while start < points.count {
            let column = min(columns - 1, Int((points[start].x - first.x) / width))
            var end = start + 1
            while end < points.count,
                min(columns - 1, Int((points[end].x - first.x) / width)) == column
            {
                end += 1
            }
            out += extremes(points[start..<end])
            start = end
        }
        return out
    }

    private static func extremes(_ column: ArraySlice<ChartPoint>) -> [ChartPoint] {
        var low: Int?
        var high: Int?
        for i in column.indices {
            guard let y = column[i].y else { continue }
            if low.flatMap({ column[$0].y }).map({ y < $0 }) ?? true { low = i }
            if high.flatMap({ column[$0].y }).map({ y > $0 }) ?? true { high = i }
        }
        guard let low, let high else { return column.first.map { [$0] } ?? [] }
        if low == high { return [column[low]] }
        return [column[min(low, high)], column[max(low, high)]]
    }

    /// A point that stands alone becomes a dot: a line of no length with a round cap.
    static func line(
        _ points: [ChartPoint], x: ChartAxis, y: ChartAxis, width: Double, height: Double
    ) -> String {
        var out = ""
        var isOpen = false
        for (i, point) in points.enumerated() {
            guard let value = point.y, value.isFinite else {
                isOpen = false
                continue
            }
            let at =
                number(x.position(point.x) * width) + " "
                + number((1 - y.position(value)) * height)
            let isAlone = !isOpen && (i + 1 == points.count || points[i + 1].y == nil)
            out += (isOpen ? "L" : "M") + at + (isAlone ? "h0" : "")
            isOpen = true
        }
        return out
    }

    /// One decimal, none where it is 0: `12.5`, `12`, `-0.1`.
    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "0" }
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let rest = abs(tenths) % 10
        return sign + String(abs(tenths) / 10) + (rest == 0 ? "" : ".\(rest)")
    }

    /// A position as a share of the width: `12.35%`.
    static func percent(_ position: Double) -> String {
        let hundredths = Int((min(1, max(0, position)) * 10_000).rounded())
        let rest = hundredths % 100
        let digits =
            rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
        return "\(hundredths / 100)\(digits)%"
    }
}
