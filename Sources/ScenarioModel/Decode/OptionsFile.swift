// `--options FILE.json`: k6's options over the document (scenarios.md section 6). The file holds an
// options object, or one under its key `options`, as `k6 inspect` prints it.

import HarnessCore

enum OptionsFile {
    /// k6's name of an option, and where it stands in a document.
    private static let settings: [String: [String]] = [
        "thresholds": ["thresholds"], "summaryTrendStats": ["summaryTrendStats"],
        "setupTimeout": ["defaults", "setupTimeout"],
        "teardownTimeout": ["defaults", "teardownTimeout"],
        "minIterationDuration": ["defaults", "minIterationDuration"],
        "userAgent": ["defaults", "userAgent"], "maxRedirects": ["defaults", "redirects"],
    ]
    /// The same for options that say the opposite of our key.
    private static let negated: [String: [String]] = [
        "insecureSkipTLSVerify": ["defaults", "tls", "verify"],
        "noConnectionReuse": ["defaults", "reuse"],
    ]

    /// The document with the options over it.
    static func applying(
        _ path: String, to root: YAMLNode, problems: Problems
    ) throws(ScenarioErrors) -> YAMLNode {
        let text = try DocumentFile.read(
            path, what: "the options file", bytesMax: Limits.optionsBytes)
        let whole = try JSONDocument.tree(text, file: path)
        guard whole.entries != nil, var lower = root.entries else {
            if root.entries != nil {
                problems.error(
                    "the options: expected an object, not \(whole.kind)", at: whole.place)
            }
            return root
        }
        let options = whole["options"].flatMap { $0.entries == nil ? nil : $0 } ?? whole
        let given = (options.entries ?? []).filter { !isAbsent($0.value) }
        ShortcutLayers.check(given, problems: problems)
        lower = ShortcutLayers.replacing(lower, by: given, problems: problems)
        var result = root
        result.content = .mapping(lower)
        for entry in given { apply(entry, to: &result, problems) }
        return result
    }

    /// `k6 inspect` prints what is not set as null, or as an object of nulls.
    private static func isAbsent(_ node: YAMLNode) -> Bool {
        if node.isNull { return true }
        guard let entries = node.entries, !entries.isEmpty else { return false }
        return entries.allSatisfy { isAbsent($0.value) }
    }

    private static func apply(
        _ entry: YAMLNode.Entry, to root: inout YAMLNode, _ problems: Problems
    ) {
        if ShortcutLayers.keys.contains(entry.key) {
            Overrides.set(&root, [entry.key], entry.value, at: entry.keyPlace, problems)
        } else if let path = settings[entry.key] {
            Overrides.set(&root, path, entry.value, at: entry.keyPlace, problems)
        } else if let path = negated[entry.key] {
            var value = entry.value
            switch value.scalar {
            case "true": value.content = .scalar("false", isPlain: true)
            case "false": value.content = .scalar("true", isPlain: true)
            default:
                problems.error(
                    "\(entry.key): expected true or false, not \(value.kind)", at: value.place)
                return
            }
            Overrides.set(&root, path, value, at: entry.keyPlace, problems)
        } else if entry.key == "tags" {
            guard let tags = entry.value.entries else {
                problems.error(
                    "tags: expected a map, not \(entry.value.kind)", at: entry.value.place)
                return
            }
            for tag in tags {
                Overrides.set(&root, ["tags", tag.key], tag.value, at: tag.keyPlace, problems)
            }
        } else {
            problems.warning("\(entry.key): ignored", at: entry.keyPlace)
        }
    }
}
