// Checks and captures, compiled: paths and operands as bytes, patterns as positions in a list that
// each worker compiles for itself (a `Regex` may not cross threads).

import HarnessCore
import ScenarioModel

/// The regular expressions of a program, each once.
struct Patterns: Sendable {
    private(set) var texts: [String] = []

    /// Position of `text`. Refuses what is no regular expression, and what this language leaves
    /// out: look-around and back-references.
    mutating func position(of text: String) throws(CommandFailure) -> Int {
        if let known = texts.firstIndex(of: text) { return known }
        guard text.count <= Limits.regexCharacters else {
            throw CommandFailure(
                .badConfiguration,
                "a pattern of \(text.count) characters; the most are \(Limits.regexCharacters)")
        }
        for construct in ["(?=", "(?!", "(?<=", "(?<!"] where text.contains(construct) {
            throw CommandFailure(
                .badConfiguration, "look-around is not supported in the pattern '\(text)'")
        }
        do {
            _ = try Regex(text)
        } catch {
            throw CommandFailure(.badConfiguration, "bad pattern '\(text)': \(error)")
        }
        texts.append(text)
        return texts.count - 1
    }

    /// Fresh compiled forms, for one thread.
    func compiled() -> [Regex<AnyRegexOutput>] {
        texts.map { text in
            guard let regex = try? Regex(text) else {
                preconditionFailure("the pattern compiled when the program was made")
            }
            return regex.matchingSemantics(.unicodeScalar)
        }
    }
}

/// A class: looking at one counts one reference, however much it holds.
final class CompiledCheck: Sendable {
    enum Subject: Sendable {
        case status
        case statusIn(StatusTable)
        case header([UInt8])
        case json(CompiledPath)
        case body
        case time
    }
    let name: String
    let subject: Subject
    let conditions: [CompiledCondition]

    init(_ check: Check, scope: FlowScope, patterns: inout Patterns) throws(CommandFailure) {
        name = check.name
        var isTime = false
        switch check.subject {
        case .status: subject = .status
        case .statusIn(let set): subject = .statusIn(StatusTable(set))
        case .header(let header): subject = .header(Array(header.utf8))
        case .json(let path): subject = .json(CompiledPath(path))
        case .body: subject = .body
        case .time:
            subject = .time
            isTime = true
        }
        var conditions: [CompiledCondition] = []
        for condition in check.conditions {
            conditions.append(
                try CompiledCondition(condition, isTime: isTime, scope, &patterns))
        }
        self.conditions = conditions
    }

    var readsBody: Bool {
        switch subject {
        case .json, .body: true
        default: false
        }
    }

    var readsHeaders: Bool {
        if case .header = subject { return true }
        return false
    }
}

final class CompiledCondition: Sendable {
    let op: Check.Operator
    let operands: [CompiledText]
    /// The only operand, where it is known before the run; else nil.
    let constant: [UInt8]?
    /// Position among the patterns, for `matches`; else -1.
    let pattern: Int
    let nested: [CompiledCondition]

    init(
        _ condition: Check.Condition, isTime: Bool, _ scope: FlowScope, _ patterns: inout Patterns
    ) throws(CommandFailure) {
        op = condition.op
        var operands: [CompiledText] = []
        for operand in condition.operands {
            operands.append(
                isTime ? try Self.time(operand, scope) : CompiledText(operand, scope))
        }
        self.operands = operands
        constant = operands.count == 1 ? operands[0].constant : nil
        if op == .matches {
            guard let bytes = operands.first?.constant else {
                throw CommandFailure(.badConfiguration, "'matches' needs a constant pattern")
            }
            pattern = try patterns.position(of: String(decoding: bytes, as: UTF8.self))
        } else {
            pattern = -1
        }
        var nested: [CompiledCondition] = []
        for inner in condition.nested {
            nested.append(try CompiledCondition(inner, isTime: false, scope, &patterns))
        }
        self.nested = nested
    }

    /// Times are compared in ns: `200ms`, `0.2s` and `200` become `200000000`.
    private static func time(
        _ operand: Template, _ scope: FlowScope
    ) throws(CommandFailure) -> CompiledText {
        guard let bytes = CompiledText(operand, scope).constant,
            let span = TimeSpan(text: String(decoding: bytes, as: UTF8.self))
        else {
            throw CommandFailure(
                .badConfiguration, "'\(operand.source)' is no duration to compare a time with")
        }
        var text = CompiledText()
        text.append(String(span.ns))
        return text
    }
}

struct CompiledCapture: Sendable {
    enum Source: Sendable {
        case json(CompiledPath)
        case header([UInt8])
        case regex(pattern: Int, group: Int)
    }
    let variable: Int
    let source: Source
    let defaultValue: FlowText?

    init(_ capture: Capture, patterns: inout Patterns) throws(CommandFailure) {
        variable = capture.variable
        switch capture.source {
        case .json(let path): source = .json(CompiledPath(path))
        case .header(let name): source = .header(Array(name.utf8))
        case .regex(let text, let group):
            source = .regex(pattern: try patterns.position(of: text), group: group)
        }
        defaultValue = capture.defaultValue.map { text in
            guard case .json = capture.source else { return .text(text) }
            return Self.jsonValue(text)
        }
    }

    /// The default of a JSON capture has the type it would have in JSON: `0` is a number.
    private static func jsonValue(_ text: String) -> FlowText {
        let bytes = Array(text.utf8)
        let kind = bytes.withUnsafeBytes { raw in
            let slice = JSONScanner(bytes: raw).value(at: 0)
            return slice?.range.count == raw.count ? slice?.kind : nil
        }
        switch kind {
        case .number: return FlowText(kind: .number, bytes: bytes)
        case .literal, .null: return FlowText(kind: .json, bytes: bytes)
        default: return FlowText(kind: .text, bytes: bytes)
        }
    }

    var readsBody: Bool { !readsHeaders }

    var readsHeaders: Bool {
        if case .header = source { return true }
        return false
    }
}
