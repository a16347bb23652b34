// The JSON Schema of scenario documents (`spotload schema`), for editors: every key with a line
// that says what it is. A test holds it against the decoders' own lists of keys, both ways.

package enum ScenarioSchema {
    /// The whole schema, ending in a line end.
    package static var text: String {
        var members: [(key: String, value: SchemaJSON)] = [
            ("$schema", .text("http://json-schema.org/draft-07/schema#")),
            ("$id", .text("spotload.schema.json")),
            ("title", .text("spotload scenario")),
        ]
        if case .map(let document) = SchemaNode.object(document).json(
            description: "A load test: what runs, against what, and when it has passed.")
        {
            members += document
        }
        members.append(
            ("definitions", .map(definitions.map { ($0.name, $0.node.json()) })))
        var out = ""
        SchemaJSON.map(members).write(to: &out)
        return out + "\n"
    }

    static let definitions: [(name: String, node: SchemaNode)] = [
        ("executor", executor), ("stages", stages),
        ("steps", .list(.reference("step"), atLeast: 0)),
        ("step", step), ("request", request), ("shorthand", shorthand), ("headers", .map(.text)),
        ("status", status),
        ("check", check), ("namedCheck", namedCheck), ("operator", checkOperator),
        ("capture", capture), ("order", order),
        ("threshold", threshold), ("criterion", criterion), ("observeSource", observeSource),
    ]
}
