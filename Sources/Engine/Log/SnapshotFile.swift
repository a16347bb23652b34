// A snapshot's file, `<seq, 20 digits>.sls`, little-endian: a header of 64 bytes, sections, an end.
//
//   0 "SLS1" | 4 u16 version | 6 u16 shard | 8 u64 seq | 16 u64 first seq of the log's segment
//   24 u64 offset after record `seq` in it | 32 u64 event hash | 40 u64 created ns | zeros
//   60 CRC-32C of 0 ..< 60
//   section: u32 kind | u32 CRC-32C | u64 length | payload | zeros to a multiple of 8
//            crc: over kind and length, then the payload
//   end: a section of kind "END!" whose payload is the number of sections before it, u64
//
// What it says of itself is inside, not in its name. It is written as `.tmp`, synced piece by
// piece (one fsync of all would hold up the journal's), renamed, and the directory is synced.

import Glibc
package import HarnessCore

/// What a snapshot says of itself.
package struct SnapshotHeader: Sendable, Equatable {
    package var seq: UInt64
    /// Where `seq` ends in the journal.
    package var position: LogPosition
    package var eventHash: UInt64
    package var createdNs: UInt64

    package init(seq: UInt64, position: LogPosition, eventHash: UInt64, createdNs: UInt64) {
        self.seq = seq
        self.position = position
        self.eventHash = eventHash
        self.createdNs = createdNs
    }
}

package enum SnapshotFile {
    static let headerBytes = 64
    static let version: UInt16 = 1
    static let end: UInt32 = 0x2144_4E45
    /// Bytes between two syncs of a file being written.
    private static let syncBytes = 1 << 20

    static func fileName(seq: UInt64) -> String {
        let digits = String(seq)
        return String(repeating: "0", count: 20 - digits.count) + digits + ".sls"
    }

    /// Seqs of the snapshots in a directory by their names, newest first; what a killed process
    /// left half-written is not among them.
    package static func list(_ directory: String) throws(SystemError) -> [UInt64] {
        try names(directory, suffix: ".sls").compactMap { UInt64($0.dropLast(4)) }
            .sorted(by: >)
    }

    /// Removes what was being written when a process died.
    static func removeUnfinished(_ directory: String) throws(SystemError) {
        for name in try names(directory, suffix: ".sls.tmp") { unlink(directory + "/" + name) }
    }

    private static func names(
        _ directory: String, suffix: String
    ) throws(SystemError) -> [String] {
        guard let handle = opendir(directory) else {
            throw SystemError("opendir", subject: directory)
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(suffix) { names.append(name) }
        }
        return names
    }

    // MARK: Writing

    /// Writes the matcher's state durably under its name.
    package static func write(
        _ matcher: Matcher, position: LogPosition, directory: String
    ) throws(SystemError) -> SnapshotHeader {
        let header = SnapshotHeader(
            seq: matcher.lastSeq, position: position, eventHash: matcher.eventHash,
            createdNs: UInt64(WallClock.unixNs()))
        let path = directory + "/" + fileName(seq: header.seq)
        Faults.pass(.beforeSnapshotWrite)
        do throws(SystemError) {
            try writeFile(matcher, header, path + ".tmp")
            Faults.pass(.afterSnapshotWrite)
            Faults.pass(.beforeRename)
            try retryingInterrupts("rename", subject: path) { rename(path + ".tmp", path) }
        } catch {
            unlink(path + ".tmp")
            throw error
        }
        Faults.pass(.afterRename)
        try JournalSegment.syncDirectory(directory)
        return header
    }

    private static func writeFile(
        _ matcher: Matcher, _ header: SnapshotHeader, _ path: String
    ) throws(SystemError) {
        let descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        }
        defer { close(descriptor) }
        var output = SnapshotOutput(descriptor: descriptor, path: path)
        output.bytes = encoded(header)
        var sections: UInt64 = 0
        try matcher.writeSnapshot { kind, payload throws(SystemError) in
            append(kind: kind.rawValue, payload, to: &output.bytes)
            sections += 1
            if output.bytes.count >= syncBytes { try output.flush() }
        }
        let count = withUnsafeBytes(of: sections.littleEndian, Array.init)
        append(kind: end, count, to: &output.bytes)
        try output.flush()
        try retryingInterrupts("fsync", subject: path) { fsync(descriptor) }
    }

    /// All of a snapshot in memory: for tests and small states.
    package static func bytes(_ matcher: Matcher, position: LogPosition) -> [UInt8] {
        var out = encoded(
            SnapshotHeader(
                seq: matcher.lastSeq, position: position, eventHash: matcher.eventHash,
                createdNs: 0))
        var sections: UInt64 = 0
        matcher.writeSnapshot { kind, payload in
            append(kind: kind.rawValue, payload, to: &out)
            sections += 1
        }
        append(kind: end, withUnsafeBytes(of: sections.littleEndian, Array.init), to: &out)
        return out
    }

    private static func encoded(_ header: SnapshotHeader) -> [UInt8] {
        var out = Array("SLS1".utf8)
        func put(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
        }
        put(version)
        put(UInt16(0))
        put(header.seq)
        put(header.position.segment)
        put(UInt64(header.position.offset))
        put(header.eventHash)
        put(header.createdNs)
        out.append(contentsOf: repeatElement(0, count: 60 - out.count))
        put(CRC32C.checksum(out))
        return out
    }

    private static func append(kind: UInt32, _ payload: [UInt8], to out: inout [UInt8]) {
        let head =
            withUnsafeBytes(of: kind.littleEndian, Array.init)
            + withUnsafeBytes(of: UInt64(payload.count).littleEndian, Array.init)
        let crc = CRC32C.checksum(payload, seed: CRC32C.checksum(head))
        out += head[..<4]
        withUnsafeBytes(of: crc.littleEndian) { out.append(contentsOf: $0) }
        out += head[4...]
        out += payload
        while out.count % 8 != 0 { out.append(0) }
    }

    // MARK: Reading

    /// The header alone; says nothing about what follows it.
    package static func header(
        of bytes: UnsafeRawBufferPointer
    ) throws(SnapshotError) -> SnapshotHeader {
        guard bytes.count >= headerBytes, bytes.prefix(4).elementsEqual("SLS1".utf8) else {
            throw SnapshotError("it is no snapshot")
        }
        func get<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> T {
            bytes.loadUnaligned(fromByteOffset: offset, as: type).littleEndian
        }
        guard
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<60])) == get(60, UInt32.self)
        else { throw SnapshotError("its header is damaged") }
        guard get(4, UInt16.self) == version, get(6, UInt16.self) == 0 else {
            throw SnapshotError(
                "version \(get(4, UInt16.self)), shard \(get(6, UInt16.self)): not known here")
        }
        guard let offset = Int(exactly: get(24, UInt64.self)) else {
            throw SnapshotError("its place in the log is none")
        }
        return SnapshotHeader(
            seq: get(8, UInt64.self),
            position: LogPosition(segment: get(16, UInt64.self), offset: offset),
            eventHash: get(32, UInt64.self), createdNs: get(40, UInt64.self))
    }

    /// Header and state. Every checksum is looked at before anything is believed.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, options: MatcherOptions
    ) throws(SnapshotError) -> (header: SnapshotHeader, matcher: Matcher) {
        let header = try header(of: bytes)
        let matcher = try Matcher(
            snapshot: try sections(bytes), seq: header.seq, options: options)
        guard matcher.eventHash == header.eventHash else {
            throw SnapshotError("header and state are of different commands")
        }
        return (header, matcher)
    }

    /// A file's header and state.
    package static func load(
        _ path: String, options: MatcherOptions
    ) throws(SnapshotError) -> (header: SnapshotHeader, matcher: Matcher) {
        let file = try mapped(path)
        return try withExtendedLifetime(file) { () throws(SnapshotError) in
            try read(file.bytes, options: options)
        }
    }

    static func header(ofFile path: String) throws(SnapshotError) -> SnapshotHeader {
        let file = try mapped(path)
        return try withExtendedLifetime(file) { () throws(SnapshotError) in
            try header(of: file.bytes)
        }
    }

    /// Whether a file is there to its end and every checksum holds.
    static func isWhole(_ path: String) -> Bool {
        do throws(SnapshotError) {
            let file = try mapped(path)
            try withExtendedLifetime(file) { () throws(SnapshotError) in
                _ = try header(of: file.bytes)
                _ = try sections(file.bytes)
            }
            return true
        } catch {
            return false
        }
    }

    private static func mapped(_ path: String) throws(SnapshotError) -> MappedFile {
        do {
            return try MappedFile(path: path)
        } catch {
            throw SnapshotError("\(error)")
        }
    }

    private static func sections(
        _ bytes: UnsafeRawBufferPointer
    ) throws(SnapshotError) -> [SnapshotSection] {
        var sections: [SnapshotSection] = []
        var offset = headerBytes
        while offset + 16 <= bytes.count {
            let kind = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
            let crc = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self).littleEndian
            let size = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self).littleEndian
            guard size <= UInt64(bytes.count - offset - 16) else { break }
            let payload = UnsafeRawBufferPointer(
                rebasing: bytes[(offset + 16)..<(offset + 16 + Int(size))])
            var seed = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 4]))
            seed = CRC32C.checksum(
                UnsafeRawBufferPointer(rebasing: bytes[(offset + 8)..<(offset + 16)]), seed: seed)
            guard CRC32C.checksum(payload, seed: seed) == crc else {
                throw SnapshotError("the section at offset \(offset) is damaged")
            }
            let next = offset + 16 + (Int(size) + 7) & ~7
            if kind == end {
                guard size == 8, next == bytes.count,
                    payload.loadUnaligned(as: UInt64.self).littleEndian == UInt64(sections.count)
                else { throw SnapshotError("its end is damaged") }
                return sections
            }
            guard let known = SnapshotSection.Kind(rawValue: kind) else {
                throw SnapshotError("section kind \(kind) at offset \(offset) is not known here")
            }
            sections.append(SnapshotSection(kind: known, payload: payload))
            offset = next
        }
        throw SnapshotError("it is cut off")
    }
}

/// A file being written piece by piece.
private struct SnapshotOutput {
    let descriptor: Int32
    let path: String
    var bytes: [UInt8] = []
    var offset = 0

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    mutating func flush() throws(SystemError) {
        let failure = bytes.withUnsafeBytes { raw -> SystemError? in
            do throws(SystemError) {
                try JournalSegment.write(
                    raw, to: descriptor, at: offset, subject: path,
                    write: JournalSegment.pwriteCall)
                try retryingInterrupts("fdatasync", subject: path) { fdatasync(descriptor) }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        offset += bytes.count
        bytes.removeAll(keepingCapacity: true)
    }
}
