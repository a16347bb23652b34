// The reading end: all records of a log in order. A torn end, where writing was cut short, is left
// out; anything unreadable with a good record behind it is damage and refuses the whole log.
//
//     good good good torn|            -> three records         (last segment, or before a failure)
//     good BAD  good good|            -> refused, with the place

import Foundation
import HarnessCore

/// Damage in the middle of a log.
package struct WalDamage: Error, Sendable, Equatable, CustomStringConvertible {
    package let segment: String
    package let offset: Int
    package let why: String
    package init(segment: String, offset: Int, why: String) {
        self.segment = segment
        self.offset = offset
        self.why = why
    }
    package var description: String { "\(segment) is damaged at byte \(offset): \(why)" }
}

/// Where a record stands in a log.
package struct WalPlace: Sendable, Equatable {
    package let segment: Int
    package let offset: Int
}

package enum WalReader {
    package struct Contents: Sendable, Equatable {
        package var records: [WalRecord] = []
        /// Bytes of the torn end that were left out.
        package var tornBytes = 0
        package init() {}
    }

    /// Segment files in order of their numbers; a missing directory has none.
    static func segments(in directory: String) throws(SystemError) -> [(number: Int, path: String)]
    {
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw SystemError("readdir", subject: directory)
        }
        return names.compactMap { name -> (number: Int, path: String)? in
            guard name.hasSuffix(".wal"), let number = Int(name.dropLast(4)) else { return nil }
            return (number, directory + "/" + name)
        }.sorted { $0.number < $1.number }
    }

    /// - Throws: `WalDamage`, or `SystemError` where a file cannot be read.
    package static func read(directory: String) throws -> Contents {
        var contents = Contents()
        contents.tornBytes = try visit(directory: directory) { record, _ in
            contents.records.append(record)
        }
        return contents
    }

    /// Gives every record in order to `body`, a segment mapped at a time, so that a log of any
    /// length takes no memory; answers how many bytes of torn ends were left out. Where it throws,
    /// what `body` got is part of a damaged log.
    package static func visit(
        directory: String, _ body: (WalRecord, WalPlace) throws -> Void
    ) throws -> Int {
        var tornBytes = 0
        let segments = try segments(in: directory)
        var torn: WalDamage?
        for (place, segment) in segments.enumerated() {
            let data = try Data(
                contentsOf: URL(fileURLWithPath: segment.path), options: .alwaysMapped)
            let name = WriteAheadLog.fileName(segment.number)
            var isFirst = true
            let end = try data.withUnsafeBytes { raw in
                try visit(raw, name: name) { record, offset in
                    if isFirst {
                        isFirst = false
                        guard case .header(let header) = record else {
                            throw WalDamage(
                                segment: name, offset: 0, why: "it does not begin with a header")
                        }
                        // The segment before may end torn only where its sync is known to have
                        // failed.
                        if let torn, !header.afterFailure { throw torn }
                    }
                    try body(record, WalPlace(segment: segment.number, offset: offset))
                }
            }
            if isFirst {
                // Without any record it can only be the last segment, behind a good one.
                if place < segments.count - 1 {
                    throw WalDamage(
                        segment: name, offset: 0, why: "it does not begin with a header")
                }
                if let torn { throw torn }
            }
            torn = nil
            if end < data.count {
                tornBytes += data.count - end
                torn = WalDamage(segment: name, offset: end, why: "it ends within a record")
            }
        }
        return tornBytes
    }

    /// Records of one segment and where the good part of it ends.
    package static func read(
        _ bytes: [UInt8], name: String
    ) throws -> (records: [WalRecord], end: Int) {
        var records: [WalRecord] = []
        let end = try bytes.withUnsafeBytes { raw in
            try visit(raw, name: name) { record, _ in records.append(record) }
        }
        return (records, end)
    }

    /// Gives the records of one segment to `body`; answers where the good part of it ends.
    private static func visit(
        _ raw: UnsafeRawBufferPointer, name: String, _ body: (WalRecord, Int) throws -> Void
    ) throws -> Int {
        var offset = 0
        while let (record, next) = WalRecord.decode(raw, at: offset) {
            try body(record, offset)
            offset = next
        }
        // A good record behind an unreadable place: the place is no torn end.
        for later in (offset + 1)..<max(offset + 1, raw.count) {
            guard WalRecord.decode(raw, at: later) == nil else {
                throw WalDamage(
                    segment: name, offset: offset, why: "an unreadable record before good ones")
            }
        }
        return offset
    }
}
