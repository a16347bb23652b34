// Files of a run's folder that grow line by line, many at once: more of them than a process may
// have open. Each has a buffer; a full one is appended to `.<name>.part`, which is open for that
// moment only. `finish` syncs and renames them, so that a file appears whole or not at all. Used by
// one thread; blocks on the disk.

import Glibc
package import HarnessCore

package final class GrowingFiles {
    private struct File {
        var buffer: [UInt8] = []
        var bytes = 0
        var hash = Sha256Stream()
        var isThere = false
    }
    /// Of each file; a thousand of them take 32 MB at most.
    private static let bufferBytes = 32 << 10

    private let directory: RunDirectory
    private var files: [String: File] = [:]

    package init(_ directory: RunDirectory) { self.directory = directory }

    deinit { for name in files.keys { unlink(part(name)) } }

    /// Adds to the end of a file, which the first piece makes.
    /// - Precondition: `name` is one path component.
    package func append(_ bytes: [UInt8], to name: String) throws(CommandFailure) {
        precondition(RunDirectory.isComponent(name), "a file name is one path component")
        var file = files.removeValue(forKey: name) ?? File()
        file.buffer += bytes
        file.bytes += bytes.count
        file.hash.update(bytes)
        // A failure must not lose the name: its part file is to be removed.
        defer { files[name] = file }
        if file.buffer.count >= Self.bufferBytes { try flush(&file, name) }
    }

    /// Puts every file in its place. A failure leaves those behind it out.
    package func finish() throws(CommandFailure) {
        for (name, var file) in files.sorted(by: { $0.key < $1.key }) {
            try flush(&file, name)
            do throws(SystemError) {
                let descriptor = try Self.open(part(name), 0)
                defer { close(descriptor) }
                try retryingInterrupts("fsync") { fsync(descriptor) }
                try retryingInterrupts("rename") { rename(part(name), directory.path(name)) }
            } catch {
                throw RunDirectory.failure("write", directory.path(name), error.code)
            }
            directory.note(
                WrittenFile(name: name, bytes: file.bytes, sha256: file.hash.hex))
            files[name] = nil
        }
        do throws(SystemError) {
            try RunDirectory.syncFolder(directory.path)
        } catch {
            throw RunDirectory.failure("write", directory.path, error.code)
        }
    }

    private func part(_ name: String) -> String { directory.path(".\(name).part") }

    private func flush(_ file: inout File, _ name: String) throws(CommandFailure) {
        do throws(SystemError) {
            let descriptor = try Self.open(
                part(name), file.isThere ? O_APPEND : O_CREAT | O_TRUNC)
            // fsync reports later what close could not write.
            defer { close(descriptor) }
            file.isThere = true
            var offset = 0
            while offset < file.buffer.count {
                offset += try retryingInterrupts("write") {
                    file.buffer.withUnsafeBytes { raw in
                        write(
                            descriptor, raw.baseAddress.map { $0 + offset }, raw.count - offset)
                    }
                }
            }
            file.buffer.removeAll(keepingCapacity: true)
        } catch {
            throw RunDirectory.failure("write", directory.path(name), error.code)
        }
    }

    private static func open(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
        try retryingInterrupts("open", subject: path) {
            Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | flags, 0o644)
        }
    }
}

@available(*, unavailable)
extension GrowingFiles: Sendable {}
