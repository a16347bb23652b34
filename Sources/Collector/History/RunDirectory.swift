// The folder of one run, `<out>/<run-id>/`: made before the run starts, so that an unwritable place
// is found before two minutes of load and not after. A file appears whole or not at all: written
// beside its place, fsynced, renamed, and the folder fsynced. Blocks on the disk: call it from a
// thread that may. Several threads may write different names.

import Glibc
package import HarnessCore
import Synchronization

/// A file as it was written.
package struct WrittenFile: Sendable, Equatable {
    package var name: String
    package var bytes: Int
    /// Lowercase hex.
    package var sha256: String

    package init(name: String, bytes: Int, sha256: String) {
        self.name = name
        self.bytes = bytes
        self.sha256 = sha256
    }
}

package final class RunDirectory: Sendable {
    /// As the user named it: relative stays relative.
    package let path: String
    private let written = Mutex<[WrittenFile]>([])

    private static let advice = "give a writable folder with --out"

    private init(path: String) { self.path = path }

    /// Makes `<out>/<run-id>/`, parents too.
    /// - Precondition: `runID` is one path component.
    package static func create(
        out: String, runID: String
    ) throws(CommandFailure) -> RunDirectory {
        precondition(isComponent(runID), "a run id is one path component")
        let parent = out.isEmpty ? "." : out
        try makeParents(parent)
        let path = parent.hasSuffix("/") ? parent + runID : parent + "/" + runID
        guard mkdir(path, 0o755) == 0 else {
            let code = errno
            if code == EEXIST {
                throw CommandFailure(
                    .unavailable,
                    "the folder \(path) exists already and results are never overwritten: "
                        + "move it away or give another folder with --out")
            }
            throw failure("create the folder", path, code)
        }
        return RunDirectory(path: path)
    }

    /// A folder that is there, or is made now: for reports of a run that is over.
    package static func at(_ path: String) throws(CommandFailure) -> RunDirectory {
        let given = path.isEmpty ? "." : path
        try makeParents(given)
        let isRoot = given.allSatisfy { $0 == "/" }
        return RunDirectory(path: isRoot ? given : trimmed(given))
    }

    private static func trimmed(_ path: String) -> String {
        String(path.reversed().drop { $0 == "/" }.reversed())
    }

    /// Counts a file that is there already among those written.
    package func adopt(_ name: String, _ bytes: [UInt8]) {
        note(WrittenFile(name: name, bytes: bytes.count, sha256: Sha256.hex(bytes)))
    }

    /// What has been written so far, by name.
    package var files: [WrittenFile] {
        written.withLock { files in files.sorted { $0.name < $1.name } }
    }

    package func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file whole; one of the same name is replaced.
    /// - Precondition: `name` is one path component.
    package func write(_ name: String, _ bytes: [UInt8]) throws(CommandFailure) {
        precondition(Self.isComponent(name), "a file name is one path component")
        let temporary = path(".\(name).part")
        do throws(SystemError) {
            try Self.store(bytes, temporary)
            try retryingInterrupts("rename") { rename(temporary, path(name)) }
            try Self.syncFolder(path)
        } catch {
            // What failed is reported; a leftover part file is harmless if this fails as well.
            unlink(temporary)
            throw Self.failure("write", path(name), error.code)
        }
        note(WrittenFile(name: name, bytes: bytes.count, sha256: Sha256.hex(bytes)))
    }

    /// Lists a file that is in its place.
    func note(_ file: WrittenFile) {
        written.withLock { files in
            files.removeAll { $0.name == file.name }
            files.append(file)
        }
    }

    private static func makeParents(_ parent: String) throws(CommandFailure) {
        var prefix = parent.hasPrefix("/") ? "/" : ""
        for component in parent.split(separator: "/") {
            prefix += (prefix.isEmpty || prefix == "/" ? "" : "/") + component
            if mkdir(prefix, 0o755) != 0 && errno != EEXIST {
                throw failure("create the folder", prefix, errno)
            }
        }
    }

    private static func store(_ bytes: [UInt8], _ path: String) throws(SystemError) {
        let descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        }
        do throws(SystemError) {
            var offset = 0
            while offset < bytes.count {
                offset += try retryingInterrupts("write", subject: path) {
                    bytes.withUnsafeBytes {
                        Glibc.write(descriptor, $0.baseAddress! + offset, bytes.count - offset)
                    }
                }
            }
            try retryingInterrupts("fsync", subject: path) { fsync(descriptor) }
        } catch {
            close(descriptor)
            throw error
        }
        // fsync has already reported what close could.
        close(descriptor)
    }

    static func syncFolder(_ path: String) throws(SystemError) {
        let descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { close(descriptor) }
        try retryingInterrupts("fsync", subject: path) { fsync(descriptor) }
    }

    static func failure(
        _ operation: String, _ path: String, _ code: Int32
    ) -> CommandFailure {
        let reason = String(cString: strerror(code))
        let todo = code == ENOSPC || code == EDQUOT ? "free some space, or \(advice)" : advice
        return CommandFailure(.unavailable, "cannot \(operation) \(path): \(reason); \(todo)")
    }

    static func isComponent(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".."
            && !name.utf8.contains { $0 == 0x2F || $0 == 0 }
    }
}
