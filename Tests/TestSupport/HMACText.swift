// HMAC-SHA256 by its definition (RFC 2104), beside the library's that the engine uses.

import HarnessCore

package enum HMACText {
    /// H((K ^ opad) H((K ^ ipad) text)) in hex; the key has 64 bytes at most.
    package static func hex(key: String, text: String) -> String {
        precondition(key.utf8.count <= 64, "a longer key is hashed first")
        let padded = Array(key.utf8) + [UInt8](repeating: 0, count: 64 - key.utf8.count)
        let inner = Sha256.hex(padded.map { $0 ^ 0x36 } + Array(text.utf8))
        return Sha256.hex(padded.map { $0 ^ 0x5C } + bytes(inner))
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
    }
}
