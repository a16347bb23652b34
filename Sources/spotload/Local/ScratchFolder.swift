// A private folder (0700) for the sockets and data of one local run; removed with the run.

import Foundation
import HarnessCore

final class ScratchFolder: Sendable {
    let path: String

    init() throws(CommandFailure) {
        let base = FileManager.default.temporaryDirectory.path
        let name = "spotload-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        path = base + (base.hasSuffix("/") ? "" : "/") + name
        guard mkdir(path, 0o700) == 0 else {
            throw CommandFailure(
                .unavailable,
                "\(SystemError("mkdir", subject: path)): set TMPDIR to a writable folder"
            )
        }
    }

    /// Writes a file of its own and says where it is.
    func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// Nothing in it is of use after the run; what cannot be removed is left to the system's sweep.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
