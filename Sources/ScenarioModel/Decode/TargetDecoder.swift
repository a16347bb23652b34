// `target`: http(s)://host[:port][/prefix], or nothing where the bundled engine is the target.

import HarnessCore

enum TargetDecoder {
    static func target(_ map: MapReader) -> String? {
        guard let node = map.take("target"), let text = map.read.text(node, "target"),
            !text.isEmpty
        else { return nil }
        if let problem = problem(text) {
            map.problems.error("target: \(text.quoted) \(problem)", at: node.place)
        }
        return text
    }

    /// What is wrong with a base URL.
    static func problem(_ text: String) -> String? {
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else {
            return "is not http(s)://host[:port][/prefix]"
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "has characters that must be percent-encoded"
        }
        if text.contains("?") || text.contains("#") { return "has a query or fragment" }
        let authority = text.dropFirst(scheme.count).prefix { $0 != "/" }
        if authority.contains("@") { return "has a user; use headers" }
        var host = authority
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return "has a malformed host" }
            host = authority[...end]
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
        }
        guard !host.isEmpty else { return "has no host" }
        let rest = authority.dropFirst(host.count)
        if rest.isEmpty { return nil }
        guard rest.first == ":", rest.dropFirst().allSatisfy(\.isASCIIDigit),
            let port = Int(rest.dropFirst()), (1...65_535).contains(port)
        else { return "has a malformed port" }
        return nil
    }
}
