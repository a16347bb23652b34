// The writing end of the journal: batches go in with one pwrite and one fdatasync each. Owned by
// the
// shard's log thread. The next segment is prepared on a thread of its own.

import Glibc
package import HarnessCore
import Synchronization

/// Appends batches to the current segment and rolls to the next.
package final class JournalWriter {
    private let directory: String
    private let segmentBytes: Int
    private var descriptor: Int32 = -1
    private var offset = 0
    private var buffer: [UInt8] = []
    private let prepared: PreparedSegment
    package private(set) var lastSeq: UInt64

    /// Goes on after `recovery`.
    package init(
        directory: String, recovery: JournalRecovery, segmentBytes: Int = Limits.journalSegmentBytes
    ) throws(SystemError) {
        self.directory = directory
        self.segmentBytes = segmentBytes
        lastSeq = recovery.lastSeq
        prepared = PreparedSegment(directory: directory, size: segmentBytes)
        if let segment = recovery.segment {
            descriptor = try retryingInterrupts("open", subject: segment) {
                open(segment, O_RDWR | O_CLOEXEC)
            }
            offset = recovery.offset
            prepared.prepare()
        } else {
            try roll()
        }
    }

    deinit {
        prepared.wait()
        if descriptor >= 0 { close(descriptor) }
    }

    /// Makes `commands`, already numbered from `lastSeq` + 1, durable.
    ///
    /// - Throws: `SystemError`; after an ENOSPC of the roll nothing of the batch is written; after
    ///   a failed fdatasync the state of the file is unknown and the process must stop.
    package func append(_ commands: ArraySlice<Command>) throws(SystemError) {
        buffer.removeAll(keepingCapacity: true)
        for (i, command) in commands.enumerated() {
            precondition(command.seq == lastSeq + 1 + UInt64(i), "the log numbers without gaps")
            JournalRecord.append(command, back: UInt16(i), to: &buffer)
        }
        if offset + buffer.count > segmentBytes { try roll() }
        var written = 0
        while written < buffer.count {
            written += try retryingInterrupts("pwrite", subject: directory) {
                buffer.withUnsafeBytes {
                    pwrite(
                        descriptor, $0.baseAddress! + written, $0.count - written,
                        off_t(offset + written))
                }
            }
        }
        try retryingInterrupts("fdatasync", subject: directory) { fdatasync(descriptor) }
        offset += buffer.count
        lastSeq += UInt64(commands.count)
    }

    /// Begins the next segment: takes the prepared file, writes its header, syncs the directory.
    private func roll() throws(SystemError) {
        let firstSeq = lastSeq + 1
        let path = directory + "/" + JournalSegment.fileName(firstSeq: firstSeq)
        try prepared.take(as: path)
        let next = try retryingInterrupts("open", subject: path) { open(path, O_RDWR | O_CLOEXEC) }
        let header = JournalSegment.header(
            firstSeq: firstSeq, createdNs: UInt64(WallClock.unixNs()))
        try retryingInterrupts("pwrite", subject: path) { pwrite(next, header, header.count, 0) }
        try retryingInterrupts("fdatasync", subject: path) { fdatasync(next) }
        try JournalSegment.syncDirectory(directory)
        if descriptor >= 0 { close(descriptor) }
        descriptor = next
        offset = JournalSegment.headerBytes
        prepared.prepare()
    }
}

@available(*, unavailable)
extension JournalWriter: Sendable {}

/// The next segment, written full of zeros in the background.
private final class PreparedSegment: Sendable {
    private let path: String
    private let size: Int
    private let thread = Mutex<DedicatedThread?>(nil)
    private let failure = Mutex<SystemError?>(nil)

    init(directory: String, size: Int) {
        path = directory + "/next.prepared"
        self.size = size
    }

    func prepare() {
        let worker = DedicatedThread(name: "journal-prepare") { [self] in
            do throws(SystemError) {
                if access(path, F_OK) != 0 { try JournalSegment.create(path: path, size: size) }
                failure.withLock { $0 = nil }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        thread.withLock { $0 = worker }
    }

    func wait() {
        let running = thread.withLock { current in
            defer { current = nil }
            return current
        }
        running?.join()
    }

    /// Gives the prepared file its name; prepares one now where there is none.
    func take(as name: String) throws(SystemError) {
        wait()
        if let error = failure.withLock({ $0 }) {
            failure.withLock { $0 = nil }
            throw error
        }
        if access(path, F_OK) != 0 { try JournalSegment.create(path: path, size: size) }
        try retryingInterrupts("rename", subject: name) { rename(path, name) }
    }
}
