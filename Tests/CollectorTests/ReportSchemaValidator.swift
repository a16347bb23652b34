// JSON Schema, only the keywords docs/schema uses: type, enum, required, properties, items,
// additionalProperties, minimum, pattern. Stricter than the standard in one thing: a property the
// schema does not name is an error unless additionalProperties speaks of it, so that the schema and
// what is written cannot drift apart; likewise a keyword this checker does not know.

import Foundation

struct ReportSchemaValidator {
    private static let known: Set<String> = [
        "$schema", "$id", "title", "description", "type", "enum", "required", "properties",
        "items", "additionalProperties", "minimum", "pattern",
    ]

    /// Every violation, as `path: what`.
    func violations(_ value: Any, _ schema: [String: Any], at path: String = "$") -> [String] {
        var found = schema.keys.filter { !Self.known.contains($0) }.map {
            "\(path): the checker does not know \($0)"
        }
        if let types = schema["type"] {
            let names = (types as? [String]) ?? [types as? String ?? ""]
            if !names.contains(where: { Self.isA(value, $0) }) {
                found.append("\(path): \(value) is no \(names.joined(separator: " or "))")
            }
        }
        if let allowed = schema["enum"] as? [NSObject], let value = value as? NSObject,
            !allowed.contains(value)
        {
            found.append("\(path): \(value) is none of \(allowed)")
        }
        if let minimum = schema["minimum"] as? Double, let number = value as? NSNumber,
            number.doubleValue < minimum
        {
            found.append("\(path): \(number) is below \(minimum)")
        }
        if let pattern = schema["pattern"] as? String, let text = value as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            found.append("\(path): \(text) does not match \(pattern)")
        }
        if let object = value as? [String: Any] {
            found += violations(object: object, schema, at: path)
        }
        if let array = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (i, item) in array.enumerated() {
                found += violations(item, items, at: "\(path)[\(i)]")
            }
        }
        return found
    }

    private func violations(
        object: [String: Any], _ schema: [String: Any], at path: String
    ) -> [String] {
        var found: [String] = []
        for name in schema["required"] as? [String] ?? [] where object[name] == nil {
            found.append("\(path): \(name) is missing")
        }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        for (name, value) in object {
            if let inner = properties[name] {
                found += violations(value, inner, at: "\(path).\(name)")
            } else if let other = schema["additionalProperties"] as? [String: Any] {
                found += violations(value, other, at: "\(path).\(name)")
            } else if schema["properties"] != nil {
                found.append("\(path): \(name) is not in the schema")
            }
        }
        return found
    }

    private static func isA(_ value: Any, _ type: String) -> Bool {
        let number = value as? NSNumber
        let isBool = number.map { CFBoolean.isBool($0) } ?? false
        return switch type {
        case "null": value is NSNull
        case "string": value is String
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "boolean": isBool
        case "number": number != nil && !isBool
        case "integer":
            number.map { !isBool && $0.doubleValue.rounded() == $0.doubleValue } ?? false
        default: false
        }
    }
}

/// JSONSerialization gives true and false as NSNumber too; only their type encoding differs.
private enum CFBoolean {
    static func isBool(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c" || String(cString: number.objCType) == "B"
    }
}
