// `criteria`: a list of what must hold, each with metric, statistic, op and limit (measurement.md
// section 5). The metric must exist, have the statistic, and its tags must be possible.

import HarnessCore

struct CriteriaDecoder {
    let problems: Problems
    let series: SeriesTags
    let metrics: [CustomMetric]
    private let kinds: [String: MetricKind]
    private let observed: Set<ObservedName>
    private let sources: [ObserveSource]

    init(
        problems: Problems, series: SeriesTags, metrics: [CustomMetric], observe: [ObserveSource]
    ) {
        self.problems = problems
        self.series = series
        self.metrics = metrics
        sources = observe
        kinds = metrics.reduce(into: BuiltInMetrics.kinds) { $0[$1.name] = $1.kind }
        observed = Set(
            observe.flatMap { source in
                source.metrics.map { ObservedName(source: source.name, metric: $0.name) }
            })
    }

    func criteria(_ document: MapReader) -> [Criterion] {
        guard let node = document.take("criteria"),
            let items = document.read.items(node, "criteria")
        else { return [] }
        if items.count > Limits.criteria {
            problems.error("criteria: more than \(Limits.criteria)", at: node.place)
        }
        var names: Set<String> = []
        return items.prefix(Limits.criteria).enumerated().compactMap { i, item in
            guard let map = MapReader(item, path: "criteria[\(i)]", problems: problems) else {
                return nil
            }
            defer { map.finish() }
            return criterion(map, &names)
        }
    }

    private func criterion(_ map: MapReader, _ names: inout Set<String>) -> Criterion? {
        let name = name(map, &names)
        let metric = metric(map)
        let tags = selector(map, metric)
        let per = per(map, metric)
        let (statistic, statisticText) = statistic(map, metric)
        let comparison = comparison(map)
        let limits = limits(map, metric, statistic, comparison, hasPer: per != nil)
        var rules = CriterionRules(map, statistic: statistic, comparison: comparison)
        rules.read()
        guard let name, let metric, let statistic, let comparison, let limits else { return nil }
        let subject: Criterion.Subject =
            switch metric.subject {
            case .observed(let observed): .observed(observed)
            case .metric(let bare):
                .metric(MetricSelector(bare.metric, tags: tags))
            }
        var criterion = Criterion(
            name: name, subject: subject, per: per, statistic: statistic,
            statisticText: statisticText, comparison: comparison, lower: limits.lower,
            upper: limits.upper, unit: limits.unit, limitText: limits.text, source: map.place)
        rules.apply(to: &criterion)
        return criterion
    }

    private func name(_ map: MapReader, _ names: inout Set<String>) -> String? {
        guard let node = required("name", map), let name = map.text("name") else { return nil }
        guard !name.isEmpty, name.count <= Limits.criterionNameCharacters,
            name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            problems.error(
                "\(map.path("name")): must be 1 to \(Limits.criterionNameCharacters) characters "
                    + "on one line", at: node.place)
            return nil
        }
        guard names.insert(name).inserted else {
            problems.error(
                "\(map.path("name")): another criterion is called \(name.quoted)", at: node.place)
            return nil
        }
        return name
    }

    private func required(_ key: String, _ map: MapReader) -> YAMLNode? {
        if let node = map.take(key) { return node }
        problems.error("\(map.path): \(key) is required", at: map.place)
        return nil
    }

    // MARK: - What is measured

    struct Subject {
        let subject: Criterion.Subject
        let kind: CriterionMetric
    }

    private func metric(_ map: MapReader) -> Subject? {
        guard let node = required("metric", map), let text = map.text("metric") else { return nil }
        if text.hasPrefix("observe.") {
            return observed(text, map.path("metric"), node.place).map {
                Subject(subject: .observed($0), kind: .observed)
            }
        }
        guard let kind = kinds[text] else {
            let known = Array(kinds.keys) + observed.map(\.text)
            problems.error(
                "\(map.path("metric")): no metric name \(text.quoted) found"
                    + NearestName.hint(text, in: known), at: node.place)
            return nil
        }
        let custom = metrics.first { $0.name == text }
        let metric: CriterionMetric =
            switch kind {
            case .trend: .trend(isTime: custom?.isTime ?? true)
            case .counter: .counter(isBytes: text == "data_sent" || text == "data_received")
            case .rate: .rate
            case .gauge: .gauge(isOwn: custom != nil)
            }
        return Subject(subject: .metric(MetricSelector(text, tags: [:])), kind: metric)
    }

    private func observed(
        _ text: String, _ path: String, _ place: SourcePosition
    ) -> ObservedName? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == "observe" else {
            problems.error("\(path): \(text.quoted) is not observe.SOURCE.METRIC", at: place)
            return nil
        }
        let name = ObservedName(source: parts[1], metric: parts[2])
        if observed.contains(name) { return name }
        if let source = sources.first(where: { $0.name == name.source }) {
            problems.error(
                "\(path): observe.\(source.name) has no metric \(name.metric.quoted)"
                    + NearestName.hint(name.metric, in: source.metrics.map(\.name)), at: place)
        } else {
            problems.error(
                "\(path): observe has no source \(name.source.quoted)"
                    + NearestName.hint(name.source, in: sources.map(\.name)), at: place)
        }
        return nil
    }

    private func selector(_ map: MapReader, _ metric: Subject?) -> [String: String] {
        guard let node = map.take("selector") else { return [:] }
        let path = map.path("selector")
        let tags = map.read.texts(node, path)
        guard case .metric(let bare)? = metric?.subject else {
            if metric != nil {
                problems.error(
                    "\(path): an observed metric has no tags; observe's series takes labels",
                    at: map.place(of: "selector"))
            }
            return [:]
        }
        for entry in node.entries ?? [] {
            guard let value = tags[entry.key],
                let problem = series.problem(bare.metric, entry.key, value)
            else { continue }
            problems.error("\(path): \(problem)", at: entry.keyPlace)
        }
        return tags
    }

    private func per(_ map: MapReader, _ metric: Subject?) -> ObservedName? {
        guard let node = map.take("per"), let text = map.text("per") else { return nil }
        if case .metric? = metric?.subject {
            problems.error(
                "\(map.path("per")): only an observed metric is divided by another",
                at: map.place(of: "per"))
            return nil
        }
        return observed(text, map.path("per"), node.place)
    }

    // MARK: - What is asked of it

    private func statistic(
        _ map: MapReader, _ metric: Subject?
    ) -> (Criterion.Statistic?, String) {
        guard let node = required("statistic", map), let text = map.text("statistic") else {
            return (nil, "")
        }
        var isTime = true
        if case .trend(isTime: false)? = metric?.kind { isTime = false }
        guard let statistic = CriterionStatistic.parse(text, isTime: isTime) else {
            let known = ["med", "avg", "min", "max", "rate", "count", "value"]
            problems.error(
                "\(map.path("statistic")): \(text.quoted) is none of p(N) with 0 < N < 100, med, "
                    + "avg, min, max, ratio(OP \(isTime ? "TIME" : "NUMBER")), rate, count, value"
                    + NearestName.hint(text, in: known), at: node.place)
            return (nil, text)
        }
        if let kind = metric?.kind, !kind.has(statistic) {
            problems.error(
                "\(map.path("statistic")): unsupported statistic \(text) on \(kind.words); "
                    + "supported: \(kind.statistics.joined(separator: ", "))", at: node.place)
            return (nil, text)
        }
        return (statistic, text)
    }

    private func comparison(_ map: MapReader) -> Criterion.Operator? {
        guard required("op", map) != nil else { return nil }
        return map.choice("op", Criterion.Operator.self)
    }

    private struct Bounds {
        var lower: Double
        var upper: Double
        var unit: Criterion.Unit
        var text: String
    }

    private func limits(
        _ map: MapReader, _ metric: Subject?, _ statistic: Criterion.Statistic?,
        _ comparison: Criterion.Operator?, hasPer: Bool
    ) -> Bounds? {
        guard let node = required("limit", map) else { return nil }
        let path = map.path("limit")
        guard let metric, let statistic, let comparison else { return nil }
        let quantity = metric.kind.quantity(of: statistic)
        let bare: Criterion.Unit = hasPer ? .ratio : .plain
        guard comparison == .within else {
            guard node.items == nil else {
                problems.error(
                    "\(path): a list is for op within; \(comparison.rawValue) takes one limit",
                    at: node.place)
                return nil
            }
            return limit(node, path, quantity, bare).map {
                Bounds(lower: $0.value, upper: $0.value, unit: $0.unit, text: node.scalar ?? "")
            }
        }
        guard let items = node.items, items.count == 2 else {
            problems.error("\(path): op within takes [low, high]", at: node.place)
            return nil
        }
        guard let low = limit(items[0], path, quantity, bare),
            let high = limit(items[1], path, quantity, bare)
        else { return nil }
        guard low.unit == high.unit, low.value <= high.value else {
            problems.error(
                low.unit == high.unit
                    ? "\(path): \(items[0].scalar ?? "") is above \(items[1].scalar ?? "")"
                    : "\(path): both bounds take the same unit", at: node.place)
            return nil
        }
        return Bounds(
            lower: low.value, upper: high.value, unit: low.unit,
            text: "[\(items[0].scalar ?? ""), \(items[1].scalar ?? "")]")
    }

    private func limit(
        _ node: YAMLNode, _ path: String, _ quantity: CriterionLimit.Quantity,
        _ bare: Criterion.Unit
    ) -> CriterionLimit? {
        guard let text = NodeReader(problems: problems).text(node, path) else { return nil }
        guard let limit = CriterionLimit(text, quantity, bare: bare) else {
            problems.error("\(path): \(text.quoted) is not \(quantity.words)", at: node.place)
            return nil
        }
        if quantity == .share, limit.value > 1 {
            let hint = limit.value <= 100 && !text.hasSuffix("%") ? "; \(text)% is" : ""
            problems.error("\(path): \(text.quoted) is more than everything\(hint)", at: node.place)
            return nil
        }
        if quantity != .any, quantity != .plain, limit.value < 0 {
            problems.error("\(path): \(text.quoted) can't be negative", at: node.place)
            return nil
        }
        return limit
    }
}

extension MetricSelector {
    /// As thresholds write it: `metric{a:b,c:d}`, tags in order of their names.
    init(_ metric: String, tags: [String: String]) {
        let inner = tags.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
        self.init(
            text: tags.isEmpty ? metric : "\(metric){\(inner.joined(separator: ","))}",
            metric: metric, tags: tags)
    }
}
