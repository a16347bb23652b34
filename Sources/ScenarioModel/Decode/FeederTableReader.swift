// CSV and JSON files to tables. Every row has the columns of the first; a JSON value that is no
// text keeps its type, a list or map its JSON text.

import HarnessCore

/// Why a file is no table; the message names its line or row.
struct FeederTableError: Error {
    var message: String
}

enum FeederTableReader {
    /// - Precondition: `delimiter` is no quote and no line end.
    static func csv(_ bytes: [UInt8], delimiter: UInt8) throws(FeederTableError) -> FeederTable {
        try requireUTF8(bytes)
        var reader = CSVReader(bytes, delimiter: delimiter)
        var header: [UInt8] = []
        var ends: [Int] = []
        func row(_ text: inout [UInt8], _ ends: inout [Int]) throws(FeederTableError) -> Int {
            do {
                return try reader.row(into: &text, ends: &ends)
            } catch {
                throw FeederTableError(message: "line \(error.line): \(error.message)")
            }
        }
        let count = try row(&header, &ends)
        let starts = [0] + ends.dropLast()
        let columns = zip(starts, ends).map { String(decoding: header[$0..<$1], as: UTF8.self) }
        try check(columns)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        ends = []
        var rows = 0
        while true {
            let cells = try row(&text, &ends)
            if cells == 0 { break }
            guard cells == count else {
                throw FeederTableError(
                    message: "line \(reader.line): \(cells) cells, not \(count) as in the header")
            }
            rows += 1
            try check(rows: rows, columns: count)
        }
        if rows == 0 { throw FeederTableError(message: "has no rows after its header") }
        return FeederTable(columns: columns, bytes: text, ends: ends)
    }

    static func json(_ bytes: [UInt8]) throws(FeederTableError) -> FeederTable {
        try requireUTF8(bytes)
        var rows = JSONRows()
        var reader = JSONReader(bytes, depthMax: Limits.jsonDepth)
        do throws(JSONError) {
            guard try reader.kind() == .list else {
                throw reader.error("expected a list of objects")
            }
        } catch { throw located(error) }
        try reader.list(
            { (reader) throws(FeederTableError) in try rows.read(&reader) }, wrap: located)
        do throws(JSONError) { try reader.end() } catch { throw located(error) }
        return try rows.table()
    }

    fileprivate static func located(_ error: JSONError) -> FeederTableError {
        FeederTableError(message: "line \(error.line):\(error.column): \(error.message)")
    }

    private static func requireUTF8(_ bytes: [UInt8]) throws(FeederTableError) {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw FeederTableError(message: "is not UTF-8")
        }
    }

    fileprivate static func check(_ columns: [String]) throws(FeederTableError) {
        if columns.isEmpty { throw FeederTableError(message: "is empty") }
        guard columns.count <= Limits.feederColumns else {
            throw FeederTableError(message: "has more than \(Limits.feederColumns) columns")
        }
        var known: Set<String> = []
        for column in columns where column.isEmpty || !known.insert(column).inserted {
            throw FeederTableError(message: "has the column \(column.quoted) twice, or unnamed")
        }
    }

    fileprivate static func check(rows: Int, columns: Int) throws(FeederTableError) {
        guard rows <= Limits.feederRows, rows * columns <= Limits.feederCells else {
            throw FeederTableError(
                message: "has more than \(Limits.feederRows) rows or \(Limits.feederCells) cells")
        }
    }
}

/// The rows of a JSON list of objects, as they come.
private struct JSONRows {
    private var columns: [String] = []
    private var positions: [[UInt8]: Int] = [:]
    private var text: [UInt8] = []
    private var ends: [Int] = []
    private var typed: Set<Int> = []
    private var rows = 0

    /// One object; its members may come in any order.
    mutating func read(_ reader: inout JSONReader) throws(FeederTableError) {
        rows += 1
        var cells: [(name: [UInt8], bytes: [UInt8], isTyped: Bool)] = []
        do throws(JSONError) {
            guard try reader.kind() == .map else { throw reader.error("expected an object") }
            try reader.map { (reader, key, _) throws(JSONError) in
                let kind = try reader.kind()
                var bytes: [UInt8] = []
                if kind == .text {
                    try reader.text(into: &bytes)
                } else {
                    let start = reader.position
                    try reader.skipValue()
                    bytes += reader.slice(from: start)
                }
                cells.append((key, bytes, kind != .text))
            }
        } catch { throw FeederTableReader.located(error) }
        if rows == 1 {
            columns = cells.map { String(decoding: $0.name, as: UTF8.self) }
            try FeederTableReader.check(columns)
            for (position, cell) in cells.enumerated() { positions[cell.name] = position }
        }
        try FeederTableReader.check(rows: rows, columns: columns.count)
        try append(cells)
    }

    private mutating func append(
        _ cells: [(name: [UInt8], bytes: [UInt8], isTyped: Bool)]
    ) throws(FeederTableError) {
        var ordered = [Int?](repeating: nil, count: columns.count)
        for (place, cell) in cells.enumerated() {
            let name = String(decoding: cell.name, as: UTF8.self)
            guard let position = positions[cell.name] else {
                throw FeederTableError(
                    message: "object \(rows): the key \(name.quoted) is not in the first object")
            }
            guard ordered[position] == nil else {
                throw FeederTableError(message: "object \(rows): the key \(name.quoted) twice")
            }
            ordered[position] = place
        }
        for (position, place) in ordered.enumerated() {
            guard let place else {
                throw FeederTableError(
                    message: "object \(rows): the key \(columns[position].quoted) is missing")
            }
            if cells[place].isTyped { typed.insert(ends.count) }
            text += cells[place].bytes
            ends.append(text.count)
        }
    }

    func table() throws(FeederTableError) -> FeederTable {
        if rows == 0 { throw FeederTableError(message: "has no rows") }
        return FeederTable(columns: columns, bytes: text, ends: ends, typed: typed)
    }
}
