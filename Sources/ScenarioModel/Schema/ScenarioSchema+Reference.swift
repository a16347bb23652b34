// The key reference of docs/scenarios.md, from the same values as the schema: a line for every key,
// below the place it stands at. `[]` is an item of a list, `NAME` a key of the user's own.

extension ScenarioSchema {
    /// Markdown tables, ending in a line end.
    package static var reference: String {
        var out = ""
        section("The document", .object(document), "", &out)
        let titles = [
            ("executor", "An entry of `scenarios`", "scenarios.NAME"),
            ("stages", "Stages", "stages"),
            ("step", "A step of a flow", ""), ("request", "A request", "request"),
            ("shorthand", "A request by its method: `get`, `post`, ...", "get"),
            ("check", "A check", "check"), ("operator", "What a check compares", ""),
            ("capture", "A capture", "capture.NAME"), ("order", "The order-flow model", "order"),
            ("threshold", "A threshold", "thresholds.SELECTOR[]"),
            ("criterion", "A criterion", "criteria[]"),
            ("observeSource", "What is observed", "observe[]"),
        ]
        for (name, title, path) in titles {
            guard let definition = definitions.first(where: { $0.name == name }) else { continue }
            section(title, definition.node, path, &out)
        }
        return out
    }

    private static func section(
        _ title: String, _ node: SchemaNode, _ path: String, _ out: inout String
    ) {
        var rows: [(path: String, text: String)] = []
        collect(node, path, &rows)
        if rows.isEmpty { return }
        out += "\n### \(title)\n\n| key | meaning |\n|---|---|\n"
        for row in rows { out += "| `\(row.path)` | \(row.text) |\n" }
    }

    /// The words a scalar may be, before what they mean.
    private static func values(_ node: SchemaNode) -> String {
        if case .anyOf(let choices) = node {
            return choices.lazy.map(values).first { !$0.isEmpty } ?? ""
        }
        guard case .scalar(let keywords) = node else { return "" }
        for case ("enum", .list(let words)) in keywords {
            let texts = words.compactMap { if case .text(let word) = $0 { word } else { nil } }
            guard !texts.isEmpty else { continue }
            return texts.map { "`\($0)`" }.joined(separator: ", ") + ": "
        }
        return ""
    }

    private static func collect(
        _ node: SchemaNode, _ path: String, _ rows: inout [(path: String, text: String)]
    ) {
        switch node {
        case .object(let keys), .oneKey(let keys):
            for key in keys {
                let inner = path.isEmpty ? key.name : "\(path).\(key.name)"
                let text =
                    values(key.node) + key.description.replacing("|", with: "\\|")
                    + (key.isRequired ? " Required." : "")
                // Shapes of one place share keys: each meaning stands once.
                if !rows.contains(where: { $0.path == inner && $0.text == text }) {
                    rows.append((inner, text))
                }
                collect(key.node, inner, &rows)
            }
        case .map(let value): collect(value, path.isEmpty ? "NAME" : path + ".NAME", &rows)
        case .list(let item, _): collect(item, path + "[]", &rows)
        case .anyOf(let choices): for choice in choices { collect(choice, path, &rows) }
        case .scalar, .reference, .anything: break
        }
    }
}
