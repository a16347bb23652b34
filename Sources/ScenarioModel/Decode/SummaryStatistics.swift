// `summaryTrendStats`: what the summary prints of each trend.

enum SummaryStatistics {
    static func decode(_ document: MapReader) -> [TrendStatistic]? {
        guard let node = document.take("summaryTrendStats"),
            let items = document.read.items(node, "summaryTrendStats")
        else { return nil }
        return items.compactMap { item in
            guard let text = document.read.text(item, "summaryTrendStats") else { return nil }
            if let known = statistic(text) { return known }
            document.problems.error(
                "summaryTrendStats: \(text.quoted) is none of avg, min, med, max, count, p(N)",
                at: item.place)
            return nil
        }
    }

    private static func statistic(_ text: String) -> TrendStatistic? {
        switch text {
        case "avg": return .avg
        case "min": return .min
        case "med": return .med
        case "max": return .max
        case "count": return .count
        default:
            guard text.hasPrefix("p("), text.hasSuffix(")"),
                let n = NodeReader.decimal(String(text.dropFirst(2).dropLast())),
                (0...100).contains(n)
            else { return nil }
            return .percentile(n)
        }
    }
}
