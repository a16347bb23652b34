// JSON Schema, only the keywords our schemas use. Stricter than the standard in one thing: a
// property the schema does not name is an error unless additionalProperties speaks of it, so that
// the schema and what is written cannot drift apart; likewise a keyword this checker does not know.

import Foundation

package struct SchemaValidator {
    private static let known: Set<String> = [
        "$schema", "$id", "$ref", "definitions", "title", "description", "type", "enum", "required",
        "properties", "patternProperties", "items", "additionalProperties", "minimum", "maximum",
        "pattern", "anyOf", "minItems", "minProperties", "maxProperties",
    ]

    /// The whole schema, which `$ref` points into.
    package let root: [String: Any]

    package init(root: [String: Any] = [:]) {
        self.root = root
    }

    /// Every violation, as `path: what`.
    package func violations(
        _ value: Any, _ schema: [String: Any], at path: String = "$"
    ) -> [String] {
        if let reference = schema["$ref"] as? String {
            guard let target = definition(reference) else {
                return ["\(path): \(reference) is not there"]
            }
            return violations(value, target, at: path)
        }
        var found = schema.keys.filter { !Self.known.contains($0) }.map {
            "\(path): the checker does not know \($0)"
        }
        found += scalarViolations(value, schema, at: path)
        if let choices = schema["anyOf"] as? [[String: Any]] {
            let each = choices.map { violations(value, $0, at: path) }
            if !each.contains(where: \.isEmpty) {
                found.append("\(path): fits none of \(choices.count)")
                found += each.min { $0.count < $1.count } ?? []
            }
        }
        if let object = value as? [String: Any] {
            found += violations(object: object, schema, at: path)
        }
        if let array = value as? [Any] {
            if let least = schema["minItems"] as? Int, array.count < least {
                found.append("\(path): fewer than \(least) items")
            }
            if let items = schema["items"] as? [String: Any] {
                for (i, item) in array.enumerated() {
                    found += violations(item, items, at: "\(path)[\(i)]")
                }
            }
        }
        return found
    }

    /// `#/definitions/NAME`.
    package func definition(_ reference: String) -> [String: Any]? {
        let definitions = root["definitions"] as? [String: [String: Any]]
        return definitions?[String(reference.dropFirst("#/definitions/".count))]
    }

    private func scalarViolations(
        _ value: Any, _ schema: [String: Any], at path: String
    ) -> [String] {
        var found: [String] = []
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
        if let number = value as? NSNumber, Self.isA(value, "number") {
            if let minimum = schema["minimum"] as? Double, number.doubleValue < minimum {
                found.append("\(path): \(number) is below \(minimum)")
            }
            if let maximum = schema["maximum"] as? Double, number.doubleValue > maximum {
                found.append("\(path): \(number) is above \(maximum)")
            }
        }
        if let pattern = schema["pattern"] as? String, let text = value as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            found.append("\(path): \(text) does not match \(pattern)")
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
        if let least = schema["minProperties"] as? Int, object.count < least {
            found.append("\(path): fewer than \(least) keys")
        }
        if let most = schema["maxProperties"] as? Int, object.count > most {
            found.append("\(path): more than \(most) keys")
        }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        let patterns = schema["patternProperties"] as? [String: [String: Any]] ?? [:]
        for (name, value) in object {
            let matching = patterns.filter {
                name.range(of: $0.key, options: .regularExpression) != nil
            }
            for inner in matching.values {
                found += violations(value, inner, at: "\(path).\(name)")
            }
            if let inner = properties[name] {
                found += violations(value, inner, at: "\(path).\(name)")
            } else if !matching.isEmpty {
                continue
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
