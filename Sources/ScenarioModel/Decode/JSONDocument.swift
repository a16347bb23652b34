// A JSON file as a tree with places, the same tree a YAML document makes.

import HarnessCore

enum JSONDocument {
    /// - Throws: what is no JSON, too deep, too large, or says a key twice.
    static func tree(_ text: String, file: String) throws(ScenarioErrors) -> YAMLNode {
        var reader = JSONReader(Array(text.utf8), depthMax: Limits.jsonDepth)
        var count = 0
        do {
            let root = try node(&reader, file: file, &count)
            try reader.end()
            return root
        } catch {
            throw ScenarioErrors(
                "not JSON: \(error.message)",
                at: SourcePosition(file: file, line: error.line, column: error.column))
        }
    }

    private static func node(
        _ reader: inout JSONReader, file: String, _ count: inout Int
    ) throws(JSONError) -> YAMLNode {
        let kind = try reader.kind()
        let (line, column) = reader.place
        let place = SourcePosition(file: file, line: line, column: column)
        count += 1
        guard count <= Limits.yamlNodes else {
            throw reader.error("more than \(Limits.yamlNodes) values")
        }
        switch kind {
        case .text:
            var bytes: [UInt8] = []
            try reader.text(into: &bytes)
            guard bytes.count <= Limits.textBytes else {
                throw reader.error("a text longer than \(Limits.textBytes) bytes")
            }
            // Substitution is the document's: here the signs are text.
            let text = String(decoding: bytes, as: UTF8.self).replacing("${", with: "$${")
            return YAMLNode(place: place, content: .scalar(text, isPlain: false))
        case .number, .word:
            let start = reader.position
            if kind == .number { try reader.number() } else { try reader.word() }
            let text = String(decoding: reader.slice(from: start), as: UTF8.self)
            return YAMLNode(place: place, content: .scalar(text, isPlain: true))
        case .list:
            var items: [YAMLNode] = []
            try reader.list(
                { (reader) throws(JSONError) in
                    items.append(try node(&reader, file: file, &count))
                }, wrap: { $0 })
            return YAMLNode(place: place, content: .sequence(items))
        case .map:
            var entries: [YAMLNode.Entry] = []
            var known: Set<String> = []
            try reader.map { (reader, bytes, at) throws(JSONError) in
                let key = String(decoding: bytes, as: UTF8.self)
                guard known.insert(key).inserted else {
                    throw JSONError(
                        line: at.line, column: at.column, message: "duplicate key \(key.quoted)")
                }
                entries.append(
                    YAMLNode.Entry(
                        key: key,
                        keyPlace: SourcePosition(file: file, line: at.line, column: at.column),
                        value: try node(&reader, file: file, &count)))
            }
            return YAMLNode(place: place, content: .mapping(entries))
        }
    }
}
