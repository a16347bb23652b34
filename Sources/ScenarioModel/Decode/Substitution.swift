// `${VAR}` and `${VAR:-default}` outside `flows`, replaced when the document is loaded; `$${` is a
// literal `${`. Values come from -e, then the environment, and are typed as if written there. Keys
// and paths of files are never touched; in `flows` the same signs are templates, compiled later.
//
//     VAR = [A-Za-z_][A-Za-z0-9_]*        default = anything without "}"

import HarnessCore

struct Substitution {
    /// Later sources first.
    let variables: [String: String]
    let environment: [String: String]
    let problems: Problems

    /// The document with every value outside `flows` and `x-` keys replaced.
    func document(_ root: YAMLNode) -> YAMLNode {
        guard let entries = root.entries else { return root }
        var result = root
        result.content = .mapping(
            entries.compactMap { entry in
                if entry.key.hasPrefix("x-") { return nil }
                var entry = entry
                if entry.key != "flows" { entry.value = node(entry.value, [entry.key]) }
                return entry
            })
        return result
    }

    /// Whether the keys that lead to a value say that it names a file.
    private static func isFile(_ keys: [String]) -> Bool {
        guard keys.count == 3 else { return false }
        switch (keys[0], keys[2]) {
        case ("data", "file"), ("scenarios", "file"): return true
        case ("defaults", "ca"), ("defaults", "cert"), ("defaults", "key"): return keys[1] == "tls"
        default: return false
        }
    }

    /// - Parameter keys: that lead here, the first three.
    private func node(_ node: YAMLNode, _ keys: [String]) -> YAMLNode {
        var result = node
        switch node.content {
        case .scalar(let text, let isPlain):
            guard text.utf8.contains(UInt8(ascii: "$")), !Self.isFile(keys) else { return node }
            result.content = .scalar(self.text(text, at: node.place), isPlain: isPlain)
        case .sequence(let items):
            result.content = .sequence(items.map { self.node($0, keys) })
        case .mapping(let entries):
            result.content = .mapping(
                entries.map {
                    let inner = keys.count < 4 ? keys + [$0.key] : keys
                    return YAMLNode.Entry(
                        key: $0.key, keyPlace: $0.keyPlace, value: self.node($0.value, inner))
                })
        }
        return result
    }

    private func text(_ text: String, at place: SourcePosition) -> String {
        var out = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                out += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    problems.error("\(text.quoted) has a ${ without }", at: place)
                    return text
                }
                out += value(rest[rest.index(rest.startIndex, offsetBy: 2)..<end], at: place)
                rest = rest[rest.index(after: end)...]
            } else {
                out += "$"
                rest = rest.dropFirst()
            }
            guard out.utf8.count <= Limits.textBytes else {
                problems.error("a text longer than \(Limits.textBytes) bytes", at: place)
                return ""
            }
        }
        return out + rest
    }

    private func value(_ expression: Substring, at place: SourcePosition) -> String {
        let parts = expression.split(
            separator: ":-", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            name.utf8.allSatisfy(Self.isNameByte)
        else {
            problems.error(
                "${\(expression)}: outside flows only ${VAR} and ${VAR:-default} are replaced; "
                    + "a literal ${ is $${", at: place)
            return ""
        }
        if let known = variables[name] ?? environment[name] { return known }
        if parts.count == 2 { return String(parts[1]) }
        problems.error(
            "variable \(name.quoted) is not defined: -e \(name)=..., the environment, or "
                + "${\(name):-default}", at: place)
        return ""
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
