// What a row of evidence is about, in words: the two left columns of every table of criteria.
//
//     p95      response time              a criterion: its name, then what it looks at
//     cpu      average                    one on an observed metric
//     http_req_failed{name:a}  rate       a threshold: its selector, then its statistic

import ScenarioModel

extension CriterionRow {
    /// A criterion's name, a threshold's selector.
    var titleText: String {
        if case .criterion(let criterion) = rule { criterion.name } else { subjectText }
    }

    var detailText: String {
        guard case .criterion(let criterion) = rule else { return statisticText }
        guard let selector = criterion.selector else { return statisticWords(criterion) }
        var words: [String] = []
        // What it is of, then what became of it.
        let sorted = selector.tags.sorted { a, b in
            (a.key == "expected_response" ? 1 : 0, a.key)
                < (b.key == "expected_response" ? 1 : 0, b.key)
        }
        let tags = sorted.map(Self.words)
        if metricIsSaid(selector.metric, tags: tags) { words.append(Self.words(selector.metric)) }
        if let statistic = statistic(criterion) { words.insert(statistic, at: 0) }
        let subject = words.joined(separator: " ")
        return ([subject] + tags).filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// A rate of requests is known by its unit; its selector is what tells it from others.
    private func metricIsSaid(_ metric: String, tags: [String]) -> Bool {
        metric != "http_reqs" || tags.isEmpty || unit != .perSecond
    }

    /// nil where the criterion's name or its unit says it already.
    private func statistic(_ criterion: Criterion) -> String? {
        switch criterion.statistic {
        case .rate, .count, .value: return nil
        default: break
        }
        func plain(_ text: String) -> String { text.lowercased().filter { !"() ".contains($0) } }
        let isNamed = plain(criterion.name).contains(plain(criterion.statisticText))
        return isNamed ? nil : statisticWords(criterion)
    }

    private func statisticWords(_ criterion: Criterion) -> String {
        switch criterion.statistic {
        case .average: "average"
        case .maximum: "maximum"
        case .minimum: "minimum"
        case .median: "median"
        case .value: "last value"
        default: criterion.statisticText
        }
    }

    private static func words(_ metric: String) -> String {
        switch metric {
        case "http_req_response_time": "response time"
        case "http_req_duration": "service time"
        case "http_reqs": "requests"
        case "http_req_failed": "failed requests"
        case "http_req_rejected": "rejected requests"
        case "iteration_failed": "failed iterations"
        case "dropped_iterations": "dropped arrivals"
        default: metric
        }
    }

    private static func words(_ tag: (key: String, value: String)) -> String {
        switch tag {
        case ("name", let value), ("scenario", let value), ("group", let value): value
        case ("expected_response", "true"): "ok"
        case ("expected_response", "false"): "failed"
        default: "\(tag.key):\(tag.value)"
        }
    }
}
