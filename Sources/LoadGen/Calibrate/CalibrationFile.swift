// `calibration.json`: the ceilings that were measured, of several machines and shapes. Values only;
// reading and writing are at the end.
//
// Version 1. Additions keep it; anything else raises it. A file is replaced whole or not at all,
// and one that does not read is never replaced.

import Foundation
import Glibc
package import HarnessCore

package struct CalibrationFile: Sendable, Codable, Equatable {
    package static let name = "calibration.json"
    package static let currentVersion = 1
    package static let entriesMax = 1_000
    package static let bytesMax = 16 << 20

    package var version = currentVersion
    package private(set) var entries: [CalibrationEntry]

    package init(entries: [CalibrationEntry] = []) {
        self.entries = []
        for entry in entries { add(entry) }
    }

    private enum CodingKeys: String, CodingKey { case version, entries }

    /// Takes an entry in; of two of one identity the newer stays.
    /// - Returns: whether it is in the file now.
    @discardableResult
    package mutating func add(_ entry: CalibrationEntry) -> Bool {
        if let known = entries.firstIndex(where: { $0.hasIdentity(of: entry) }) {
            guard entries[known].measuredAt <= entry.measuredAt else { return false }
            entries[known] = entry
            return true
        }
        entries.append(entry)
        guard entries.count > Self.entriesMax else { return true }
        // The oldest has most likely been measured with a version nobody has any more.
        let oldest = entries.indices.min { entries[$0].measuredAt < entries[$1].measuredAt }
        if let oldest { entries.remove(at: oldest) }
        return true
    }

    /// Those of another file too.
    /// - Returns: how many of them are new here or newer.
    package mutating func merge(_ other: CalibrationFile) -> Int {
        other.entries.count { add($0) }
    }

    package func json() throws(CommandFailure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw CommandFailure(.internalError, "\(Self.name) cannot be encoded: \(error)")
        }
    }

    /// - Throws: `CommandFailure` 104, naming file, place and what to do.
    package static func decode(
        _ bytes: [UInt8], path: String
    ) throws(CommandFailure) -> CalibrationFile {
        struct Version: Decodable { let version: Int }
        let file: CalibrationFile
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).version
            guard version == currentVersion else {
                throw damaged(path, "it has version \(version), this build reads 1")
            }
            file = try JSONDecoder().decode(CalibrationFile.self, from: Data(bytes))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw damaged(path, words(error))
        }
        guard file.entries.count <= entriesMax else {
            throw damaged(path, "it has \(file.entries.count) entries, \(entriesMax) at most")
        }
        for (i, entry) in file.entries.enumerated() {
            if let objection = entry.objection {
                throw damaged(path, "entries[\(i)]: \(objection)")
            }
        }
        return CalibrationFile(entries: file.entries)
    }

    private static func damaged(_ path: String, _ what: String) -> CommandFailure {
        CommandFailure(
            .badConfiguration,
            "\(path) is not what calibrate writes: \(what); it was left as it is: mend it, or move "
                + "it away to begin a new one")
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "it is no JSON" }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context)) has no \"\(key.stringValue)\""
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "\(place(context)): \(context.debugDescription)"
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty
                ? "it is no JSON" : "\(place(context)): \(context.debugDescription)"
        @unknown default: return "it does not read"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { key in
            key.intValue.map { "[\($0)]" } ?? "." + key.stringValue
        }.joined()
        return path.isEmpty ? "the document" : String(path.drop { $0 == "." })
    }
}

extension CalibrationFile {
    /// Nil: there is no such file.
    /// - Throws: `CommandFailure` 104 where it does not read.
    package static func read(_ path: String) throws(CommandFailure) -> CalibrationFile? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: bytesMax + 1)
        else { throw damaged(path, "it cannot be read") }
        guard data.count <= bytesMax else {
            throw damaged(path, "it has over \(bytesMax >> 20) MiB")
        }
        return try decode(Array(data), path: path)
    }

    /// Puts the file in place: written beside it, synced, renamed.
    /// - Throws: `CommandFailure` 69 where that cannot be done; what was there is there still.
    package func write(to path: String) throws(CommandFailure) {
        let bytes = try json()
        let temporary = path + ".\(getpid()).part"
        do throws(SystemError) {
            let descriptor = try retryingInterrupts("open", subject: temporary) {
                open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
            }
            defer { close(descriptor) }
            var offset = 0
            while offset < bytes.count {
                offset += try retryingInterrupts("write", subject: temporary) {
                    bytes[offset...].withUnsafeBytes {
                        Glibc.write(descriptor, $0.baseAddress, $0.count)
                    }
                }
            }
            try retryingInterrupts("fsync", subject: temporary) { fsync(descriptor) }
            try retryingInterrupts("rename", subject: path) { rename(temporary, path) }
        } catch {
            // What failed is reported; a leftover is harmless.
            unlink(temporary)
            throw CommandFailure(
                .unavailable, "cannot write \(path): \(error); give another folder with --out")
        }
    }
}
