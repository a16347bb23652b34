// A failed system call as a value: the call, errno, and what it was about.

import Glibc

/// An error of the operating system.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The call or step that failed, e.g. `open`.
    package let operation: String
    /// errno of that call.
    package let code: Int32
    /// What it was about: a path, an address; empty if nothing.
    package let subject: String

    package init(_ operation: String, code: Int32 = errno, subject: String = "") {
        self.operation = operation
        self.code = code
        self.subject = subject
    }

    package var reason: String { String(cString: strerror(code)) }

    package var description: String {
        subject.isEmpty ? "\(operation): \(reason)" : "\(operation) \(subject): \(reason)"
    }
}

/// Runs `body` until it does not fail with EINTR; -1 becomes a thrown `SystemError`.
@discardableResult
package func retryingInterrupts<Result: FixedWidthInteger>(
    _ operation: String, subject: String = "", _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result != -1 { return result }
        let code = errno
        if code != EINTR { throw SystemError(operation, code: code, subject: subject) }
    }
}
