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
    static func expand(_ bytes: [UInt8], count: Int) -> [UInt8]? {
        guard count > 0 else { return nil }
        var length = UInt(count)
        var out = [UInt8](repeating: 0, count: count)
        guard uncompress(&out, &length, bytes, UInt(bytes.count)) == Z_OK, length == UInt(count)
        else {
            return nil
        }
        return out
    }
}

package enum ZlibVersion {
    package static var text: String { String(cString: zlibVersion()) }
}
