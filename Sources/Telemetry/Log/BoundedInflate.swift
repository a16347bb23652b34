// zlib (RFC 1950) over untrusted bytes of unknown size: the first bytes say how many there may be,
// and no more than that is ever inflated. Grows in pieces, so that a false length costs nothing.

import CZlib

enum BoundedInflate {
    private static let pieceBytes = 16 << 10

    /// Inflates `bytes[from...]`, which must be one whole stream and nothing else.
    /// - Parameter limit: gets the first `headBytes` bytes and says how many more are allowed.
    static func run(
        _ bytes: [UInt8], from: Int, headBytes: Int,
        limit: ([UInt8]) throws(HistogramCodecError) -> Int
    ) throws(HistogramCodecError) -> [UInt8] {
        // zlib keeps the stream's address: it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard spot_inflate_init(stream) == Z_OK else {
            throw HistogramCodecError("zlib failed")
        }
        defer { inflateEnd(stream) }
        return try bytes.withUnsafeBufferPointer {
            (input) throws(HistogramCodecError) -> [UInt8] in
            // zlib's declaration lacks a const: it only reads.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                .map { $0 + from }
            stream.pointee.avail_in = UInt32(input.count - from)
            var out: [UInt8] = []
            var isOver = try fill(&out, upTo: headBytes, stream)
            guard out.count == headBytes else {
                throw HistogramCodecError("it ends within the header")
            }
            let most = headBytes + (try limit(out))
            // One byte more would be one too many.
            if !isOver { isOver = try fill(&out, upTo: most + 1, stream) }
            guard isOver, out.count <= most else {
                throw HistogramCodecError("it inflates to more than its header says")
            }
            guard stream.pointee.avail_in == 0 else {
                throw HistogramCodecError("\(stream.pointee.avail_in) bytes after the end")
            }
            return out
        }
    }

    /// True where the stream ended; false where `out` is full.
    private static func fill(
        _ out: inout [UInt8], upTo length: Int, _ stream: UnsafeMutablePointer<z_stream>
    ) throws(HistogramCodecError) -> Bool {
        while out.count < length {
            let room = min(pieceBytes, length - out.count)
            var status = Z_OK
            let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(room)
                status = inflate(stream, Z_NO_FLUSH)
                count = room - Int(stream.pointee.avail_out)
            }
            out += piece
            let produced = piece.count
            switch status {
            case Z_STREAM_END: return true
            case Z_OK where produced > 0: continue
            case Z_OK, Z_BUF_ERROR: throw HistogramCodecError("its zlib stream ends early")
            default: throw HistogramCodecError("its zlib stream is damaged")
            }
        }
        return false
    }
}
