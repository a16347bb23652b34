// `data`: tables from CSV or JSON files that flows read as `${data.NAME.COLUMN}` (scenarios.md
// section 1). One row per iteration; which one is `Pick`'s.

/// A table and how a row of it is chosen for an iteration. g is `${iterationInTest}`, n the number
/// of rows.
package struct Feeder: Sendable, Equatable {
    package enum Pick: Sendable, Equatable {
        /// The VU's iteration mod n.
        case sequential
        /// g mod n.
        case roundRobin
        /// below(first of stream(4, g, FNV-1a-64(name)), n).
        case random
        /// Row g, each once in the fleet; past the end: iteration error `data_exhausted`.
        case unique
        /// Row (value - 1) mod n of a name such as `order.account`.
        case by(Expression.Name)
    }
    package var name: String
    /// As the document names it, relative to its folder.
    package var file: String
    package var pick: Pick
    package var table: FeederTable

    package init(name: String, file: String, pick: Pick, table: FeederTable) {
        self.name = name
        self.file = file
        self.pick = pick
        self.table = table
    }
}

/// The cells of a table in one buffer; immutable, shared by all workers.
package final class FeederTable: Sendable, Equatable {
    package let columns: [String]
    package let rowCount: Int
    private let bytes: [UInt8]
    /// End of each cell in `bytes`, row by row; the first begins at 0.
    private let ends: [Int]
    /// Cells that are a JSON value other than a text: they keep their type in a JSON body.
    private let typed: Set<Int>

    /// - Precondition: `ends` has a whole number of rows.
    package init(columns: [String], bytes: [UInt8], ends: [Int], typed: Set<Int> = []) {
        precondition(!columns.isEmpty && ends.count.isMultiple(of: columns.count))
        self.columns = columns
        self.bytes = bytes
        self.ends = ends
        self.typed = typed
        rowCount = ends.count / columns.count
    }

    /// The text of a cell, UTF-8.
    /// - Complexity: O(1); copies nothing.
    package func cell(row: Int, column: Int) -> ArraySlice<UInt8> {
        let place = row * columns.count + column
        return bytes[(place == 0 ? 0 : ends[place - 1])..<ends[place]]
    }

    /// Whether the cell is a JSON value other than a text.
    package func isTyped(row: Int, column: Int) -> Bool {
        !typed.isEmpty && typed.contains(row * columns.count + column)
    }

    package static func == (a: FeederTable, b: FeederTable) -> Bool {
        a === b
            || a.columns == b.columns && a.bytes == b.bytes && a.ends == b.ends
                && a.typed == b.typed
    }
}
