// Who says what runs: `scenarios`, or k6's shortcuts `iterations`, `duration`, `stages`, `vus`
// (scenarios.md section 6). Each layer (document, --options, --set) may say it in one way only; a
// higher layer that says it replaces what those below said.

import HarnessCore

enum ShortcutLayers {
    /// Keys that each say it; `iterations` and `duration` go together.
    private static let ways = ["iterations", "duration", "stages", "scenarios"]
    static let keys: Set<String> = ["iterations", "stages", "scenarios", "duration", "vus"]

    /// Tells two ways in one layer.
    static func check(_ entries: [YAMLNode.Entry], problems: Problems) {
        let given = entries.filter { ways.contains($0.key) && !$0.value.isNull }
            .sorted { (ways.firstIndex(of: $0.key) ?? 0) < (ways.firstIndex(of: $1.key) ?? 0) }
        guard given.count > 1 else { return }
        for (position, first) in given.enumerated() {
            for second in given[(position + 1)...]
            where (first.key, second.key) != ("iterations", "duration") {
                // Pointed at where the shortcut stands: a list of scenarios is meant.
                let place = second.key == "scenarios" ? first.keyPlace : second.keyPlace
                problems.error(
                    "using `\(first.key)` and `\(second.key)` options simultaneously is not "
                        + "allowed", at: place)
            }
        }
    }

    /// The lower layer without what `upper`'s keys replace, with a warning where that is something.
    static func replacing(
        _ lower: [YAMLNode.Entry], by upper: [YAMLNode.Entry], problems: Problems
    ) -> [YAMLNode.Entry] {
        let given = upper.filter { keys.contains($0.key) && !$0.value.isNull }
        guard let first = given.first(where: { ways.contains($0.key) }) ?? given.first else {
            return lower
        }
        var gone: Set<String> = first.key == "vus" ? ["scenarios"] : Set(ways)
        if first.key == "scenarios" { gone.insert("vus") }
        gone.subtract(given.map(\.key))
        let lost = lower.filter { gone.contains($0.key) && !$0.value.isNull }
        if !lost.isEmpty
            || first.key == "scenarios" && lower.contains(where: { $0.key == first.key })
        {
            let names = (lost.isEmpty ? ["scenarios"] : lost.map(\.key)).sorted()
            problems.warning(
                "\(first.key) replaces \(names.joined(separator: ", ")) of the document",
                at: first.keyPlace)
        }
        return lower.filter { !gone.contains($0.key) }
    }
}
