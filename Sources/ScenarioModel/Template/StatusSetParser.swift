// Sets of statuses: `200`, `2xx`, `"200-299"`, or a list of these.

extension StatusSet {
    /// Nil where the text is none of these.
    package static func parse(_ text: String) -> ClosedRange<Int>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count == 2, let low = status(parts[0]), let high = status(parts[1]), low <= high {
            return low...high
        }
        if let one = status(text[...]) { return one...one }
        guard text.utf8.count == 3, text.hasSuffix("xx"),
            let hundreds = text.first?.wholeNumberValue,
            (1...5).contains(hundreds)
        else { return nil }
        return hundreds * 100...hundreds * 100 + 99
    }

    private static func status(_ text: Substring) -> Int? {
        guard text.utf8.count == 3, let value = Int(text), (100...599).contains(value) else {
            return nil
        }
        return value
    }
}
