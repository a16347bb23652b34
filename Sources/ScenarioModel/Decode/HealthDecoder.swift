// `health`: bounds of the generator's signals in place of those of measurement.md section 4:
// `KEY: [suspect, invalidating]`, either null where there is to be none; `KEY: null` removes both.

import HarnessCore

struct HealthDecoder {
    let problems: Problems

    private enum Unit { case time, share, count }

    /// `data` is not among them: there is no measure for how much of it may be wrong.
    private static let signals: [String: Unit] = [
        "lag": .time, "lagMax": .time, "lagShare": .share, "delivered": .share, "turn": .time,
        "threadCpu": .share, "coreBusy": .share, "runQueue": .share, "throttled": .count,
        "steal": .share, "pressure": .share, "sockets": .count, "retransmits": .share,
        "clock": .time,
    ]

    func overrides(_ document: MapReader) -> HealthOverrides {
        var overrides = HealthOverrides()
        guard let node = document.take("health"),
            let entries = document.read.entries(node, "health")
        else { return overrides }
        problems.knows(Self.signals.keys, at: "health")
        for entry in entries where !entry.key.hasPrefix("x-") {
            guard let unit = Self.signals[entry.key] else {
                problems.error(unknown(entry.key), at: entry.keyPlace)
                continue
            }
            guard let pair = pair(entry, unit) else { continue }
            overrides.pairs[entry.key] = pair
            overrides.texts[entry.key] = Self.text(entry.value)
        }
        return overrides
    }

    private func unknown(_ key: String) -> String {
        switch key {
        case "data": "health.data: data that cannot be trusted has no bound to move"
        case "loss": "health.loss: its bound is fleet.maxLossFraction"
        default:
            "unknown key \(key.quoted) in health" + NearestName.hint(key, in: Self.signals.keys)
        }
    }

    private func pair(_ entry: YAMLNode.Entry, _ unit: Unit) -> HealthOverrides.Pair? {
        let path = "health.\(entry.key)"
        if entry.value.isNull { return HealthOverrides.Pair(suspect: nil, invalidating: nil) }
        guard let items = entry.value.items, items.count == 2 else {
            problems.error(
                "\(path): expected [suspect, invalidating], not \(entry.value.kind)",
                at: entry.value.place)
            return nil
        }
        let (suspect, isGood) = bound(items[0], path, unit)
        let (invalidating, isGoodToo) = bound(items[1], path, unit)
        guard isGood, isGoodToo else { return nil }
        if let suspect, let invalidating,
            entry.key == "delivered" ? suspect < invalidating : suspect > invalidating
        {
            problems.error(
                "\(path): the second bound is the worse one, \(Self.text(entry.value)) is not",
                at: entry.value.place)
            return nil
        }
        return HealthOverrides.Pair(suspect: suspect, invalidating: invalidating)
    }

    /// In ns, 0...1, or a count; nil for a bound there is not.
    private func bound(
        _ node: YAMLNode, _ path: String, _ unit: Unit
    ) -> (value: Double?, isGood: Bool) {
        if node.isNull { return (nil, true) }
        let read = NodeReader(problems: problems)
        switch unit {
        case .time:
            let span = read.duration(node, path)
            return (span.map { Double($0.ns) }, span != nil)
        case .count:
            let count = read.integer(node, path, in: 0...1_000_000)
            return (count.map { Double($0) }, count != nil)
        case .share:
            guard let text = read.text(node, path) else { return (nil, false) }
            guard let share = CriterionLimit(text, .share), (0...1).contains(share.value) else {
                problems.error(
                    "\(path): \(text.quoted) is not a share from 0% to 100%", at: node.place)
                return (nil, false)
            }
            return (share.value, true)
        }
    }

    private static func text(_ node: YAMLNode) -> String {
        guard let items = node.items else { return "null" }
        return "[" + items.map { $0.scalar ?? "null" }.joined(separator: ", ") + "]"
    }
}
