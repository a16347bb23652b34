// Rows of `data`: one per feeder and iteration, picked when a column is first read (scenarios.md
// section 1). Cells are copied into the text that wants them and nowhere else.

import HarnessCore
import ScenarioModel

/// What stands for a row that is not one.
enum FeederRow {
    static let notPicked = -1
    /// While a `by` name is evaluated: it cannot depend on its own feeder.
    static let beingPicked = -2
}

extension FlowMachine {
    /// Appends a cell of the iteration's row.
    func append(
        feeder: Int, column: Int, to out: inout [UInt8]
    ) throws(FlowFailure) -> FlowText.Kind {
        let table = code.feeders[feeder].table
        let row = rows[feeder] >= 0 ? rows[feeder] : try pickRow(feeder)
        let cell = table.cell(row: row, column: column)
        out.append(contentsOf: cell)
        guard table.isTyped(row: row, column: column) else { return .text }
        let isNumber = cell.withUnsafeBytes { DecimalView($0) != nil }
        return isNumber ? .number : .json
    }

    private func pickRow(_ feeder: Int) throws(FlowFailure) -> Int {
        let source = code.feeders[feeder]
        if rows[feeder] == FeederRow.beingPicked { throw .undefinedName }
        guard source.table.rowCount > 0 else { throw .dataExhausted }
        let count = UInt64(source.table.rowCount)
        let row: UInt64
        switch source.pick {
        case .sequential: row = iteration % count
        case .roundRobin: row = iterationInTest % count
        case .random(let word):
            var stream = code.streams.stream(.feeders, iterationInTest, word)
            row = Draw.below(stream.next(), count)
        case .unique:
            guard iterationInTest < count else { throw .dataExhausted }
            row = iterationInTest
        case .by(let name):
            rows[feeder] = FeederRow.beingPicked
            // Left behind where the name has no value yet: the next use asks again.
            defer { rows[feeder] = FeederRow.notPicked }
            guard case .integer(let value) = try number(name) else { throw .arithmetic }
            let rest = value.subtractingReportingOverflow(1).partialValue % Int64(count)
            row = UInt64(rest < 0 ? rest + Int64(count) : rest)
        }
        rows[feeder] = Int(row)
        return Int(row)
    }
}
