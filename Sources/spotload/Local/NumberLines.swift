// Lines of two numbers with a tab between, written to stdout in large pieces.

struct NumberLines: ~Copyable {
    private static let capacity = 64 << 10
    /// Two numbers of 20 digits, a tab, a line end.
    private static let lineMax = 42
    private var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(Self.capacity) }

    /// False: the reader went away, nothing more need be written.
    mutating func append(_ a: UInt64, _ b: UInt64) -> Bool {
        append(a, end: UInt8(ascii: "\t"))
        append(b, end: UInt8(ascii: "\n"))
        return bytes.count + Self.lineMax <= Self.capacity || flush()
    }

    @discardableResult
    mutating func flush() -> Bool {
        defer { bytes.removeAll(keepingCapacity: true) }
        return Terminal.output(bytes)
    }

    private mutating func append(_ number: UInt64, end: UInt8) {
        let start = bytes.count
        var rest = number
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
        bytes.append(end)
    }
}
