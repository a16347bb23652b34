// Paths that libcurl sends as they are written: of an origin they know, both lanes take a URL with
// such a path apart without its parser.

enum PlainPath {
    /// Printable ASCII without a fragment or a segment that begins with a dot.
    static func isPlain(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        var last: UInt8 = 0
        for i in 0..<path.count {
            let byte = path[i]
            if byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "#") { return false }
            if byte == UInt8(ascii: "."), last == UInt8(ascii: "/") { return false }
            last = byte
        }
        return true
    }
}
