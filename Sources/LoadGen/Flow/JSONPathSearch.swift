// A compiled JSONPath (RFC 9535 names, indexes, `[*]`) applied to a body: the first match, or how
// many there are. Recursion goes over the path's segments, never over the body.

import ScenarioModel

/// A JSONPath with its names as bytes.
struct CompiledPath: Sendable {
    enum Segment: Sendable {
        case name([UInt8])
        case index(Int)
        case wildcard
    }
    let segments: [Segment]
    /// `length` of such a path counts its matches.
    let hasWildcard: Bool

    init(_ path: JSONPath) {
        segments = path.segments.map { segment in
            switch segment {
            case .name(let name): .name(Array(name.utf8))
            case .index(let i): .index(i)
            case .wildcard: .wildcard
            }
        }
        hasWildcard = path.segments.contains(.wildcard)
    }

    /// The first match in document order.
    func first(in scanner: JSONScanner) -> JSONSlice? {
        var search = Search(path: self, scanner: scanner, wantsAll: false)
        _ = search.visit(scanner.skipSpace(0), 0)
        return search.found
    }

    func count(in scanner: JSONScanner) -> Int {
        var search = Search(path: self, scanner: scanner, wantsAll: true)
        _ = search.visit(scanner.skipSpace(0), 0)
        return search.matches
    }

    private struct Search {
        let path: CompiledPath
        let scanner: JSONScanner
        let wantsAll: Bool
        var found: JSONSlice?
        var matches = 0

        /// Matches the value at `i` against the segments from `depth` on; false: enough.
        mutating func visit(_ i: Int, _ depth: Int) -> Bool {
            guard depth < path.segments.count else {
                guard let slice = scanner.value(at: i) else { return true }
                matches += 1
                found = found ?? slice
                return wantsAll
            }
            guard var children = JSONScanner.Children(of: i, in: scanner) else { return true }
            let isObject = scanner.bytes[i] == UInt8(ascii: "{")
            switch path.segments[depth] {
            case .name(let name):
                guard isObject else { return true }
                while let child = children.next() {
                    if scanner.string(children.key, equals: name) {
                        return visit(child, depth + 1)
                    }
                    guard children.skip() else { return true }
                }
            case .index(let index):
                guard !isObject else { return true }
                var left = index < 0 ? index + scanner.childCount(of: i) : index
                while left >= 0, let child = children.next() {
                    if left == 0 { return visit(child, depth + 1) }
                    left -= 1
                    guard children.skip() else { return true }
                }
            case .wildcard:
                while let child = children.next() {
                    guard visit(child, depth + 1) else { return false }
                    guard children.skip() else { return true }
                }
            }
            return true
        }
    }
}
