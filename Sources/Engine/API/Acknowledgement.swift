// The body of an ACK: the order is durable, and nothing more is known of it yet (engine.md 2). It
// is written on the log thread, which every order waits for, so it goes into one array of just its
// size.

enum Acknowledgement {
    /// `{"symbol":"BTCUSDT","orderId":-1,"orderListId":-1,"clientOrderId":"q1.7","transactTime":1}`
    static func json(
        symbol: String, clientOrderID: InlineText, receivedNs: UInt64
    ) -> [UInt8] {
        let texts = head.utf8CodeUnitCount + middle.utf8CodeUnitCount + tail.utf8CodeUnitCount
        // 20 digits and a bracket at the end.
        let most = texts + symbol.utf8.count + clientOrderID.count + 21
        return [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.put(head)
            writer.put(symbol)
            writer.put(middle)
            clientOrderID.withBytes { writer.put($0) }
            writer.put(tail)
            writer.put(number: receivedNs / 1_000_000)
            writer.put(byte: UInt8(ascii: "}"))
            count = writer.count
        }
    }

    private static let head: StaticString = "{\"symbol\":\""
    private static let middle: StaticString =
        "\",\"orderId\":-1,\"orderListId\":-1,\"clientOrderId\":\""
    private static let tail: StaticString = "\",\"transactTime\":"
}

/// Writes bytes one after the other into memory that is there already and large enough.
struct ByteWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    mutating func put(byte: UInt8) {
        memory[count] = byte
        count += 1
    }

    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    /// Decimal digits.
    mutating func put(number: UInt64) {
        var digits = 1
        var rest = number
        while rest >= 10 {
            digits += 1
            rest /= 10
        }
        rest = number
        for i in stride(from: count + digits - 1, through: count, by: -1) {
            memory[i] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += digits
    }
}
