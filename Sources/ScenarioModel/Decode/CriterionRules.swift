// How a criterion is judged: `window`, `excludeWarmup`, `confidence`, `gate`, `abort`.

import HarnessCore

struct CriterionRules {
    private let map: MapReader
    private let statistic: Criterion.Statistic?
    private let comparison: Criterion.Operator?
    private var window = Criterion.Window.whole
    private var excludesWarmup = true
    private var confidence: Double? = 0.95
    private var isGated = true
    private var abortDelay: TimeSpan?

    private var problems: Problems { map.problems }
    private static let defaultConfidence = 0.95

    /// - Parameters: nil where they are wrong, which has been told.
    init(_ map: MapReader, statistic: Criterion.Statistic?, comparison: Criterion.Operator?) {
        self.map = map
        self.statistic = statistic
        self.comparison = comparison
    }

    mutating func read() {
        readWindow()
        excludesWarmup = map.boolean("excludeWarmup") ?? true
        readConfidence()
        isGated = map.boolean("gate") ?? true
        readAbort()
    }

    func apply(to criterion: inout Criterion) {
        criterion.window = window
        criterion.excludesWarmup = excludesWarmup
        criterion.confidence = confidence
        criterion.isGated = isGated
        criterion.abortDelay = abortDelay
    }

    // MARK: - Window

    private mutating func readWindow() {
        guard let node = map.take("window"),
            let inner = MapReader(node, path: map.path("window"), problems: problems)
        else { return }
        defer { inner.finish() }
        let from = seconds("from", inner, atLeast: 0)
        let to = seconds("to", inner, atLeast: 1)
        let last = seconds("last", inner, atLeast: 1)
        let slice = seconds("slice", inner, atLeast: 1)
        let allow = allow(inner)
        let forms = [
            inner.has("from") || inner.has("to"), inner.has("last"), inner.has("slice"),
        ]
        guard forms.count(where: { $0 }) == 1, !inner.has("allow") || inner.has("slice"),
            inner.has("from") == inner.has("to")
        else {
            problems.error(
                "\(inner.path): takes {from, to}, {last} or {slice, allow}",
                at: map.place(of: "window"))
            return
        }
        if statistic == .value {
            problems.error(
                "\(inner.path): statistic value is the last one, whatever the window",
                at: map.place(of: "window"))
        }
        if let from, let to {
            if from >= to {
                problems.error("\(inner.path): from is not before to", at: inner.place(of: "from"))
            }
            window = .span(from: from, to: to)
        } else if let last {
            window = .last(last)
        } else if let slice {
            window = .slices(slice, allow: allow ?? 0)
        }
    }

    /// Windows are counted by the second.
    private func seconds(_ key: String, _ inner: MapReader, atLeast least: Int64) -> TimeSpan? {
        guard let span = inner.duration(key) else { return nil }
        guard span.ns % 1_000_000_000 == 0, span >= .seconds(least) else {
            problems.error(
                "\(inner.path(key)): must be whole seconds\(least > 0 ? ", at least 1s" : "")",
                at: inner.place(of: key))
            return nil
        }
        return span
    }

    private func allow(_ inner: MapReader) -> Double? {
        guard let node = inner.take("allow"), let text = inner.text("allow") else { return nil }
        guard let share = CriterionLimit(text, .share), (0..<1).contains(share.value) else {
            problems.error(
                "\(inner.path("allow")): \(text.quoted) is not a share from 0% to under 100%",
                at: node.place)
            return nil
        }
        return share.value
    }

    // MARK: - Confidence

    private mutating func readConfidence() {
        let why = whyOff
        if why != nil { confidence = nil }
        guard let node = map.take("confidence"), let text = map.text("confidence") else { return }
        if ["off", "false", "Off", "OFF"].contains(text) {
            confidence = nil
            return
        }
        guard let level = NodeReader.decimal(text), (0.8...0.999).contains(level) else {
            problems.error(
                "\(map.path("confidence")): \(text.quoted) is not from 0.8 to 0.999, or off",
                at: node.place)
            return
        }
        if let why {
            problems.error(
                "\(map.path("confidence")): \(why) has no interval; leave it out or say off",
                at: node.place)
            return
        }
        confidence = level
    }

    /// What is compared as it is.
    private var whyOff: String? {
        switch statistic {
        case .count: return "statistic count"
        case .minimum: return "statistic min"
        case .maximum: return "statistic max"
        case .value: return "statistic value"
        default: break
        }
        if comparison == .equal || comparison == .notEqual {
            return "op \(comparison?.rawValue ?? "")"
        }
        if case .slices = window { return "window slice" }
        return nil
    }

    // MARK: - Abort

    private mutating func readAbort() {
        guard let node = map.take("abort") else { return }
        guard node.entries != nil else {
            abortDelay = map.boolean("abort") == true ? .zero : nil
            return
        }
        guard let inner = MapReader(node, path: map.path("abort"), problems: problems) else {
            return
        }
        abortDelay = inner.duration("delay") ?? .zero
        inner.finish()
    }
}
