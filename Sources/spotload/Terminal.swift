// Standard output and error, unbuffered and whole lines at a time; where colour and width come
// from.

import Foundation
import HarnessCore

enum Terminal {
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }
    static func output(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Without a line end: cursor movements.
    static func errorRaw(_ text: String) { write(text, to: STDERR_FILENO) }

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

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            // Losing output because the reader went away is right: there is no one left to tell.
            if written < 0 { if errno == EINTR { continue } else { return } }
            bytes = bytes.dropFirst(written)
        }
    }
}
