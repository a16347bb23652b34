// What the command line changes in a document: `--set a.b=value` (YAML, before substitution), then
// --target, --seed and --tag (texts, after it). A step of a path is a key, or a position in a list:
// `flows.trade[0].order.lanes`, as messages write it, or `flows.trade.0.order.lanes`.

enum Overrides {
    /// The tree with every `--set` applied in order; values say `--set a.b` for their file.
    static func applying(
        _ sets: [(path: String, value: String)], to root: YAMLNode, problems: Problems
    ) throws(ScenarioErrors) -> YAMLNode {
        var result = root
        try replaceShortcuts(sets, in: &result, problems: problems)
        for (path, value) in sets {
            let file = "--set \(path)"
            let place = SourcePosition(file: file, line: 1, column: 1)
            let steps = path.replacing(/\[([0-9]+)\]/) { ".\($0.1)" }
                .split(separator: ".", omittingEmptySubsequences: false)
            guard steps.allSatisfy({ !$0.isEmpty }), steps.count <= 16 else {
                problems.error("\(path.quoted) is no path such as defaults.timeout", at: place)
                continue
            }
            let node =
                value.allSatisfy(\.isWhitespace)
                ? YAMLNode(place: place, content: .scalar("", isPlain: true))
                : try YAMLComposer.compose(value, file: file, problems: problems)
            if steps.count > 1, steps[0] == "scenarios", let key = Self.shortcut(in: result) {
                problems.error(
                    "\(path): `\(key)` makes the scenario here; give it as --set \(key)=..., or "
                        + "leave the shortcut out", at: place)
                continue
            }
            set(&result, steps[...], node, problems: problems)
        }
        return result
    }

    /// The shortcut that decides in a document without scenarios of its own.
    private static func shortcut(in root: YAMLNode) -> String? {
        let entries = (root.entries ?? []).filter { !$0.value.isNull }
        guard !entries.contains(where: { $0.key == "scenarios" }) else { return nil }
        return entries.first { ShortcutLayers.keys.contains($0.key) }?.key
    }

    /// `--set duration=10s` over a document with scenarios: one layer replaces what another said.
    private static func replaceShortcuts(
        _ sets: [(path: String, value: String)], in root: inout YAMLNode, problems: Problems
    ) throws(ScenarioErrors) {
        guard let lower = root.entries else { return }
        var upper: [YAMLNode.Entry] = []
        for (path, value) in sets where ShortcutLayers.keys.contains(path) {
            let place = SourcePosition(file: "--set \(path)", line: 1, column: 1)
            upper.removeAll { $0.key == path }
            let isEmpty = value.allSatisfy(\.isWhitespace)
            upper.append(
                YAMLNode.Entry(
                    key: path, keyPlace: place,
                    value: YAMLNode(
                        place: place, content: .scalar(isEmpty ? "" : "given", isPlain: true))))
        }
        ShortcutLayers.check(upper, problems: problems)
        root.content = .mapping(
            ShortcutLayers.replacing(lower, by: upper, problems: problems))
    }

    /// Sets a value whose key stands at `keyPlace`.
    static func set(
        _ node: inout YAMLNode, _ path: [String], _ value: YAMLNode, at keyPlace: SourcePosition,
        _ problems: Problems
    ) {
        set(
            &node, path.map { Substring($0) }[...], value, keyPlace: keyPlace, problems: problems)
    }

    /// Texts that are not read as YAML.
    static func applying(_ options: LoadOptions, to root: YAMLNode, problems: Problems) -> YAMLNode
    {
        var result = root
        func text(_ path: [Substring], _ value: String, option: String) {
            let place = SourcePosition(file: option, line: 1, column: 1)
            set(
                &result, path[...],
                YAMLNode(place: place, content: .scalar(value, isPlain: false)),
                problems: problems)
        }
        if let target = options.target { text(["target"], target, option: "--target") }
        if let seed = options.seed { text(["seed"], String(seed), option: "--seed") }
        for (key, value) in options.tags.sorted(by: { $0.key < $1.key }) {
            text(["tags", Substring(key)], value, option: "--tag \(key)")
        }
        return result
    }

    private static func set(
        _ node: inout YAMLNode, _ path: ArraySlice<Substring>, _ value: YAMLNode,
        keyPlace: SourcePosition? = nil, problems: Problems
    ) {
        guard let step = path.first else {
            node = value
            return
        }
        let rest = path.dropFirst()
        switch node.content {
        case .mapping(var entries):
            if let position = entries.firstIndex(where: { $0.key == step }) {
                if rest.isEmpty { entries[position].keyPlace = keyPlace ?? value.place }
                set(
                    &entries[position].value, rest, value, keyPlace: keyPlace, problems: problems)
            } else {
                var child = empty(at: value.place)
                set(&child, rest, value, keyPlace: keyPlace, problems: problems)
                entries.append(
                    YAMLNode.Entry(
                        key: String(step), keyPlace: keyPlace ?? value.place, value: child))
            }
            node.content = .mapping(entries)
        case .sequence(var items):
            guard let position = Int(step), items.indices.contains(position) else {
                problems.error(
                    "the list has no item \(String(step).quoted), only 0 to \(items.count - 1)",
                    at: value.place)
                return
            }
            set(&items[position], rest, value, keyPlace: keyPlace, problems: problems)
            node.content = .sequence(items)
        case .scalar:
            // A scalar on the way gives place to a map.
            node = empty(at: value.place)
            set(&node, path, value, keyPlace: keyPlace, problems: problems)
        }
    }

    private static func empty(at place: SourcePosition) -> YAMLNode {
        YAMLNode(place: place, content: .mapping([]))
    }
}
