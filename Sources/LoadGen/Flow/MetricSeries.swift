// The series that `metric` steps feed: one per metric and its step's tags, numbered by kind.

import ScenarioModel

struct MetricSeries: Sendable {
    struct Item: Sendable, Equatable {
        let name: String
        let tags: [String: String]
    }
    private(set) var counters: [Item] = []
    private(set) var gauges: [Item] = []
    private(set) var rates: [Item] = []
    private(set) var trends: [Item] = []

    /// Position among the series of the metric's kind; steps of the same tags share one.
    mutating func position(_ metric: CustomMetric, tags: [String: String]) -> Int {
        let item = Item(name: metric.name, tags: tags)
        return switch metric.kind {
        case .counter: Self.position(of: item, in: &counters)
        case .gauge: Self.position(of: item, in: &gauges)
        case .rate: Self.position(of: item, in: &rates)
        case .trend: Self.position(of: item, in: &trends)
        }
    }

    private static func position(of item: Item, in items: inout [Item]) -> Int {
        if let known = items.firstIndex(of: item) { return known }
        items.append(item)
        return items.count - 1
    }
}
