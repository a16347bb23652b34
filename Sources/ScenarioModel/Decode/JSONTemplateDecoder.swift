// `json`: YAML to a JSON body with templates at its leaves. Unquoted null, true, false and numbers
// in JSON's own form keep their type; everything else is text.

struct JSONTemplateDecoder {
    let templates: TemplateCompiler

    func json(_ node: YAMLNode, _ path: String) -> JSONTemplate {
        switch node.content {
        case .scalar(let text, isPlain: true):
            if node.isNull { return .null }
            if text == "true" || text == "false" { return .bool(text == "true") }
            if Self.isNumber(text) { return .number(text) }
            return .text(templates.compile(text, path, at: node.place))
        case .scalar(let text, isPlain: false):
            return .text(templates.compile(text, path, at: node.place))
        case .sequence(let items):
            return .array(items.enumerated().map { json($1, "\(path)[\($0)]") })
        case .mapping(let entries):
            return .object(
                entries.map {
                    JSONTemplate.Member(key: $0.key, value: json($0.value, "\(path).\($0.key)"))
                })
        }
    }

    /// RFC 8259: `-? (0 | [1-9][0-9]*) [. digits] [e+-digits]`.
    static func isNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
    }
}
