// Lines of a file or pipe, read in large pieces: memory follows the longest line, not the input.

import Glibc
import HarnessCore

/// Hands out lines without their ends. Confined to one thread; does not own the descriptor.
final class ReplayReader {
    /// A command has some 150 bytes.
    static let longestLine = 64 << 10
    private static let pieceBytes = 256 << 10

    private let descriptor: Int32
    private let name: String
    private var buffer: UnsafeMutableRawBufferPointer
    /// Bytes `begin..<end` of the buffer are read and not yet handed out.
    private var begin = 0
    private var end = 0
    private var isOver = false
    /// Of the line handed out last, from 1.
    private(set) var line: UInt64 = 0

    /// - Parameter name: what errors call the input.
    init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
        buffer = .allocate(byteCount: Self.pieceBytes + Self.longestLine, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The next line, valid until the next call; nil at the end. The last line needs no end.
    /// - Throws: 69 where the input cannot be read, 104 for a line over `longestLine`.
    func next() throws(CommandFailure) -> UnsafeRawBufferPointer? {
        var searched = begin
        while true {
            if let base = buffer.baseAddress, searched < end,
                let found = memchr(base + searched, 10, end - searched)
            {
                let at = base.distance(to: UnsafeMutableRawPointer(found))
                defer { begin = at + 1 }
                line += 1
                return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[begin..<at])
            }
            if end - begin > Self.longestLine {
                throw CommandFailure(
                    .badConfiguration,
                    "\(name):\(line + 1): a line is over \(Self.longestLine) bytes")
            }
            if isOver {
                guard begin < end else { return nil }
                defer { begin = end }
                line += 1
                return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[begin..<end])
            }
            searched = end - begin
            try read()
        }
    }

    /// Moves what is left to the front and reads a piece behind it.
    private func read() throws(CommandFailure) {
        guard let base = buffer.baseAddress else { return }
        memmove(base, base + begin, end - begin)
        end -= begin
        begin = 0
        while true {
            let count = Glibc.read(descriptor, base + end, buffer.count - end)
            if count < 0, errno == EINTR { continue }
            if count < 0 {
                throw CommandFailure(
                    .unavailable, "cannot read \(name): \(String(cString: strerror(errno)))")
            }
            isOver = count == 0
            end += count
            return
        }
    }
}
