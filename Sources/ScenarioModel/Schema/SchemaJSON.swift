// JSON as the schema is written: keys keep their order, so that the same schema is the same text.

indirect enum SchemaJSON: Sendable {
    case bool(Bool)
    case number(String)
    case text(String)
    case list([SchemaJSON])
    case map([(key: String, value: SchemaJSON)])

    static func integer(_ value: Int) -> Self { .number(String(value)) }
    static func texts(_ values: [String]) -> Self { .list(values.map(Self.text)) }

    /// Two blanks a level; lists of scalars on one line.
    func write(indent: Int = 0, to out: inout String) {
        let margin = String(repeating: " ", count: indent + 2)
        switch self {
        case .bool(let value): out += value ? "true" : "false"
        case .number(let text): out += text
        case .text(let text): out += Self.quoted(text)
        case .list(let items) where items.allSatisfy(\.isScalar):
            out += "["
            for (position, item) in items.enumerated() {
                if position > 0 { out += ", " }
                item.write(to: &out)
            }
            out += "]"
        case .list(let items):
            out += "[\n"
            for (position, item) in items.enumerated() {
                out += margin
                item.write(indent: indent + 2, to: &out)
                out += position == items.count - 1 ? "\n" : ",\n"
            }
            out += margin.dropLast(2) + "]"
        case .map(let members):
            out += members.isEmpty ? "{" : "{\n"
            for (position, member) in members.enumerated() {
                out += margin + Self.quoted(member.key) + ": "
                member.value.write(indent: indent + 2, to: &out)
                out += position == members.count - 1 ? "\n" : ",\n"
            }
            out += members.isEmpty ? "}" : margin.dropLast(2) + "}"
        }
    }

    private var isScalar: Bool {
        switch self {
        case .bool, .number, .text: true
        case .list, .map: false
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
