// Reading a journal back: every record in order, and what to make of its end.
//
// Where seq E is expected and no valid record stands: a *torn tail* if this is the last segment and
// every valid record with seq > E that follows is of the same batch (seq - back <= E); then the
// rest is zeroed. Anything else is *corruption* and nothing is changed: a later batch was written
// only after the sync of this one had returned, so E had been acknowledged. So is a valid record
// of another seq where E belongs, a record whose checksum holds but which this version cannot
// read, and anything but zeros at the end of a segment that another one follows.
//
// A roll that was cut short leaves a segment with a name and no header: it is removed, for the one
// before goes on, and later segments would stand behind it.

import Glibc
package import HarnessCore

/// A place in the journal between two records.
package struct LogPosition: Sendable, Equatable {
    /// First seq of the segment, which is its name.
    package var segment: UInt64
    /// Of the byte after the last record before this place.
    package var offset: Int

    package init(segment: UInt64, offset: Int) {
        self.segment = segment
        self.offset = offset
    }
}

/// What recovery found.
package struct JournalRecovery: Sendable, Equatable {
    /// Last seq in the journal, 0 if there is none.
    package var lastSeq: UInt64 = 0
    /// Segment to go on with and the offset of its first free byte; nil: no segment yet.
    package var segment: String?
    package var offset = 0
    /// Bytes of a torn tail that were zeroed.
    package var tornBytes = 0
    /// Where `lastSeq` ends; nil: before the first record.
    package var position: LogPosition?

    package init() {}
}

/// Where reading begins: after the command `seq`, which ends at `position`.
package struct JournalStart: Sendable, Equatable {
    package var seq: UInt64
    package var position: LogPosition

    package init(seq: UInt64, position: LogPosition) {
        self.seq = seq
        self.position = position
    }
}

package enum JournalReader {
    package typealias Body = (Command) throws(CommandFailure) -> Void

    /// Calls `body` with every command in order and repairs a torn tail.
    ///
    /// - Parameter start: nil: the first command there ever was.
    /// - Throws: `CommandFailure` 70 naming file and offset where the journal is corrupt.
    package static func recover(
        directory: String, after start: JournalStart? = nil, _ body: Body
    ) throws(CommandFailure) -> JournalRecovery {
        try walk(directory, after: start, through: nil, body)
    }

    /// Calls `body` with the commands up to `last`, which are durable. Changes nothing; a writer
    /// may be appending meanwhile.
    ///
    /// - Returns: where `last` ends.
    /// - Throws: `CommandFailure` 70 where they are not there.
    package static func replay(
        directory: String, after start: JournalStart?, through last: UInt64, _ body: Body
    ) throws(CommandFailure) -> JournalRecovery {
        let found = try walk(directory, after: start, through: last, body)
        guard found.lastSeq == last else {
            throw CommandFailure(
                .internalError,
                "journal \(directory): it ends at seq \(found.lastSeq), seq \(last) was durable")
        }
        return found
    }

    /// First seq of the oldest segment; nil: there is none.
    package static func firstSeq(directory: String) throws(CommandFailure) -> UInt64? {
        do {
            return try JournalSegment.list(directory).first.flatMap(JournalSegment.firstSeq(name:))
        } catch {
            throw CommandFailure(.internalError, "journal: \(error)")
        }
    }

    /// Whether a segment has a header or anything behind it.
    static func hasRecords(_ path: String) -> Bool {
        // What cannot be read is left to recovery, which says why.
        guard let file = try? MappedFile(path: path) else { return true }
        return withExtendedLifetime(file) {
            endOfWritten(file.bytes, from: JournalSegment.headerBytes)
                > JournalSegment.headerBytes
        }
    }

    private static func walk(
        _ directory: String, after start: JournalStart?, through last: UInt64?, _ body: Body
    ) throws(CommandFailure) -> JournalRecovery {
        var recovery = JournalRecovery()
        do {
            var names = try JournalSegment.list(directory)[...]
            let unbegun = last == nil ? try takeUnbegun(directory, from: &names) : []
            if let start {
                let first = JournalSegment.fileName(firstSeq: start.position.segment)
                names = names.drop { $0 < first }
                guard names.first == first else {
                    throw CommandFailure(
                        .internalError,
                        "journal \(directory): segment \(first), in which seq \(start.seq + 1) "
                            + "follows the snapshot, is missing")
                }
                recovery.lastSeq = start.seq
                recovery.position = start.position
            }
            for name in names where last.map({ recovery.lastSeq < $0 }) ?? true {
                let segment = Segment(
                    path: directory + "/" + name, isLast: name == names.last, through: last)
                let bytes = try MappedFile(path: segment.path)
                try read(bytes, segment, &recovery, body)
            }
            try remove(unbegun, in: directory)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.internalError, "journal: \(error)")
        }
        return recovery
    }

    /// Takes the segments at the end off `names` that have no header and no records.
    private static func takeUnbegun(
        _ directory: String, from names: inout ArraySlice<String>
    ) throws -> [String] {
        var taken: [String] = []
        while let name = names.last {
            let path = directory + "/" + name
            let file = try MappedFile(path: path)
            guard isUnbegun(file.bytes) else { break }
            taken.append(path)
            names.removeLast()
        }
        return taken
    }

    /// A header cut short or none, and zeros from there on.
    private static func isUnbegun(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard JournalSegment.firstSeq(header: bytes) == nil else { return false }
        let records = min(JournalSegment.headerBytes, bytes.count)
        return endOfWritten(bytes, from: records) == records
    }

    private static func remove(_ paths: [String], in directory: String) throws {
        guard !paths.isEmpty else { return }
        for path in paths {
            try retryingInterrupts("unlink", subject: path) { unlink(path) }
        }
        try JournalSegment.syncDirectory(directory)
    }

    private struct Segment {
        var path: String
        var isLast: Bool
        /// Reading ends with this command and repairs nothing; nil: with the last.
        var through: UInt64?
    }

    private static func read(
        _ file: borrowing MappedFile, _ segment: Segment, _ recovery: inout JournalRecovery,
        _ body: Body
    ) throws {
        let bytes = file.bytes
        let path = segment.path
        guard let first = JournalSegment.firstSeq(header: bytes) else {
            throw corruption(path, 0, "its header is damaged")
        }
        var offset = JournalSegment.headerBytes
        if let position = recovery.position, position.segment == first, recovery.segment == nil {
            offset = position.offset
            guard offset >= JournalSegment.headerBytes, offset <= bytes.count, offset % 8 == 0,
                recovery.lastSeq + 1 >= first
            else { throw corruption(path, offset, "no place of a record") }
        } else if first != recovery.lastSeq + 1 {
            throw corruption(
                path, 0, "it begins at seq \(first), expected \(recovery.lastSeq + 1)")
        }
        while offset < bytes.count, recovery.lastSeq != segment.through {
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
                if segment.through == nil {
                    recovery.tornBytes = try repair(
                        bytes, segment, at: offset, expected: recovery.lastSeq + 1)
                }
                break
            }
        }
        recovery.segment = path
        recovery.offset = offset
        recovery.position = LogPosition(segment: first, offset: offset)
    }

    /// Zeroes a torn tail; returns how many bytes were not zero.
    private static func repair(
        _ bytes: UnsafeRawBufferPointer, _ segment: Segment, at offset: Int, expected: UInt64
    ) throws -> Int {
        let path = segment.path
        let end = endOfWritten(bytes, from: offset)
        guard end > offset else { return 0 }
        guard segment.isLast else {
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
