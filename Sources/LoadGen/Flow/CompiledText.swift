// Texts of a flow, compiled: a row of literals and expressions, each expression with the encoding
// of the place it stands in. Urls, headers, form and JSON bodies are all such rows.

import ScenarioModel

struct CompiledText: Sendable {
    enum Encoding: Sendable {
        case plain
        /// Between the quotes of a JSON string.
        case json
        case percent
        /// A whole JSON scalar: numbers bare, texts quoted.
        case jsonScalar
    }
    enum Part: Sendable {
        case literal([UInt8])
        case expression(CompiledExpression, Encoding)
    }
    private(set) var parts: [Part] = []

    init() {}

    init(_ template: Template, _ scope: FlowScope, _ encoding: Encoding = .plain) {
        append(template, scope, encoding)
    }

    /// The bytes, if nothing in it depends on the run.
    var constant: [UInt8]? {
        switch parts.count {
        case 0: return []
        case 1:
            if case .literal(let bytes) = parts[0] { return bytes }
            return nil
        default: return nil
        }
    }

    mutating func append(_ literal: String) { append(Array(literal.utf8)) }

    mutating func append(_ literal: [UInt8]) {
        if literal.isEmpty { return }
        if case .literal(let before)? = parts.last {
            parts[parts.count - 1] = .literal(before + literal)
        } else {
            parts.append(.literal(literal))
        }
    }

    mutating func append(_ template: Template, _ scope: FlowScope, _ encoding: Encoding) {
        for part in template.parts {
            switch part {
            case .literal(let text): append(Self.encoded(.text(text), encoding))
            case .expression(let expression):
                let compiled = CompiledExpression(expression, scope)
                if case .constant(let known) = compiled, known.kind != .undefined {
                    append(Self.encoded(known, encoding))
                } else {
                    parts.append(.expression(compiled, encoding))
                }
            }
        }
    }

    /// A JSON body: its punctuation is literal, its leaves are templates.
    mutating func append(_ json: JSONTemplate, _ scope: FlowScope) {
        switch json {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .number(let text): append(text)
        case .text(let template):
            if template.wholeExpression != nil {
                append(template, scope, .jsonScalar)
            } else {
                append("\"")
                append(template, scope, .json)
                append("\"")
            }
        case .array(let elements):
            append("[")
            for (i, element) in elements.enumerated() {
                if i > 0 { append(",") }
                append(element, scope)
            }
            append("]")
        case .object(let members):
            append("{")
            for (i, member) in members.enumerated() {
                if i > 0 { append(",") }
                append(Self.encoded(.text(member.key), .jsonScalar))
                append(":")
                append(member.value, scope)
            }
            append("}")
        }
    }

    /// `name=value&...`, both percent-encoded.
    mutating func append(
        pairs: [(name: String, value: Template)], _ scope: FlowScope
    ) {
        for (i, pair) in pairs.enumerated() {
            if i > 0 { append("&") }
            append(Self.encoded(.text(pair.name), .percent))
            append("=")
            append(pair.value, scope, .percent)
        }
    }

    static func encoded(_ text: FlowText, _ encoding: Encoding) -> [UInt8] {
        var bytes = text.bytes
        switch encoding {
        case .plain: break
        case .json: ByteText.jsonEscape(&bytes, from: 0)
        case .percent: ByteText.percentEncode(&bytes, from: 0)
        case .jsonScalar where text.kind == .text:
            ByteText.jsonEscape(&bytes, from: 0)
            bytes.insert(UInt8(ascii: "\""), at: 0)
            bytes.append(UInt8(ascii: "\""))
        case .jsonScalar: break
        }
        return bytes
    }
}
