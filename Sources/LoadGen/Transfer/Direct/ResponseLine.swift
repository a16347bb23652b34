// Pieces of a response's lines, as the parser reads them. Names are compared whatever their case.
// Pure; no allocation.

enum ResponseLine {
    static let protocolName: StaticString = "HTTP/"

    /// Whether the line begins with `name`, which is lower case and not longer than the line.
    @inline(__always)
    static func isNamed(_ line: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> Bool {
        let bytes = name.utf8Start
        for i in 0..<name.utf8CodeUnitCount where lowered(line[i]) != bytes[i] { return false }
        return true
    }

    /// Whether the value, without white space around it, is `text`, which is lower case.
    static func equals(_ value: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        let range = trimmed(value)
        return text.withUTF8Buffer { text in
            guard range.count == text.count else { return false }
            for i in 0..<text.count where lowered(value[range.lowerBound + i]) != text[i] {
                return false
            }
            return true
        }
    }

    /// Whether `text`, which is lower case, stands anywhere in the value.
    static func holds(_ value: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            guard value.count >= text.count else { return false }
            for start in 0...(value.count - text.count) {
                var i = 0
                while i < text.count, lowered(value[start + i]) == text[i] { i += 1 }
                if i == text.count { return true }
            }
            return false
        }
    }

    /// A number that is nothing but digits, with white space around it; nil beyond 64 bits.
    static func number(_ value: UnsafeBufferPointer<UInt8>) -> Int? {
        let range = trimmed(value)
        guard !range.isEmpty else { return nil }
        var number = 0
        for i in range {
            guard 0x30...0x39 ~= value[i] else { return nil }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeToo) = tens.addingReportingOverflow(Int(value[i]) - 0x30)
            guard !isTooLarge, !isTooLargeToo else { return nil }
            number = sum
        }
        return number
    }

    static func hexDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x37
        case 0x61...0x66: Int(byte) - 0x57
        default: nil
        }
    }

    private static func trimmed(_ value: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var (low, high) = (0, value.count)
        while low < high, isSpace(value[low]) { low += 1 }
        while high > low, isSpace(value[high - 1]) { high -= 1 }
        return low..<high
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        0x41...0x5A ~= byte ? byte | 0x20 : byte
    }
}
