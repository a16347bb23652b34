// The columns of a table of trends, as `summaryTrendStats` asks for them: the count, then min,
// mean, percentiles ascending (`med` is p50) and max, whatever the order asked for.

import ScenarioModel
import Telemetry

struct TrendColumns {
    private enum Column: Hashable {
        case min, mean, max
        case percentile(Double)

        var place: (Int, Double) {
            switch self {
            case .min: (0, 0)
            case .mean: (1, 0)
            case .percentile(let p): (2, p)
            case .max: (3, 0)
            }
        }
    }
    private let asked: [Column]

    init(_ statistics: [TrendStatistic]) {
        let columns = statistics.compactMap { statistic -> Column? in
            switch statistic {
            case .avg: .mean
            case .min: .min
            case .med: .percentile(50)
            case .max: .max
            case .percentile(let p): .percentile(p)
            case .count: nil
            }
        }
        asked = Set(columns).sorted { $0.place < $1.place }
    }

    /// Where the terminal is narrow, the tail and the middle stay longest.
    var columns: [TextTable.Column] {
        [.right("count")]
            + asked.enumerated().map { i, column in
                switch column {
                case .min: .right("min", dispensable: 2)
                case .mean: .right("mean", dispensable: 3)
                case .max: .right("max")
                case .percentile(let p):
                    .right("p" + ReportText.trimmed(p), dispensable: Self.rank(p, i))
                }
            }
    }

    private static func rank(_ p: Double, _ place: Int) -> Int? {
        switch p {
        case 50, 95, 99: nil
        case 90: 1
        case 99.9: 4
        default: 5 + place
        }
    }

    /// A cell per column; milliseconds, or units of a metric that is no time.
    func cells(_ histogram: MergedHistogram) -> [String] {
        guard !histogram.isEmpty else { return ["0"] + asked.map { _ in "-" } }
        return [ReportText.grouped(histogram.count)]
            + asked.map { column in
                let ns: Double? =
                    switch column {
                    case .min: Double(histogram.min)
                    case .mean: histogram.mean
                    case .max: Double(histogram.max)
                    case .percentile(let p): histogram.percentileNs(p)
                    }
                return ns.map(ReportText.milliseconds) ?? "-"
            }
    }
}
