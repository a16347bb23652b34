// Reading a scenario's file: regular, at most 1 MiB, UTF-8. A FIFO must not block and a device must
// not be read, so the kind is asked of the open descriptor.

import Glibc
import HarnessCore

enum DocumentFile {
    /// - Parameter what: as the message of one too large calls it.
    static func read(
        _ path: String, what: String = "the document", bytesMax: Int = Limits.documentBytes
    ) throws(ScenarioErrors) -> String {
        let place = SourcePosition(file: path, line: 1, column: 1)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ScenarioErrors("cannot be read: \(String(cString: strerror(errno)))", at: place)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ScenarioErrors("is no regular file", at: place)
        }
        let tooLarge = ScenarioErrors(
            "\(what) is larger than \(bytesMax) bytes", at: place)
        guard status.st_size <= bytesMax else { throw tooLarge }
        // One byte more than allowed: the file may be growing.
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                throw ScenarioErrors(
                    "cannot be read: \(String(cString: strerror(errno)))", at: place)
            }
            if got == 0 { break }
            count += got
        }
        guard count <= bytesMax else { throw tooLarge }
        guard let text = String(validating: bytes.prefix(count), as: UTF8.self) else {
            throw ScenarioErrors("is not UTF-8", at: place)
        }
        return text
    }
}
