// libyaml's event stream behind a Swift type: Yams' composer expands aliases and recurses before
// anyone could count, so the limits of scenarios.md section 8 need the events themselves.
//
// One parser owns one `yaml_parser_t` and is confined to the thread that made it.

import CYaml
import HarnessCore

/// One event with its place; line and column from 1.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(String)
        case scalar(String, isPlain: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }
    var kind: Kind
    var anchor: String?
    /// An explicit tag, `!` included.
    var tag: String?
    var line: Int
    var column: Int
}

/// A text that is no YAML.
struct YAMLSyntaxError: Error {
    var message: String
    var line: Int
    var column: Int
}

final class YAMLEvents {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    /// Copies `text`: libyaml reads from the buffer until `deinit`.
    init(_ text: String) {
        // Told the encoding, libyaml takes a byte order mark for a character.
        let bytes = Array(
            text.utf8.starts(with: [0xEF, 0xBB, 0xBF]) ? text.utf8.dropFirst(3) : text.utf8[...])
        input = .allocate(capacity: max(1, bytes.count))
        _ = input.initialize(from: bytes)
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        precondition(yaml_parser_initialize(parser) == 1, "libyaml has memory for a parser")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    func next() throws(YAMLSyntaxError) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
        defer { yaml_event_delete(&event) }
        let kind: YAMLEvent.Kind
        var anchor: String?
        var tag: String?
        switch event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: kind = .streamEnd
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_ALIAS_EVENT: kind = .alias(Self.text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            kind = .scalar(
                String(decoding: bytes, as: UTF8.self),
                isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
            anchor = Self.text(scalar.anchor)
            tag = Self.text(scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            anchor = Self.text(event.data.sequence_start.anchor)
            tag = Self.text(event.data.sequence_start.tag)
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            anchor = Self.text(event.data.mapping_start.anchor)
            tag = Self.text(event.data.mapping_start.tag)
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        default: preconditionFailure("libyaml has no other event")
        }
        return YAMLEvent(
            kind: kind, anchor: anchor, tag: tag, line: Int(event.start_mark.line) + 1,
            column: Int(event.start_mark.column) + 1)
    }

    /// Scanner and parser errors have a mark, reader errors (control characters) an offset.
    private func syntaxError() -> YAMLSyntaxError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
        let context = parser.pointee.context.map { String(cString: $0) + ": " } ?? ""
        if parser.pointee.error == YAML_READER_ERROR {
            let before = input.prefix(Int(parser.pointee.problem_offset))
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let lineBytes = before.reversed().prefix { $0 != UInt8(ascii: "\n") }
            // Continuation bytes begin no character.
            let column = lineBytes.count { $0 & 0xC0 != 0x80 } + 1
            return YAMLSyntaxError(message: problem, line: line, column: column)
        }
        let mark = parser.pointee.problem_mark
        return YAMLSyntaxError(
            message: context + problem, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }
}

@available(*, unavailable)
extension YAMLEvents: Sendable {}
