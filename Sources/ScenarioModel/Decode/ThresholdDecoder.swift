// `thresholds`: SELECTOR: EXPR or a list of EXPR and {threshold, abortOnFail, delayAbortEval,
// window}. The metric must exist, its kind must have the aggregation, its tags must be possible.

import HarnessCore

struct ThresholdDecoder {
    let problems: Problems
    let series: SeriesTags
    /// Built-in ones and the document's own.
    let kinds: [String: MetricKind]

    init(problems: Problems, series: SeriesTags, metrics: [CustomMetric]) {
        self.problems = problems
        self.series = series
        kinds = metrics.reduce(into: BuiltInMetrics.kinds) { $0[$1.name] = $1.kind }
    }

    func thresholds(_ document: MapReader) -> [Threshold] {
        guard let node = document.take("thresholds"),
            let entries = document.read.entries(node, "thresholds")
        else { return [] }
        var thresholds: [Threshold] = []
        for entry in entries where !entry.value.isNull && !entry.key.hasPrefix("x-") {
            guard let selector = selector(entry) else { continue }
            for item in entry.value.items ?? [entry.value] {
                guard let threshold = threshold(item, selector) else { continue }
                thresholds.append(threshold)
            }
        }
        if thresholds.count > Limits.thresholds {
            problems.error("thresholds: more than \(Limits.thresholds)", at: node.place)
        }
        return thresholds
    }

    private func selector(_ entry: YAMLNode.Entry) -> MetricSelector? {
        let selector: MetricSelector
        do {
            selector = try ThresholdParser.selector(entry.key)
        } catch {
            problems.error("thresholds: \(error.message)", at: entry.keyPlace)
            return nil
        }
        guard kinds[selector.metric] != nil else {
            problems.error(
                "thresholds: no metric name \(selector.metric.quoted) found"
                    + NearestName.hint(selector.metric, in: kinds.keys),
                at: entry.keyPlace)
            return nil
        }
        for (key, value) in selector.tags.sorted(by: { $0.key < $1.key }) {
            if let problem = series.problem(selector.metric, key, value) {
                problems.error("thresholds: \(problem)", at: entry.keyPlace)
            }
        }
        return selector
    }

    private func threshold(_ node: YAMLNode, _ selector: MetricSelector) -> Threshold? {
        let path = "thresholds.\(selector.text)"
        let read = NodeReader(problems: problems)
        guard node.entries != nil else {
            return read.text(node, path).flatMap { parsed($0, selector, path, node.place) }
        }
        guard let map = MapReader(node, path: path, problems: problems) else { return nil }
        defer { map.finish() }
        let abort = map.boolean("abortOnFail")
        let delay = map.duration("delayAbortEval")
        let window = map.duration("window")
        if let window, window < .seconds(1) || window > .seconds(3_600) {
            problems.error("\(path).window: must be 1s to 1h", at: map.place(of: "window"))
        }
        guard let written = map.take("threshold") else {
            problems.error("\(path): threshold is required", at: node.place)
            return nil
        }
        guard let text = read.text(written, map.path("threshold")),
            var threshold = parsed(text, selector, path, written.place)
        else { return nil }
        threshold.abortOnFail = abort ?? false
        threshold.delayAbortEval = delay ?? .zero
        threshold.window = window
        return threshold
    }

    private func parsed(
        _ text: String, _ selector: MetricSelector, _ path: String, _ place: SourcePosition
    ) -> Threshold? {
        let expression: ThresholdParser.Expression
        do {
            expression = try ThresholdParser.expression(text)
        } catch {
            problems.error("\(path): \(error.message)", at: place)
            return nil
        }
        if let kind = kinds[selector.metric],
            !ThresholdParser.supports(expression.aggregation, kind)
        {
            let aggregation = text.prefix { !"<>=! ".contains($0) }
            problems.error(
                "\(path): unsupported aggregation method \(aggregation) on metric of type "
                    + "\(kind.rawValue); supported: \(Self.aggregations(of: kind))", at: place)
            return nil
        }
        return Threshold(
            selector: selector, expression: text, aggregation: expression.aggregation,
            comparison: expression.comparison, limit: expression.limit, source: place)
    }

    private static func aggregations(of kind: MetricKind) -> String {
        switch kind {
        case .counter: "count, rate"
        case .gauge: "value"
        case .rate: "rate"
        case .trend: "avg, min, med, max, p(N)"
        }
    }
}
