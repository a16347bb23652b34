// A segment file of the journal: 64 MiB, written full of zeros before it is used (a file that grows
// while it is synced costs a metadata write per batch), a header of 64 bytes, then records.
//
//   0 "SLJ1" | 4 u16 version | 6 u16 shard | 8 u64 firstSeq | 16 u64 created ns | zeros | 60
//   CRC-32C

import Glibc
import HarnessCore

/// Where segments are and how they are made.
enum JournalSegment {
    static let headerBytes = 64
    static let version: UInt16 = 1

    /// `<first seq, 20 digits>.slj`
    static func fileName(firstSeq: UInt64) -> String {
        let digits = String(firstSeq)
        return String(repeating: "0", count: 20 - digits.count) + digits + ".slj"
    }

    static func header(firstSeq: UInt64, createdNs: UInt64) -> [UInt8] {
        var out = Array("SLJ1".utf8)
        withUnsafeBytes(of: version.littleEndian) { out.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt16(0)) { out.append(contentsOf: $0) }
        withUnsafeBytes(of: firstSeq.littleEndian) { out.append(contentsOf: $0) }
        withUnsafeBytes(of: createdNs.littleEndian) { out.append(contentsOf: $0) }
        out.append(contentsOf: repeatElement(0, count: 60 - out.count))
        let crc = CRC32C.checksum(out)
        withUnsafeBytes(of: crc.littleEndian) { out.append(contentsOf: $0) }
        return out
    }

    /// First seq of a valid header, or nil.
    static func firstSeq(header: UnsafeRawBufferPointer) -> UInt64? {
        guard header.count >= headerBytes, header.prefix(4).elementsEqual("SLJ1".utf8) else {
            return nil
        }
        let crc = header.loadUnaligned(fromByteOffset: 60, as: UInt32.self).littleEndian
        guard CRC32C.checksum(UnsafeRawBufferPointer(rebasing: header[..<60])) == crc,
            header.loadUnaligned(fromByteOffset: 4, as: UInt16.self).littleEndian == version
        else { return nil }
        return header.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian
    }

    /// Creates a zero-filled file of `size` bytes at `path`, synced, by way of a temporary name.
    static func create(path: String, size: Int) throws(SystemError) {
        let temporary = path + ".tmp"
        let descriptor = try retryingInterrupts("open", subject: temporary) {
            open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        }
        defer { close(descriptor) }
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        var written = 0
        while written < size {
            let count = min(zeros.count, size - written)
            written += try retryingInterrupts("write", subject: temporary) {
                write(descriptor, zeros, count)
            }
        }
        try retryingInterrupts("fsync", subject: temporary) { fsync(descriptor) }
        try retryingInterrupts("rename", subject: path) { rename(temporary, path) }
    }

    /// fsync of the directory, so that names survive a power cut.
    static func syncDirectory(_ path: String) throws(SystemError) {
        let descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { close(descriptor) }
        try retryingInterrupts("fsync", subject: path) { fsync(descriptor) }
    }

    /// Segment files of a directory in the order of their first seq.
    static func list(_ directory: String) throws(SystemError) -> [String] {
        guard let handle = opendir(directory) else {
            throw SystemError("opendir", subject: directory)
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".slj") { names.append(name) }
        }
        return names.sorted()
    }
}
