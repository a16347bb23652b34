// The writing end of the collector's log: `append` collects, `commit` writes and syncs. What is
// not yet known to be durable stays in memory, so that a failed sync loses nothing: the next
// commit writes it again, into a new segment (a failed fdatasync may have dropped dirty pages, so
// the old file is never trusted beyond its last good sync). Owned by the collector's thread.

import CLinux
import Glibc
package import HarnessCore

package final class WriteAheadLog {
    private let directory: String
    private var header: WalRecord.Header
    private let segmentBytes: Int
    private var descriptor: Int32 = -1
    private var number: Int
    private var offset = 0
    private var pending: [UInt8] = []
    private var hasFailed = false

    /// Begins a new segment behind those that are there.
    package init(
        directory: String, header: WalRecord.Header, segmentBytes: Int = Limits.walSegmentBytes
    ) throws(SystemError) {
        self.directory = directory
        self.header = header
        self.segmentBytes = segmentBytes
        try Self.makeDirectories(directory)
        number = try WalReader.segments(in: directory).last?.number ?? 0
        try roll()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Segment number `n` is called `00000n.wal`.
    static func fileName(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".wal"
    }

    /// Not durable before the next `commit`.
    package func append(_ record: WalRecord) { pending += record.encoded }

    /// Bytes that wait for a commit.
    package var pendingBytes: Int { pending.count }

    /// Makes everything appended durable.
    ///
    /// - Throws: `SystemError`; everything appended is kept, and the next commit tries again.
    package func commit() throws(SystemError) {
        guard !pending.isEmpty else { return }
        do throws(SystemError) {
            if hasFailed || (offset > 0 && offset + pending.count > segmentBytes) { try roll() }
            try Self.write(pending, to: descriptor, at: offset, subject: directory)
            try retryingInterrupts("fdatasync", subject: directory) { fdatasync(descriptor) }
            offset += pending.count
            pending.removeAll(keepingCapacity: true)
        } catch {
            hasFailed = true
            throw error
        }
    }

    private func roll() throws(SystemError) {
        let next = number + 1
        let path = directory + "/" + Self.fileName(next)
        let file = try retryingInterrupts("open", subject: path) {
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        }
        var header = header
        header.afterFailure = hasFailed
        let bytes = WalRecord.header(header).encoded
        do throws(SystemError) {
            try Self.write(bytes, to: file, at: 0, subject: path)
            try retryingInterrupts("fdatasync", subject: path) { fdatasync(file) }
            try Self.syncDirectory(directory)
        } catch {
            // Nobody owns the descriptor yet; the file is truncated by the next attempt.
            close(file)
            throw error
        }
        if descriptor >= 0 { close(descriptor) }
        descriptor = file
        number = next
        offset = bytes.count
        hasFailed = false
    }

    private static func write(
        _ bytes: [UInt8], to descriptor: Int32, at offset: Int, subject: String
    ) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try retryingInterrupts("pwrite", subject: subject) {
                bytes.withUnsafeBytes { raw in
                    pwrite(
                        descriptor, raw.baseAddress! + written, raw.count - written,
                        off_t(offset + written))
                }
            }
        }
    }

    private static func makeDirectories(_ path: String) throws(SystemError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            prefix += part + "/"
            if mkdir(prefix, 0o755) != 0, errno != EEXIST {
                throw SystemError("mkdir", subject: prefix)
            }
        }
    }

    private static func syncDirectory(_ path: String) throws(SystemError) {
        let descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { close(descriptor) }
        try retryingInterrupts("fsync", subject: path) { fsync(descriptor) }
    }
}

@available(*, unavailable)
extension WriteAheadLog: Sendable {}
