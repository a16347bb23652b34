// Arrivals at recorded times (scenarios.md 4.3): the file's reader has made offsets of them.

struct ReplayProcess: Sendable {
    /// Ascending.
    let offsetsNs: [Int64]

    func offset(of number: UInt64) -> Int64? {
        number < UInt64(offsetsNs.count) ? offsetsNs[Int(number)] : nil
    }

    /// - Complexity: O(log n).
    func count(before endNs: Int64) -> UInt64 {
        var low = 0
        var high = offsetsNs.count
        while low < high {
            let middle = (low + high) / 2
            if offsetsNs[middle] < endNs { low = middle + 1 } else { high = middle }
        }
        return UInt64(low)
    }
}
