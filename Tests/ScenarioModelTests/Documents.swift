// Small documents for the tables of the loader's tests.

import ScenarioModel

enum Documents {
    /// A valid document of four lines.
    static let base = """
        name: t
        target: http://h
        flows: { default: [{ get: /x }] }
        scenarios: { s: { executor: constant-vus, duration: 1s } }

        """

    /// The base document with lines after it: they begin at line 5.
    static func with(_ lines: String) -> String { base + lines }

    /// A document whose flow is `steps`, in flow or block style, from line 5 on.
    static func flow(_ steps: String) -> String {
        """
        name: t
        target: http://h
        scenarios: { s: { executor: constant-vus, duration: 1s } }
        flows: { default:

        """ + steps + " }\n"
    }

    /// A document whose one scenario is `options`, on line 4 from column 17.
    static func scenario(_ options: String) -> String {
        """
        name: t
        target: http://h
        flows: { default: [{ get: /x }], other: [{ get: /y }] }
        scenarios: { s: { \(options) } }

        """
    }

    static func load(
        _ text: String, _ options: LoadOptions = LoadOptions()
    ) throws -> LoadedScenario {
        try ScenarioLoader.load(text: text, file: "f", options: options)
    }

    /// `line:col: message` of every error; empty where the document is good.
    static func errors(_ text: String, _ options: LoadOptions = LoadOptions()) -> [String] {
        do {
            _ = try ScenarioLoader.load(text: text, file: "f", options: options)
            return []
        } catch {
            return error.errors.map {
                ($0.file == "f" ? "" : $0.file + ":") + "\($0.line):\($0.column): \($0.message)"
            }
        }
    }
}
