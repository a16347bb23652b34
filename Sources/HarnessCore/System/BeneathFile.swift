// Reads a file that a document names: beneath a folder, wherever links on the way point, and a
// regular file, so that neither `../../etc/passwd` nor a FIFO or a device can be reached.
//
// The kernel holds the rule (openat2(2), RESOLVE_BENEATH): checking the text of a path, or the
// links first and opening afterwards, would race with whoever changes the folder.

import CLinux
import Glibc

/// Why a file beneath a folder was not read.
package enum BeneathFileError: Error, Sendable, Equatable {
    /// `..`, an absolute path, or a link leads out of the folder.
    case outside
    case notRegular
    case tooLarge(bytesMax: Int)
    case failed(SystemError)
}

package enum BeneathFile {
    /// The bytes of `path` beneath `folder` ("" is the working directory).
    ///
    /// Never blocks on a FIFO. A file that grows meanwhile is refused past `bytesMax`.
    package static func read(
        _ path: String, in folder: String, bytesMax: Int
    ) throws(BeneathFileError) -> [UInt8] {
        let base = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard base >= 0 else { throw .failed(SystemError("open", subject: folder)) }
        defer { close(base) }
        let descriptor = try opened(path, beneath: base)
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .failed(SystemError("fstat", subject: path))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        guard status.st_size <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        return try bytes(of: descriptor, size: Int(status.st_size), bytesMax: bytesMax, path)
    }

    private static func opened(
        _ path: String, beneath base: Int32
    ) throws(BeneathFileError) -> Int32 {
        // "/proc/self/fd/3" and the like are links the kernel follows by itself.
        let rules = UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
        let flags = UInt64(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        // EAGAIN: something was renamed while the kernel walked; it asks to try again.
        for _ in 0..<16 {
            let descriptor = spot_openat2(base, path, flags, rules)
            if descriptor >= 0 { return descriptor }
            switch errno {
            case EINTR, EAGAIN: continue
            case EXDEV, ELOOP: throw .outside
            case ENXIO, ENODEV: throw .notRegular
            default: throw .failed(SystemError("open", subject: path))
            }
        }
        throw .failed(SystemError("open", code: EAGAIN, subject: path))
    }

    private static func bytes(
        of descriptor: Int32, size: Int, bytesMax: Int, _ path: String
    ) throws(BeneathFileError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: size + 1)
        var count = 0
        while true {
            if count == result.count {
                guard count <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
                result += [UInt8](repeating: 0, count: max(4_096, count))
            }
            let got = result.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .failed(SystemError("read", subject: path)) }
            if got == 0 { break }
            count += got
        }
        guard count <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        result.removeSubrange(count...)
        return result
    }
}
