// Tags of documents, scenarios, steps and metrics. Those the product sets itself cannot be set: a
// series would have two values for one tag, or be taken for half of a Rate (`rate`), for warm-up
// (`phase`) or for one threshold's own (`sel`).

import HarnessCore

enum TagRules {
    /// Tags that may hold `${...}` nowhere, or where substitution has replaced it.
    static func texts(_ map: MapReader, _ key: String) -> [String: String] {
        guard let node = map.take(key) else { return [:] }
        let tags = map.read.texts(node, map.path(key))
        check(node, map.path(key), map.problems)
        return tags
    }

    /// Tags of a step: texts without expressions.
    static func constants(
        _ map: MapReader, _ key: String, _ templates: TemplateCompiler
    ) -> [String: String] {
        guard let node = map.take(key) else { return [:] }
        var tags: [String: String] = [:]
        for (name, value) in map.read.texts(node, map.path(key)) {
            tags[name] = templates.constant(
                value, "\(map.path(key)).\(name)", at: node[name]?.place ?? node.place)
        }
        check(node, map.path(key), map.problems)
        return tags
    }

    private static func check(_ node: YAMLNode, _ path: String, _ problems: Problems) {
        for entry in node.entries ?? [] where !entry.value.isNull {
            if MetricTags.reserved.contains(entry.key) {
                let hint = entry.key == "name" ? "; a request has a key name for it" : ""
                problems.error(
                    "\(path): the tag \(entry.key.quoted) is set by spotload" + hint,
                    at: entry.keyPlace)
            } else if entry.key.utf8.count > Limits.tagBytes
                || (entry.value.scalar?.utf8.count ?? 0) > Limits.tagBytes
            {
                problems.error(
                    "\(path): a tag and its value have at most \(Limits.tagBytes) bytes",
                    at: entry.keyPlace)
            }
        }
        if let entries = node.entries, entries.count > Limits.tags {
            problems.error("\(path): more than \(Limits.tags) tags", at: node.place)
        }
    }
}
