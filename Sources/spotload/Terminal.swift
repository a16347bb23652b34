// Standard output and error, unbuffered and whole lines at a time; where colour and width come
// from.

import Foundation
import HarnessCore

enum Terminal {
    static func error(_ text: String) { write(Array((text + "\n").utf8), to: STDERR_FILENO) }
    static func output(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }

    /// False: the reader went away.
    static func output(_ bytes: [UInt8]) -> Bool { write(bytes, to: STDOUT_FILENO) }

    /// Without a line end: cursor movements.
    static func errorRaw(_ text: String) { write(Array(text.utf8), to: STDERR_FILENO) }

    static var isErrorInteractive: Bool { isatty(STDERR_FILENO) == 1 }
    static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Colour is wanted: a terminal, and neither NO_COLOR nor `--no-color`.
    static func wantsColor(disabled: Bool) -> Bool {
        !disabled && isInteractive
            && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    }

    /// Columns of the terminal, 120 at most, 100 where there is none.
    static var width: Int {
        var size = winsize()
        guard
            ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
                || ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
        else { return 100 }
        return min(120, Int(size.ws_col))
    }

    @discardableResult
    private static func write(_ all: [UInt8], to descriptor: Int32) -> Bool {
        var bytes = all[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            // Losing output because the reader went away is right: there is no one left to tell.
            if written < 0 { if errno == EINTR { continue } else { return false } }
            bytes = bytes.dropFirst(written)
        }
        return true
    }
}
