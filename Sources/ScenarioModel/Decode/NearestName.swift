// "did you mean": the nearest known name by Damerau-Levenshtein distance (insert, delete, replace,
// swap of neighbours cost 1 each), where it is within a third of that name's length.
//
//     d[i][j] = min(d[i-1][j] + 1, d[i][j-1] + 1, d[i-1][j-1] + (a[i] != b[j]),
//                   d[i-2][j-2] + 1 where a[i] = b[j-1] and a[i-1] = b[j])
//
// "preAlocatedVUs" is 1 from "preAllocatedVUs" (15 letters: up to 5 allowed).

enum NearestName {
    /// The nearest of `known`, ties alphabetical; nil where none is near.
    static func find(_ name: String, in known: some Sequence<String>) -> String? {
        let letters = Array(name.unicodeScalars.prefix(Self.longest + 1))
        guard !letters.isEmpty, letters.count <= Self.longest else { return nil }
        var best: (distance: Int, name: String)?
        for candidate in Set(known) where candidate != name {
            let other = Array(candidate.unicodeScalars)
            let allowed = other.count / 3
            guard other.count <= Self.longest, allowed > 0,
                abs(other.count - letters.count) <= allowed
            else { continue }
            let distance = distance(letters, other)
            guard distance <= allowed else { continue }
            if let known = best, (known.distance, known.name) < (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.name
    }

    /// `; did you mean "x"?`, or nothing.
    static func hint(_ name: String, in known: some Sequence<String>) -> String {
        find(name, in: known).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    /// Names longer than this get no hint: the table is quadratic.
    private static let longest = 128

    /// - Complexity: O(a x b).
    static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            row.reserveCapacity(b.count + 1)
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
