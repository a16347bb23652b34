// A small file of the kernel's that is read again and again: opened once, read from its beginning
// each time. Confined to one thread.

import Glibc

final class KernelFile {
    private let descriptor: Int32
    private var buffer: [UInt8]
    private static let bytesMax = 1 << 20

    /// Nil where there is none, or it may not be read.
    init?(_ path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        buffer = [UInt8](repeating: 0, count: 4_096)
    }

    deinit { close(descriptor) }

    /// What it says now; nil where it cannot be read any more (its thread has ended).
    func text() -> String? {
        var length = 0
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map {
                    pread(descriptor, $0 + length, bytes.count - length, off_t(length))
                } ?? -1
            }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            length += count
            if count == 0 { break }
            if length == buffer.count {
                guard length < Self.bytesMax else { return nil }
                buffer.append(contentsOf: [UInt8](repeating: 0, count: length))
            }
        }
        return String(decoding: buffer[..<length], as: UTF8.self)
    }
}

@available(*, unavailable)
extension KernelFile: Sendable {}
