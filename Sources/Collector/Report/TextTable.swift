// A table of text: columns as wide as their widest cell, two spaces apart. Where the table does
// not fit, one flexible column shrinks, then the dispensable ones go, in the order of their rank.
// Cells are escaped before they are measured, so that foreign text cannot shift a column.

struct TextTable {
    enum Alignment { case left, right }
    struct Column {
        var title: String
        var alignment = Alignment.right
        /// May be cut down to `shortest` characters; at most one per table.
        var isFlexible = false
        /// 1 goes first; nil stays.
        var dispensable: Int?

        static func left(
            _ title: String, isFlexible: Bool = false, dispensable: Int? = nil
        ) -> Column {
            Column(
                title: title, alignment: .left, isFlexible: isFlexible, dispensable: dispensable)
        }
        static func right(_ title: String, dispensable: Int? = nil) -> Column {
            Column(title: title, dispensable: dispensable)
        }
    }
    private static let gap = "  "
    private static let shortest = 20

    private var columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// - Precondition: a cell per column.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row needs a cell per column")
        rows.append(cells.map { ReportText.escaped($0) })
    }

    var isEmpty: Bool { rows.isEmpty }

    /// For other renderings: titles, cells (escaped for a terminal), and which columns are to the
    /// left.
    var content: (titles: [String], isLeft: [Bool], rows: [[String]]) {
        (columns.map(\.title), columns.map { $0.alignment == .left }, rows)
    }

    /// The title line, then a line per row; no trailing spaces.
    func lines(width: Int) -> [String] {
        var table = self
        while true {
            let widths = table.widths
            let excess = widths.reduce(0, +) + (widths.count - 1) * Self.gap.count - width
            let flexible = table.columns.firstIndex { $0.isFlexible }
            let slack = flexible.map { max(0, widths[$0] - Self.shortest) } ?? 0
            if excess <= slack { return table.lines(widths, cut: flexible, by: max(0, excess)) }
            guard let victim = table.nextDispensable else {
                return table.lines(widths, cut: flexible, by: slack)
            }
            table.columns.remove(at: victim)
            for row in table.rows.indices { table.rows[row].remove(at: victim) }
        }
    }

    private var nextDispensable: Int? {
        let ranked = columns.indices.filter { columns[$0].dispensable != nil }
        return ranked.min { (columns[$0].dispensable ?? 0) < (columns[$1].dispensable ?? 0) }
    }

    private var widths: [Int] {
        columns.indices.map { i in
            rows.reduce(columns[i].title.count) { max($0, $1[i].count) }
        }
    }

    private func lines(_ natural: [Int], cut: Int?, by excess: Int) -> [String] {
        var widths = natural
        if let cut { widths[cut] -= excess }
        return ([columns.map(\.title)] + rows).map { cells in
            let padded = cells.indices.map { i in
                columns[i].alignment == .left
                    ? ReportText.left(cells[i], widths[i]) : ReportText.right(cells[i], widths[i])
            }
            let line = padded.joined(separator: Self.gap)
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
