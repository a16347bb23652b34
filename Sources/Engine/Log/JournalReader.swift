// Reading a journal back: every record in order, and what to make of its end.
//
// Where seq E is expected and no valid record stands: a *torn tail* if this is the last segment and
// every valid record with seq > E that follows is of the same batch (seq - back <= E); then the
// rest is zeroed. Anything else is *corruption* and nothing is changed: a later batch was written
// only after the sync of this one had returned, so E had been acknowledged. So is a valid record
// of another seq where E belongs, a record whose checksum holds but which this version cannot
// read, and anything but zeros at the end of a segment that another one follows.

import Glibc
package import HarnessCore

/// What recovery found.
package struct JournalRecovery: Sendable, Equatable {
    /// Last seq in the journal, 0 if there is none.
    package var lastSeq: UInt64 = 0
    /// Segment to go on with and the offset of its first free byte; nil: no segment yet.
    package var segment: String?
    package var offset = 0
    /// Bytes of a torn tail that were zeroed.
    package var tornBytes = 0
}

package enum JournalReader {
    /// Calls `body` with every command in order and repairs a torn tail.
    ///
    /// - Throws: `CommandFailure` 70 naming file and offset where the journal is corrupt.
    package static func recover(
        directory: String, _ body: (Command) throws(CommandFailure) -> Void
    ) throws(CommandFailure) -> JournalRecovery {
        var recovery = JournalRecovery()
        do {
            let names = try JournalSegment.list(directory)
            for (i, name) in names.enumerated() {
                let path = directory + "/" + name
                let isLast = i == names.count - 1
                let bytes = try MappedFile(path: path)
                try read(bytes, path: path, isLast: isLast, &recovery, body)
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.internalError, "journal: \(error)")
        }
        return recovery
    }

    private static func read(
        _ file: borrowing MappedFile, path: String, isLast: Bool, _ recovery: inout JournalRecovery,
        _ body: (Command) throws(CommandFailure) -> Void
    ) throws {
        let bytes = file.bytes
        let expectedFirst = recovery.lastSeq + 1
        guard bytes.count >= JournalSegment.headerBytes,
            let first = JournalSegment.firstSeq(header: bytes)
        else {
            // A segment prepared but not begun has no header yet, or a part of one, and no records.
            let records = min(JournalSegment.headerBytes, bytes.count)
            if isLast, endOfWritten(bytes, from: records) == records { return }
            throw corruption(path, 0, "its header is damaged")
        }
        guard first == expectedFirst else {
            throw corruption(path, 0, "it begins at seq \(first), expected \(expectedFirst)")
        }
        var offset = JournalSegment.headerBytes
        while offset < bytes.count {
            do {
                let (command, _, next) = try JournalRecord.read(bytes, at: offset)
                guard command.seq == recovery.lastSeq + 1 else {
                    throw corruption(
                        path, offset, "seq \(command.seq) where \(recovery.lastSeq + 1) belongs")
                }
                try body(command)
                recovery.lastSeq = command.seq
                offset = next
            } catch JournalRecordError.unreadable {
                throw corruption(path, offset, "a whole record of a kind unknown here")
            } catch is JournalRecordError {
                recovery.tornBytes = try repair(
                    bytes, path: path, at: offset, expected: recovery.lastSeq + 1, isLast: isLast)
                break
            }
        }
        recovery.segment = path
        recovery.offset = offset
    }

    /// Zeroes a torn tail; returns how many bytes were not zero.
    private static func repair(
        _ bytes: UnsafeRawBufferPointer, path: String, at offset: Int, expected: UInt64,
        isLast: Bool
    ) throws -> Int {
        let end = endOfWritten(bytes, from: offset)
        guard end > offset else { return 0 }
        guard isLast else {
            throw corruption(
                path, offset, "seq \(expected) is damaged and another segment follows")
        }
        var later = offset + 8
        while later + JournalRecord.headerBytes <= end {
            // Anything but a whole valid record is what we are looking past.
            if let found = try? JournalRecord.read(bytes, at: later), found.command.seq > expected {
                guard found.command.seq - expected <= UInt64(found.back) else {
                    throw corruption(
                        path, offset,
                        "seq \(expected) is damaged and seq \(found.command.seq) follows")
                }
                later = found.next
            } else {
                later += 8
            }
        }
        let descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_RDWR | O_CLOEXEC)
        }
        defer { close(descriptor) }
        try JournalSegment.zero(
            descriptor, offset..<end, subject: path, write: JournalSegment.pwriteCall)
        try retryingInterrupts("fdatasync", subject: path) { fdatasync(descriptor) }
        return end - offset
    }

    /// Offset after the last byte that is not zero, at least `start`. Records begin at multiples of
    /// 8, so a step looks at a word.
    private static func endOfWritten(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = bytes.count & ~7
        while end > start, bytes.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self) == 0 {
            end -= 8
        }
        return end
    }

    private static func corruption(_ path: String, _ offset: Int, _ what: String) -> CommandFailure
    {
        CommandFailure(
            .internalError,
            "journal corrupt: \(path) at offset \(offset): \(what); nothing was changed")
    }
}

/// A file mapped for reading.
struct MappedFile: ~Copyable {
    let bytes: UnsafeRawBufferPointer

    init(path: String) throws(SystemError) {
        let descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_RDONLY | O_CLOEXEC)
        }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, Int(size), PROT_READ, MAP_PRIVATE, descriptor, 0),
            address != MAP_FAILED
        else { throw SystemError("mmap", subject: path) }
        bytes = UnsafeRawBufferPointer(start: address, count: Int(size))
    }

    deinit {
        if let base = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
        }
    }
}
