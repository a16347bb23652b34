// Text and tables of GitHub's Markdown. Whatever a document, a host or the target said stays text:
// no markup, no HTML, no second line.

enum MarkdownText {
    private static let punctuation = Set("\\`*[]~|!".unicodeScalars)

    static func escaped(_ text: String, limit: Int = 200) -> String {
        var out = ""
        let safe = CommandText.broken(ReportText.escaped(text, limit: limit))
        let scalars = Array(safe.unicodeScalars)
        for (i, scalar) in scalars.enumerated() {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            // Within a word it means nothing: `http_reqs` stays readable.
            case "_" where isInWord(scalars, i): out += "_"
            case "_": out += "\\_"
            default:
                if punctuation.contains(scalar) { out += "\\" }
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func isInWord(_ scalars: [Unicode.Scalar], _ i: Int) -> Bool {
        guard i > 0, i + 1 < scalars.count else { return false }
        return [scalars[i - 1], scalars[i + 1]].allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_"
        }
    }

    /// - Precondition: a cell per title in every row. Cells are escaped here.
    static func table(titles: [String], isLeft: [Bool], rows: [[String]]) -> [String] {
        let head = line(titles.map { escaped($0) })
        let rule = line(isLeft.map { $0 ? "---" : "---:" })
        return [head, rule] + rows.map { line($0.map { escaped($0) }) }
    }

    private static func line(_ cells: [String]) -> String {
        let trimmed = cells.map { cell in
            String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        return "| " + trimmed.joined(separator: " | ") + " |"
    }
}
