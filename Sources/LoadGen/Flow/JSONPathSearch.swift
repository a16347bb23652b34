// A compiled JSONPath (RFC 9535 names, indexes, `[*]`) applied to a body: the first match, or how
// many there are. Recursion goes over the path's segments, never over the body.

import ScenarioModel

/// A JSONPath with its names as bytes. An object: looking at one counts one reference, and its
/// segments own nothing.
final class CompiledPath: Sendable {
    fileprivate enum Segment: Sendable {
        /// Bytes of the pool.
        case name(from: Int, to: Int)
        case index(Int)
        case wildcard
    }
    private let segments: [Segment]
    /// The names, one after the other.
    private let pool: [UInt8]
    /// `length` of such a path counts its matches.
    let hasWildcard: Bool

    init(_ path: JSONPath) {
        var pool: [UInt8] = []
        segments = path.segments.map { segment in
            switch segment {
            case .name(let name):
                let start = pool.count
                pool += Array(name.utf8)
                return .name(from: start, to: pool.count)
            case .index(let i): return .index(i)
            case .wildcard: return .wildcard
            }
        }
        self.pool = pool
        hasWildcard = path.segments.contains(.wildcard)
    }

    /// The first match in document order.
    func first(in scanner: JSONScanner) -> JSONSlice? { search(scanner, wantsAll: false).found }

    func count(in scanner: JSONScanner) -> Int { search(scanner, wantsAll: true).matches }

    private func search(_ scanner: JSONScanner, wantsAll: Bool) -> Search {
        segments.withUnsafeBufferPointer { segments in
            pool.withUnsafeBytes { pool in
                var search = Search(
                    segments: segments, pool: pool, scanner: scanner, wantsAll: wantsAll)
                _ = search.visit(scanner.skipSpace(0), 0)
                return search
            }
        }
    }
}

/// One search; valid as long as the path's and the body's bytes are.
private struct Search {
    let segments: UnsafeBufferPointer<CompiledPath.Segment>
    let pool: UnsafeRawBufferPointer
    let scanner: JSONScanner
    let wantsAll: Bool
    var found: JSONSlice?
    var matches = 0

    /// Matches the value at `i` against the segments from `depth` on; false: enough.
    mutating func visit(_ i: Int, _ depth: Int) -> Bool {
        guard depth < segments.count else {
            guard let slice = scanner.value(at: i) else { return true }
            matches += 1
            found = found ?? slice
            return wantsAll
        }
        guard var children = JSONScanner.Children(of: i, in: scanner) else { return true }
        let isObject = scanner.bytes[i] == UInt8(ascii: "{")
        switch segments[depth] {
        case .name(let from, let to):
            guard isObject else { return true }
            let name = UnsafeRawBufferPointer(rebasing: pool[from..<to])
            while let child = children.next() {
                if scanner.string(children.key, equals: name) { return visit(child, depth + 1) }
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
