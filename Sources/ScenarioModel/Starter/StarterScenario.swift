// Commented scenarios to begin with (`spotload init`). A test loads every one.

/// A scenario to copy and change.
package struct StarterScenario: Sendable {
    /// What `spotload init NAME` takes.
    package let name: String
    /// One line for the help.
    package let summary: String
    /// The document.
    package let text: String

    package static let all = [smoke, rest, journey, orders, ramp]

    package static func named(_ name: String) -> StarterScenario? {
        all.first { $0.name == name }
    }

    /// `; did you mean "x"?`, or nothing.
    package static func hint(_ name: String) -> String {
        NearestName.hint(name, in: all.map(\.name))
    }
}
