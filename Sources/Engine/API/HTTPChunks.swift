// A chunked body (RFC 9112, 7.1), decoded once it is whole. Pure.
//
//     1a;extension CRLF <26 bytes> CRLF ... 0 CRLF trailer: x CRLF CRLF

enum HTTPChunks {
    enum Result: Equatable {
        case incomplete
        /// The body, and the offset after it.
        case whole([UInt8], end: Int)
        case malformed
        case tooLarge
    }

    /// What sizes, extensions and trailers may add to a body: chunks of one byte are enough to
    /// make a short body long, and all of it is kept until the last.
    static let framingBytesMax = 64 << 10

    /// Decodes from offset `start` on.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, from start: Int, bytesMax: Int
    ) -> Result {
        var body: [UInt8] = []
        var i = start
        while true {
            guard i - start - body.count <= framingBytesMax else { return .tooLarge }
            guard let lineEnd = bytes.firstIndex(of: 10, in: i..<bytes.count) else {
                return bytes.count - i > 1_024 ? .malformed : .incomplete
            }
            guard lineEnd > i, bytes[lineEnd - 1] == 13,
                let size = size(bytes.slice(i..<lineEnd - 1))
            else { return .malformed }
            i = lineEnd + 1
            if size == 0 { return trailer(bytes, from: i, body) }
            guard body.count + size <= bytesMax else { return .tooLarge }
            guard i + size + 2 <= bytes.count else { return .incomplete }
            body.append(contentsOf: bytes[i..<i + size])
            guard bytes[i + size] == 13, bytes[i + size + 1] == 10 else { return .malformed }
            i += size + 2
        }
    }

    private static func size(_ line: UnsafeRawBufferPointer) -> Int? {
        var size = 0
        var digits = 0
        for (i, byte) in line.enumerated() {
            let digit: Int
            switch byte {
            case 48...57: digit = Int(byte) - 48
            case 65...70: digit = Int(byte) - 55
            case 97...102: digit = Int(byte) - 87
            case UInt8(ascii: ";"), 32, 9:
                return digits > 0 && isExtension(line.slice(i..<line.count)) ? size : nil
            default: return nil
            }
            digits += 1
            guard digits <= 8 else { return nil }
            size = size << 4 | digit
        }
        return digits > 0 ? size : nil
    }

    /// Blanks, then nothing or a semicolon and text without control characters.
    private static func isExtension(_ text: UnsafeRawBufferPointer) -> Bool {
        let rest = text.trimmed
        return (rest.isEmpty || rest[0] == UInt8(ascii: ";"))
            && text.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }
    }

    /// Passes over trailer lines up to the blank one.
    private static func trailer(
        _ bytes: UnsafeRawBufferPointer, from start: Int, _ body: [UInt8]
    ) -> Result {
        var i = start
        while let end = bytes.firstIndex(of: 10, in: i..<bytes.count) {
            guard end > i, bytes[end - 1] == 13 else { return .malformed }
            if end == i + 1 { return .whole(body, end: end + 1) }
            i = end + 1
        }
        return bytes.count - start > 8_192 ? .malformed : .incomplete
    }
}
