// How a local agent's lines about the load (of `log` steps, warnings) are told from those about its
// own life: a run shows the former, and the latter only where the agent fails.

enum AgentLine {
    private static let prefix = "load: "

    static func load(_ text: String) -> String { prefix + text }

    /// What a line says about the load; nil where it is another.
    static func text(_ line: String) -> Substring? {
        line.hasPrefix(prefix) ? line.dropFirst(prefix.count) : nil
    }
}
