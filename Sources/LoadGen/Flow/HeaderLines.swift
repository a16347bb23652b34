// Raw header lines of a response: `Name: value` separated by CRLF or LF, the status line among
// them. Finds the first value of a name, whatever its case. No allocation.

enum HeaderLines {
    /// The value of `name`, without white space around it; nil if there is no such header.
    static func value(
        of name: [UInt8], in lines: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        var start = 0
        while start < lines.count {
            let end = lines[start...].firstIndex(of: 0x0A) ?? lines.count
            let colon = start + name.count
            if colon < end, lines[colon] == UInt8(ascii: ":"),
                ByteText.equalIgnoringCase(lines[start..<colon], name)
            {
                return UnsafeRawBufferPointer(rebasing: lines[trimmed(colon + 1..<end, lines)])
            }
            start = end + 1
        }
        return nil
    }

    private static func trimmed(
        _ range: Range<Int>, _ lines: UnsafeRawBufferPointer
    ) -> Range<Int> {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high, isSpace(lines[low]) { low += 1 }
        while high > low, isSpace(lines[high - 1]) { high -= 1 }
        return low..<high
    }

    private static func isSpace(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 || c == 0x0D }
}
