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

    /// First seq of a segment by its name; nil where it is no segment's.
    static func firstSeq(name: String) -> UInt64? {
        name.hasSuffix(".slj") ? UInt64(name.dropLast(4)) : nil
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

    /// pwrite(2) or what a test puts in its place: descriptor, bytes, count, offset.
    typealias Write = @Sendable (Int32, UnsafeRawPointer, Int, Int) -> Int

    static let pwriteCall: Write = { pwrite($0, $1, $2, off_t($3)) }

    /// Writes all of `bytes` at `offset`.
    static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int, subject: String,
        write: Write
    ) throws(SystemError) {
        guard let base = bytes.baseAddress else { return }
        var written = 0
        while written < bytes.count {
            written += try retryingInterrupts("pwrite", subject: subject) {
                write(descriptor, base + written, bytes.count - written, offset + written)
            }
        }
    }

    /// Writes zeros over `range`.
    static func zero(
        _ descriptor: Int32, _ range: Range<Int>, subject: String, write: Write
    ) throws(SystemError) {
        let zeros = [UInt8](repeating: 0, count: min(range.count, 1 << 20))
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = min(zeros.count, range.upperBound - offset)
            let error = zeros.withUnsafeBytes { raw -> SystemError? in
                do throws(SystemError) {
                    try Self.write(
                        UnsafeRawBufferPointer(rebasing: raw[..<count]), to: descriptor,
                        at: offset, subject: subject, write: write)
                    return nil
                } catch {
                    return error
                }
            }
            if let error { throw error }
            offset += count
        }
    }

    /// Creates a zero-filled file of `size` bytes at `path`, synced, by way of a temporary name.
    ///
    /// A failure leaves no file behind: a half-made one would hold the room that is missing.
    static func create(path: String, size: Int, write: Write) throws(SystemError) {
        let temporary = path + ".tmp"
        let descriptor = try retryingInterrupts("open", subject: temporary) {
            open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        }
        defer { close(descriptor) }
        do throws(SystemError) {
            try expectRoom(descriptor, size, subject: temporary)
            try zero(descriptor, 0..<size, subject: temporary, write: write)
            try retryingInterrupts("fsync", subject: temporary) { fsync(descriptor) }
            try retryingInterrupts("rename", subject: path) { rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// A full disk is not filled to its last byte over and over, only to find that it is full.
    ///
    /// - Throws: ENOSPC where the file system has less than `size` bytes free.
    private static func expectRoom(
        _ descriptor: Int32, _ size: Int, subject: String
    ) throws(SystemError) {
        var status = statvfs()
        // What cannot be asked is found out by writing.
        guard fstatvfs(descriptor, &status) == 0 else { return }
        let free = UInt64(status.f_bfree).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        guard free.overflow || free.partialValue >= UInt64(size) else {
            throw SystemError("statvfs", code: ENOSPC, subject: subject)
        }
    }

    /// Whether a failure is for want of room, which may come back.
    static func isFull(_ error: SystemError) -> Bool {
        error.code == ENOSPC || error.code == EDQUOT
    }

    /// fsync of the directory, so that names survive a power cut.
    static func syncDirectory(_ path: String) throws(SystemError) {
        let descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { close(descriptor) }
        try retryingInterrupts("fsync", subject: path) { fsync(descriptor) }
    }

    /// fdatasync of every segment: what recovery reads and shows may still be in the page cache of
    /// a process that was killed before its own sync.
    static func syncAll(_ directory: String) throws(SystemError) {
        for name in try list(directory) {
            let path = directory + "/" + name
            let descriptor = try retryingInterrupts("open", subject: path) {
                open(path, O_RDONLY | O_CLOEXEC)
            }
            defer { close(descriptor) }
            try retryingInterrupts("fdatasync", subject: path) { fdatasync(descriptor) }
        }
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
