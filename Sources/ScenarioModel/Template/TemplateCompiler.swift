// Texts with `${EXPR}` to `Template`, all names resolved.
//
//     template = ( literal | "$${" | "${" expression [ ":-" text ] "}" )*
//
// `$${` is a literal `${`; the text after `:-` ends at the first "}".

import HarnessCore

struct TemplateCompiler {
    let scope: NameScope
    let problems: Problems

    /// Tells what is wrong at `place`; then the text stands for itself, so that decoding goes on.
    func compile(_ text: String, _ path: String, at place: SourcePosition) -> Template {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return Template(literal: text) }
        do {
            return Template(source: text, parts: try parts(text, path, place))
        } catch {
            problems.error(
                "\(path): \(error.message) in \(text.quoted)\(error.hint)", at: place)
            return Template(literal: text)
        }
    }

    /// A text that must not change from one iteration to the next.
    func constant(_ text: String, _ path: String, at place: SourcePosition) -> String {
        let template = compile(text, path, at: place)
        if let constant = template.constant { return constant }
        problems.error("\(path): takes a text without ${...}, not \(text.quoted)", at: place)
        return text
    }

    /// COND; nil, told, where it is none.
    func condition(_ node: YAMLNode, _ path: String) -> Condition? {
        guard let text = NodeReader(problems: problems).text(node, path) else { return nil }
        var parser = ExpressionParser(text[...], scope: scope, isCondition: true)
        do {
            let condition = try parser.condition()
            warn(parser.uncertain, path, at: node.place)
            return condition
        } catch {
            problems.error(
                "\(path): \(error.message) in \(text.quoted)\(error.hint)", at: node.place)
            return nil
        }
    }

    private func warn(_ uncertain: Set<String>, _ path: String, at place: SourcePosition) {
        for name in uncertain {
            problems.warning("\(path): ${\(name)} is captured on some paths only", at: place)
        }
    }

    private func parts(
        _ text: String, _ path: String, _ place: SourcePosition
    ) throws(TemplateError) -> [Template.Part] {
        var parts: [Template.Part] = []
        var literal = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            literal += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                literal += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = ""
                var parser = ExpressionParser(rest.dropFirst(2), scope: scope)
                let (expression, after) = try parser.parse()
                warn(parser.uncertain, path, at: place)
                parts.append(.expression(expression))
                rest = after
            } else {
                literal += "$"
                rest = rest.dropFirst()
            }
        }
        literal += rest
        if !literal.isEmpty { parts.append(.literal(literal)) }
        return parts
    }
}

/// Why an expression is refused.
struct TemplateError: Error {
    var message: String
    /// `; did you mean ...?`, said last.
    var hint = ""
}
