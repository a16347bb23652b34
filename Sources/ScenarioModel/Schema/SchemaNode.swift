// What a place of a document may hold, as JSON Schema (draft-07) says it. Outside flows any scalar
// may be `${VAR}`; a null is as good as nothing.

/// A key of a map, with the line an editor shows for it.
struct SchemaKey: Sendable {
    var name: String
    var node: SchemaNode
    var description: String
    var isRequired = false

    init(_ name: String, _ node: SchemaNode, _ description: String) {
        self.name = name
        self.node = node
        self.description = description
    }

    var required: Self {
        var key = self
        key.isRequired = true
        return key
    }
}

indirect enum SchemaNode: Sendable {
    /// Keywords of a scalar.
    case scalar([(key: String, value: SchemaJSON)])
    /// Known keys; `x-` ones are ignored, others wrong.
    case object([SchemaKey])
    /// Exactly one of these keys.
    case oneKey([SchemaKey])
    /// Keys of the user's own.
    case map(SchemaNode)
    case list(SchemaNode, atLeast: Int)
    case anyOf([SchemaNode])
    case reference(String)
    case anything

    func json(description: String? = nil) -> SchemaJSON {
        var members: [(key: String, value: SchemaJSON)] = []
        if let description { members.append(("description", .text(description))) }
        switch self {
        case .scalar(let keywords): members += keywords
        case .object(let keys):
            members += Self.keywords(keys)
            members.append(Self.ignored)
            members.append(("additionalProperties", .bool(false)))
            let required = keys.filter(\.isRequired).map(\.name)
            if !required.isEmpty { members.append(("required", .texts(required))) }
        case .oneKey(let keys):
            members += Self.keywords(keys)
            members.append(("additionalProperties", .bool(false)))
            members.append(("minProperties", .integer(1)))
            members.append(("maxProperties", .integer(1)))
        case .map(let value):
            members.append(("type", .text("object")))
            members.append(Self.ignored)
            members.append(("additionalProperties", value.json()))
        case .list(let item, let least):
            members.append(("type", .text("array")))
            members.append(("items", item.json()))
            if least > 0 { members.append(("minItems", .integer(least))) }
        case .anyOf(let choices): members.append(("anyOf", .list(choices.map { $0.json() })))
        case .reference(let name):
            let reference = SchemaJSON.map([("$ref", .text("#/definitions/\(name)"))])
            // Draft-07 ignores what stands beside a $ref.
            if description == nil { return reference }
            members.append(("anyOf", .list([reference])))
        case .anything: break
        }
        return .map(members)
    }

    /// `x-...`: for anchors.
    private static let ignored: (key: String, value: SchemaJSON) = (
        "patternProperties", .map([("^x-", .map([]))])
    )

    private static func keywords(_ keys: [SchemaKey]) -> [(key: String, value: SchemaJSON)] {
        [
            ("type", .text("object")),
            (
                "properties",
                .map(keys.map { ($0.name, $0.node.json(description: $0.description)) })
            ),
        ]
    }
}

// MARK: Scalars

extension SchemaNode {
    private static let substituted = "|\\$\\{"

    /// Any scalar: a text keeps its characters.
    static let text = Self.scalar([("type", .texts(["string", "number", "boolean", "null"]))])

    static func text(matching pattern: String) -> Self {
        .scalar([
            ("type", .texts(["string", "number", "null"])),
            ("pattern", .text(pattern + substituted)),
        ])
    }

    static let duration = Self.scalar([
        ("type", .texts(["string", "number", "null"])),
        ("pattern", .text("^([0-9.]+(d|h|m|s|ms|us|µs|ns))+$|^[0-9.]+$" + substituted)),
        ("minimum", .integer(0)),
    ])

    static func integer(_ range: ClosedRange<Int>) -> Self {
        .scalar([
            ("type", .texts(["integer", "string", "null"])),
            ("pattern", .text("^-?[0-9]+$" + substituted)),
            ("minimum", .integer(range.lowerBound)), ("maximum", .integer(range.upperBound)),
        ])
    }

    /// A number of 64 bits, which an editor could not bound.
    static let natural = Self.scalar([
        ("type", .texts(["integer", "string", "null"])),
        ("pattern", .text("^[0-9]+$" + substituted)),
        ("minimum", .integer(0)),
    ])

    static func number(_ low: String, _ high: String) -> Self {
        .scalar([
            ("type", .texts(["number", "string", "null"])),
            ("pattern", .text("^-?[0-9.]+([eE][+-]?[0-9]+)?$" + substituted)),
            ("minimum", .number(low)), ("maximum", .number(high)),
        ])
    }

    /// What YAML 1.1 editors make of `off`.
    static let off = Self.scalar([("enum", .list([.bool(false)]))])

    static let boolean = Self.scalar([
        ("type", .texts(["boolean", "string", "null"])),
        ("pattern", .text("^([Tt]rue|TRUE|[Ff]alse|FALSE)$" + substituted)),
    ])

    /// An editor offers the values.
    static func choice(_ values: [String]) -> Self {
        .anyOf([
            .scalar([("enum", .texts(values))]),
            .scalar([("type", .text("string")), ("pattern", .text("\\$\\{"))]),
            .scalar([("type", .text("null"))]),
        ])
    }

    static let tags = Self.map(.text)
}
