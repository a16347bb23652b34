// The exit codes of every subcommand, and the error that carries one to the top.

/// What a process says when it ends (DESIGN.md section 5).
package enum ExitCode: Int32, Sendable {
    case pass = 0
    case usage = 64
    /// Something that is needed is missing: a server, a file, an address.
    case unavailable = 69
    case internalError = 70
    /// Agents only: another incarnation holds the slot.
    case superseded = 75
    case invalid = 90
    case inconclusive = 91
    case regression = 92
    case auditViolation = 93
    case criteriaFailed = 99
    /// A bad scenario or configuration.
    case badConfiguration = 104
    case interrupted = 105

    /// Which code wins where several apply: 93, 105, 92, 99, 90, 91, then the rest.
    package static let precedence: [ExitCode] = [
        .auditViolation, .interrupted, .regression, .criteriaFailed, .invalid, .inconclusive,
    ]
}

/// A failure that ends a command: the text for stderr (what, where, what to do) and the exit code.
package struct CommandFailure: Error, Sendable, CustomStringConvertible {
    package let code: ExitCode
    package let message: String

    package init(_ code: ExitCode, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
