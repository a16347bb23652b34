// YAML to entries of a symbols file: the tree with its lines, no numbers yet. Yams gives each node
// its place; its own errors are told with theirs.

import HarnessCore
import Yams

enum SymbolsYAML {
    /// Symbols in one file, at most.
    static let entriesMax = 10_000

    /// The entries that could be read; what could not goes to `errors`.
    static func entries(
        _ yaml: String, file: String, _ errors: inout [String]
    ) -> [SymbolEntry] {
        guard yaml.utf8.count <= Limits.documentBytes else {
            errors.append("\(file):1: over \(Limits.documentBytes) bytes")
            return []
        }
        let root: Node?
        do {
            root = try compose(yaml: yaml)
        } catch {
            let (line, text) = place(error)
            errors.append("\(file):\(line): \(text)")
            return []
        }
        guard let list = root?.sequence, !list.isEmpty, list.count <= entriesMax else {
            errors.append("\(file):1: a symbols file is a list of 1 to \(entriesMax) symbols")
            return []
        }
        return list.compactMap { entry($0, file: file, &errors) }
    }

    private static func entry(
        _ node: Node, file: String, _ errors: inout [String]
    ) -> SymbolEntry? {
        let line = node.mark?.line ?? 1
        guard let mapping = node.mapping else {
            errors.append("\(file):\(line): a symbol is a map of symbol, base, quote, tick, step")
            return nil
        }
        var entry = SymbolEntry(line: line)
        for (key, value) in mapping {
            let at = key.mark?.line ?? line
            guard case .scalar(let name) = key, SymbolEntry.known.contains(name.string) else {
                errors.append("\(file):\(at): unknown key \(key.string ?? "")")
                continue
            }
            guard case .scalar(let text) = value else {
                errors.append("\(file):\(at): \(name.string) is a single value")
                continue
            }
            entry.values[name.string] = .init(text: text.string, line: value.mark?.line ?? at)
        }
        return entry
    }

    /// Line and text of what Yams found wrong.
    private static func place(_ error: any Error) -> (Int, String) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (mark.line, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            (context.mark.line, "given twice: \(duplicates.joined(separator: ", "))")
        case .reader(let problem, _, _, _): (1, problem)
        default: (1, "\(error)")
        }
    }
}
