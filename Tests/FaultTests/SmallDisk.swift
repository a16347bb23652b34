// A disk that can be filled: a tmpfs of some MiB, mounted by the test, which needs the right to.

import Foundation
import Glibc
import TestSupport

/// A mounted tmpfs, gone with its owner.
final class SmallDisk {
    let path: String
    private let directory: TemporaryDirectory
    private var filler: String { path + "/filler" }

    /// Whether this process may mount one.
    static let isAllowed: Bool = (try? SmallDisk(mebibytes: 1)) != nil

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(mebibytes: Int) throws {
        directory = try TemporaryDirectory()
        path = directory.path + "/disk"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "spotload-test", path])
    }

    deinit {
        do {
            // Lazily: whoever still has a file open there keeps it until he closes it.
            try Self.run("umount", ["-l", path])
        } catch {
            print("\(path) stays mounted: \(error)")
        }
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(program) \(arguments): \(process.terminationStatus)")
        }
    }

    /// Bytes that can still be written.
    var free: Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return -1 }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    /// Takes all the room there is, and what others give back meanwhile.
    func fill() throws {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(description: "open \(filler): \(errno)") }
        defer { close(descriptor) }
        let chunk = [UInt8](repeating: 0xA5, count: 4_096)
        while write(descriptor, chunk, chunk.count) == chunk.count {}
        guard errno == ENOSPC else { throw Failure(description: "write \(filler): \(errno)") }
    }

    /// Gives back what `fill` took.
    func empty() { unlink(filler) }
}
