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
        let (contents, damage) = try scan(directory: directory)
        if let damage { throw damage }
        return contents
    }

    /// Everything up to the end, or up to the first damage.
    /// - Throws: `SystemError` or Foundation's error where a file cannot be read.
    package static func scan(
        directory: String
    ) throws -> (contents: Contents, damage: WalDamage?) {
        var contents = Contents()
        let segments = try segments(in: directory)
        var torn: WalDamage?
        for (place, segment) in segments.enumerated() {
            let data = try Data(contentsOf: URL(fileURLWithPath: segment.path))
            let name = WriteAheadLog.fileName(segment.number)
            let (records, end, damage) = scan(Array(data), name: name)
            if case .header(let header)? = records.first {
                // The segment before may end torn only where its sync is known to have failed.
                if let torn, !header.afterFailure { return (contents, torn) }
            } else if place < segments.count - 1 || !records.isEmpty {
                let why = "it does not begin with a header"
                return (contents, WalDamage(segment: name, offset: 0, why: why))
            } else if let torn {
                return (contents, torn)
            }
            torn = nil
            contents.records += records
            if let damage { return (contents, damage) }
            if end < data.count {
                contents.tornBytes += data.count - end
                torn = WalDamage(segment: name, offset: end, why: "it ends within a record")
            }
        }
        return (contents, nil)
    }

    /// Records of one segment and where the good part of it ends.
    package static func read(
        _ bytes: [UInt8], name: String
    ) throws(WalDamage) -> (records: [WalRecord], end: Int) {
        let (records, end, damage) = scan(bytes, name: name)
        if let damage { throw damage }
        return (records, end)
    }

    private static func scan(
        _ bytes: [UInt8], name: String
    ) -> (records: [WalRecord], end: Int, damage: WalDamage?) {
        var records: [WalRecord] = []
        var offset = 0
        var damagedAt: Int?
        bytes.withUnsafeBytes { raw in
            while let (record, next) = WalRecord.decode(raw, at: offset) {
                records.append(record)
                offset = next
            }
            // A good record behind an unreadable place: the place is no torn end.
            for later in (offset + 1)..<max(offset + 1, raw.count) {
                if WalRecord.decode(raw, at: later) != nil {
                    damagedAt = offset
                    break
                }
            }
        }
        let damage = damagedAt.map {
            WalDamage(segment: name, offset: $0, why: "an unreadable record before good ones")
        }
        return (records, offset, damage)
    }
}
