// Time x latency, darker where more samples lie. Columns of equal length, rows of HeatScale; seven
// shades by the logarithm of the count, one path per shade.

struct HeatChart {
    static let shades = 7
    static let columnsMax = 150

    var label: ChartLabel
    var x: ChartAxis
    var height: Double
    /// Samples by column, then by row of HeatScale.
    var columns: [[UInt64]]
    var bands: [ChartBand] = []

    /// Rows with samples; nil: there are none.
    var usedRows: ClosedRange<Int>? {
        let used = columns.flatMap { column in column.indices.filter { column[$0] > 0 } }
        guard let low = used.min(), let high = used.max() else { return nil }
        return low...high
    }

    var largest: UInt64 { columns.compactMap { $0.max() }.max() ?? 0 }

    /// 0 (few) to `shades` - 1, by the logarithm of the count.
    static func shade(_ count: UInt64, of largest: UInt64) -> Int {
        guard largest > 1, count > 0 else { return shades - 1 }
        let share = ChartMath.log(Double(count)) / ChartMath.log(Double(largest))
        return min(shades - 1, Int((share * Double(shades - 1)).rounded()))
    }

    func svg() -> String {
        let rows = usedRows ?? 20...36
        let low = HeatScale.lowerBoundNs(rows.lowerBound) / 1e6
        let high = HeatScale.lowerBoundNs(rows.upperBound + 1) / 1e6
        let y = Self.axis(from: low, to: high)
        let frame = ChartFrame(label: label, x: x, y: y, height: height)
        return frame.svg(plot: cells(rows))
    }

    /// Exactly from `low` to `high`, so that rows fill the plot.
    private static func axis(from low: Double, to high: Double) -> ChartAxis {
        let round = ChartAxis.logarithmic(from: low, to: high)
        let scale = ChartScale.log(low: low, high: high)
        guard case .log(let bottom, let top) = round.scale else { return round }
        let ticks = round.ticks.compactMap { tick -> ChartTick? in
            let value = bottom * ChartMath.pow(top / bottom, tick.position)
            guard value >= low * 0.999, value <= high * 1.001 else { return nil }
            return ChartTick(
                position: scale.position(value), label: tick.label, isMinor: tick.isMinor)
        }
        return ChartAxis(scale: scale, ticks: ticks)
    }

    private func cells(_ rows: ClosedRange<Int>) -> String {
        let width = ChartFrame.width / Double(max(1, columns.count))
        let step = height / Double(rows.count)
        let largest = largest
        var paths = [String](repeating: "", count: Self.shades)
        for (i, column) in columns.enumerated() {
            for row in rows where row < column.count && column[row] > 0 {
                let left = ChartPath.number(Double(i) * width)
                let top = ChartPath.number(Double(rows.upperBound - row) * step)
                let wide = ChartPath.number(width + 0.3)
                paths[Self.shade(column[row], of: largest)] +=
                    "M\(left) \(top)h\(wide)v\(ChartPath.number(step + 0.3))h-\(wide)z"
            }
        }
        return paths.enumerated().filter { !$1.isEmpty }.map { shade, d in
            SVGText.element("path", [("class", "heat h\(shade)"), ("d", d)])
        }.joined()
    }
}
