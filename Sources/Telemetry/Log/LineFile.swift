// Lines of a file, one after the other, in constant memory: a buffer of one line and 64 KiB.

import Glibc
import HarnessCore

final class LineFile {
    /// A line without its end (LF or CRLF).
    struct Line {
        let bytes: ArraySlice<UInt8>
        /// False: the file ends here, within the line.
        let isWhole: Bool
    }
    private static let pieceBytes = 64 << 10

    private let path: String
    private let lineMax: Int
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var begin = 0
    /// Bytes from `begin` on that hold no line end.
    private var searched = 0
    private var isOver = false

    /// - Throws: `SystemError` where there is no file to read.
    init(_ path: String, lineMax: Int) throws(SystemError) {
        self.path = path
        self.lineMax = lineMax
        descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_RDONLY | O_CLOEXEC)
        }
    }

    deinit { close(descriptor) }

    /// A line that does not fit.
    struct TooLong: Error {}

    /// The next line; nil at the end.
    /// - Throws: `SystemError`, or `TooLong`.
    func next() throws -> Line? {
        while true {
            if let end = lineEnd(from: begin + searched) {
                return try take(upTo: end, skipping: 1, isWhole: true)
            }
            searched = buffer.count - begin
            guard searched <= lineMax else { throw TooLong() }
            if isOver {
                return searched == 0
                    ? nil : try take(upTo: buffer.count, skipping: 0, isWhole: false)
            }
            try fill()
        }
    }

    private func take(upTo end: Int, skipping: Int, isWhole: Bool) throws -> Line {
        var line = buffer[begin..<end]
        begin = end + skipping
        searched = 0
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        guard line.count <= lineMax else { throw TooLong() }
        return Line(bytes: line, isWhole: isWhole)
    }

    private func lineEnd(from start: Int) -> Int? {
        buffer.withUnsafeBytes { raw in
            guard start < raw.count, let base = raw.baseAddress,
                let found = memchr(base + start, 0x0A, raw.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private func fill() throws(SystemError) {
        var status = 0
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { raw, count in
            repeat {
                status = read(descriptor, raw.baseAddress, Self.pieceBytes)
            } while status < 0 && errno == EINTR
            count = max(0, status)
        }
        guard status >= 0 else { throw SystemError("read", subject: path) }
        buffer = Array(buffer[begin...]) + piece
        begin = 0
        isOver = piece.isEmpty
    }
}

@available(*, unavailable)
extension LineFile: Sendable {}
