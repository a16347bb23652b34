// What a text is worth in a condition: as a number where it is one, else as its bytes.

import Glibc

enum TextValue {
    /// -1, 0 or 1: as decimal numbers where both are, else byte by byte.
    static func compare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
        if let x = DecimalView(a), let y = DecimalView(b) { return DecimalView.compare(x, y) }
        let shared = min(a.count, b.count)
        if shared > 0, let x = a.baseAddress, let y = b.baseAddress {
            let order = memcmp(x, y, shared)
            if order != 0 { return order < 0 ? -1 : 1 }
        }
        return a.count == b.count ? 0 : a.count < b.count ? -1 : 1
    }

    /// Everything but nothing, zero, `false` and `null`.
    static func isTrue(_ text: UnsafeRawBufferPointer) -> Bool {
        if text.isEmpty || text.elementsEqual("false".utf8) || text.elementsEqual("null".utf8) {
            return false
        }
        guard let number = DecimalView(text) else { return true }
        return !number.isZero
    }
}
