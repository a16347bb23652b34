// The writing end of the journal: batches go in with one pwrite and one fdatasync each. Owned by
// the shard's log thread. The next segment is prepared on a thread of its own.
//
// No room is the one failure that passes: whatever a failed batch had written is zeroed again
// before its commands are refused, so that no later recovery can find them. After any other
// failure, and after a failed sync above all, the state of the file is unknown.

import Glibc
package import HarnessCore
import Synchronization

/// Why a batch is not in the journal.
package enum JournalWriteError: Error, Sendable, Equatable {
    /// No room on the disk; nothing of the batch is left and the writer may be tried again.
    case full(SystemError)
    /// The process must stop.
    case fatal(SystemError)
}

/// Appends batches to the current segment and rolls to the next.
package final class JournalWriter {
    /// pwrite(2) unless a test puts another in its place: descriptor, bytes, count, offset.
    package typealias Write = @Sendable (Int32, UnsafeRawPointer, Int, Int) -> Int

    private let directory: String
    private let segmentBytes: Int
    private let write: Write
    private var descriptor: Int32 = -1
    private var offset = 0
    private var buffer: [UInt8] = []
    private var segment: UInt64
    /// Bytes the last refused batch needed; 0 where none was refused.
    private var refusedBytes = 0
    private let prepared: PreparedSegment
    package private(set) var lastSeq: UInt64

    /// Goes on after `recovery`.
    package init(
        directory: String, recovery: JournalRecovery,
        segmentBytes: Int = Limits.journalSegmentBytes, write: Write? = nil
    ) throws(SystemError) {
        let write = write ?? JournalSegment.pwriteCall
        self.directory = directory
        self.segmentBytes = segmentBytes
        self.write = write
        lastSeq = recovery.lastSeq
        segment = recovery.position?.segment ?? 0
        prepared = PreparedSegment(directory: directory, size: segmentBytes, write: write)
        if let segment = recovery.segment {
            descriptor = try retryingInterrupts("open", subject: segment) {
                open(segment, O_RDWR | O_CLOEXEC)
            }
            offset = recovery.offset
            prepared.prepare()
        } else {
            do throws(JournalWriteError) {
                try roll()
            } catch {
                switch error {
                case .full(let cause), .fatal(let cause): throw cause
                }
            }
        }
    }

    deinit {
        prepared.wait()
        if descriptor >= 0 { close(descriptor) }
    }

    /// Where the last command ends.
    package var position: LogPosition { LogPosition(segment: segment, offset: offset) }

    /// Whether there is no next segment for want of room; may be asked from any thread.
    package var lacksNextSegment: @Sendable () -> Bool {
        { [prepared] in prepared.isMissing }
    }

    /// Makes `commands`, already numbered from `lastSeq` + 1, durable.
    ///
    /// - Throws: `full` where there is no room, with nothing of the batch left in the file;
    ///   `fatal` where the process must stop.
    package func append(_ commands: ArraySlice<Command>) throws(JournalWriteError) {
        buffer.removeAll(keepingCapacity: true)
        for (i, command) in commands.enumerated() {
            precondition(command.seq == lastSeq + 1 + UInt64(i), "the log numbers without gaps")
            JournalRecord.append(command, back: UInt16(i), to: &buffer)
        }
        Faults.pass(.beforeAppend)
        do throws(JournalWriteError) {
            if offset + buffer.count > segmentBytes { try roll() }
            try put(buffer)
        } catch {
            refusedBytes = buffer.count
            throw error
        }
        Faults.pass(.afterAppend)
        Faults.pass(.beforeSync)
        do throws(SystemError) {
            if Faults.fails(.failSync) {
                throw SystemError("fdatasync", code: EIO, subject: directory)
            }
            try retryingInterrupts("fdatasync", subject: directory) { fdatasync(descriptor) }
        } catch {
            throw .fatal(error)
        }
        Faults.pass(.afterSync)
        offset += buffer.count
        lastSeq += UInt64(commands.count)
    }

    /// Whether a batch as large as the one refused would find room now: tries it with zeros.
    ///
    /// - Throws: `fatal` only.
    package func hasRoomAgain() throws(JournalWriteError) -> Bool {
        do throws(JournalWriteError) {
            if offset + refusedBytes > segmentBytes { try roll() }
            try put([UInt8](repeating: 0, count: refusedBytes))
            return true
        } catch {
            if case .full = error { return false }
            throw error
        }
    }

    /// Writes `bytes` at `offset`; where the room ends, zeroes what of it was written.
    private func put(_ bytes: [UInt8]) throws(JournalWriteError) {
        let failure = bytes.withUnsafeBytes { raw in
            Self.failure {
                () throws(SystemError) in
                try JournalSegment.write(
                    raw, to: descriptor, at: offset, subject: directory, write: write)
            }
        }
        guard let failure else { return }
        guard JournalSegment.isFull(failure) else { throw .fatal(failure) }
        // Zeroing overwrites what is there already and so needs no room; where it fails too, a
        // refused command could come back at recovery: the process must stop.
        do throws(SystemError) {
            try JournalSegment.zero(
                descriptor, offset..<offset + bytes.count, subject: directory,
                write: JournalSegment.pwriteCall)
            try retryingInterrupts("fdatasync", subject: directory) { fdatasync(descriptor) }
        } catch {
            throw .fatal(error)
        }
        throw .full(failure)
    }

    private static func failure(_ body: () throws(SystemError) -> Void) -> SystemError? {
        do throws(SystemError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    /// Begins the next segment: takes the prepared file, writes its header, syncs the directory.
    private func roll() throws(JournalWriteError) {
        let path = directory + "/" + JournalSegment.fileName(firstSeq: lastSeq + 1)
        var next: Int32 = -1
        let failure = Self.failure { () throws(SystemError) in
            try prepared.take(as: path)
            next = try retryingInterrupts("open", subject: path) { open(path, O_RDWR | O_CLOEXEC) }
            try writeHeader(next, path)
        }
        if let failure {
            // Nothing of it counts yet; left there, it would stand behind the segment that goes on.
            if next >= 0 {
                close(next)
                unlink(path)
            }
            throw JournalSegment.isFull(failure) && failure.operation != "fdatasync"
                ? .full(failure) : .fatal(failure)
        }
        if descriptor >= 0 { close(descriptor) }
        descriptor = next
        offset = JournalSegment.headerBytes
        segment = lastSeq + 1
        prepared.prepare()
    }

    private func writeHeader(_ next: Int32, _ path: String) throws(SystemError) {
        let header = JournalSegment.header(
            firstSeq: lastSeq + 1, createdNs: UInt64(WallClock.unixNs()))
        let failure = header.withUnsafeBytes { raw in
            Self.failure { () throws(SystemError) in
                try JournalSegment.write(raw, to: next, at: 0, subject: path, write: write)
            }
        }
        if let failure { throw failure }
        try retryingInterrupts("fdatasync", subject: path) { fdatasync(next) }
        try JournalSegment.syncDirectory(directory)
    }
}

@available(*, unavailable)
extension JournalWriter: Sendable {}

/// The next segment, written full of zeros in the background; where there is no room, tried again
/// until there is.
private final class PreparedSegment: Sendable {
    private struct Worker {
        let thread: DedicatedThread
        /// Signalled where it must not wait for room any longer.
        let stop: HarnessCore.Semaphore
    }
    private let path: String
    private let size: Int
    private let write: JournalSegment.Write
    private let worker = Mutex<Worker?>(nil)
    private let failure = Mutex<SystemError?>(nil)
    private let missing = Atomic<Bool>(false)

    init(directory: String, size: Int, write: @escaping JournalSegment.Write) {
        path = directory + "/next.prepared"
        self.size = size
        self.write = write
    }

    /// The last try to make it failed.
    var isMissing: Bool { missing.load(ordering: .relaxed) }

    func prepare() {
        let stop = HarnessCore.Semaphore()
        let thread = DedicatedThread(name: "journal-prepare") { [self] in
            while !attempt() {
                if stop.wait(upTo: .milliseconds(250)) { return }
            }
        }
        worker.withLock { $0 = Worker(thread: thread, stop: stop) }
    }

    /// False where room may make the next try a better one.
    private func attempt() -> Bool {
        do throws(SystemError) {
            if access(path, F_OK) != 0 {
                try JournalSegment.create(path: path, size: size, write: write)
            }
            failure.withLock { $0 = nil }
            missing.store(false, ordering: .relaxed)
            return true
        } catch {
            failure.withLock { $0 = error }
            missing.store(true, ordering: .relaxed)
            return !JournalSegment.isFull(error)
        }
    }

    func wait() {
        let running = worker.withLock { current in
            defer { current = nil }
            return current
        }
        running?.stop.signal()
        running?.thread.join()
    }

    /// Gives the prepared file its name; makes one now where there is none.
    func take(as name: String) throws(SystemError) {
        wait()
        let known = failure.withLock { failure in
            defer { failure = nil }
            return failure
        }
        if let known, !JournalSegment.isFull(known) { throw known }
        if access(path, F_OK) != 0 {
            try JournalSegment.create(path: path, size: size, write: write)
        }
        try retryingInterrupts("rename", subject: name) { rename(path, name) }
        missing.store(false, ordering: .relaxed)
    }
}
