// zlib (RFC 1950) over whole buffers.

import CZlib

enum Deflate {
    /// nil where zlib fails.
    static func compress(_ bytes: [UInt8], level: Int32 = 1) -> [UInt8]? {
        var length = compressBound(UInt(bytes.count))
        var out = [UInt8](repeating: 0, count: Int(length))
        guard compress2(&out, &length, bytes, UInt(bytes.count), level) == Z_OK else {
            return nil
        }
        out.removeLast(out.count - Int(length))
        return out
    }

    /// Inflates to exactly `count` bytes; nil for anything else. Never writes more than that.
    static func expand(_ bytes: UnsafeBufferPointer<UInt8>, count: Int) -> [UInt8]? {
        guard count > 0 else { return nil }
        var isWhole = false
        let out = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var length = UInt(count)
            let status = uncompress(
                buffer.baseAddress, &length, bytes.baseAddress, UInt(bytes.count))
            isWhole = status == Z_OK && length == UInt(count)
            filled = isWhole ? count : 0
        }
        return isWhole ? out : nil
    }
}

package enum ZlibVersion {
    package static var text: String { String(cString: zlibVersion()) }
}
