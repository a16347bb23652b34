// One segment of a log, open for reading single records.

import Glibc
import HarnessCore

final class WalSegmentFile {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(SystemError) {
        self.path = path
        descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_RDONLY | O_CLOEXEC)
        }
    }

    deinit { close(descriptor) }

    /// The bytes of the record at `offset`, prefix included; fewer where the file ends.
    func record(at offset: Int) throws(SystemError) -> [UInt8] {
        let prefix = try read(at: offset, WalRecord.prefixBytes)
        guard prefix.count == WalRecord.prefixBytes else { return prefix }
        let length = prefix[0..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= WalRecord.payloadMax else { return prefix }
        return try read(at: offset, WalRecord.prefixBytes + length)
    }

    private func read(at offset: Int, _ count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let n = try retryingInterrupts("pread", subject: path) {
                bytes.withUnsafeMutableBytes { raw in
                    pread(
                        descriptor, raw.baseAddress.map { $0 + filled }, count - filled,
                        off_t(offset + filled))
                }
            }
            if n == 0 { break }
            filled += n
        }
        bytes.removeLast(count - filled)
        return bytes
    }
}
