// The tables as JSON Lines, page by page: a row is an object of its columns, in the order of the
// key.
//
// A page begins after a key, whose columns are joined by commas: `BTCUSDT,17`. Numbers and names of
// symbols and assets have no comma in them; the name of an account may, and stands between two.

import GRDB

struct StoreExport {
    private let name: String
    private let key: [String]

    /// Nil where there is no such table.
    init?(table: String) {
        guard let found = StoreSchema.tables.first(where: { $0.name == table }) else { return nil }
        name = found.name
        key = found.key
    }

    /// The columns of the key after which a page begins; nil where the text is no key of the table.
    func key(_ text: String) -> [DatabaseValue]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= key.count else { return nil }
        let texts: [String]
        switch key.count {
        case 1: texts = [text]
        case 2: texts = [parts[0], parts.dropFirst().joined(separator: ",")]
        default:
            let middle = parts.dropFirst().dropLast().joined(separator: ",")
            texts = [parts[0], middle, parts[parts.count - 1]]
        }
        var values: [DatabaseValue] = []
        for (column, text) in zip(key, texts) {
            if Self.isText(column) {
                values.append(text.databaseValue)
            } else if let number = Int64(text) {
                values.append(number.databaseValue)
            } else {
                return nil
            }
        }
        return values
    }

    private static func isText(_ column: String) -> Bool {
        ["symbol", "account", "asset"].contains(column)
    }

    /// At most `limit` rows after `after`, a line each.
    func lines(_ db: Database, after: [DatabaseValue]?, limit: Int) throws -> [UInt8] {
        let columns = key.joined(separator: ", ")
        let marks = key.map { _ in "?" }.joined(separator: ", ")
        let filter = after == nil ? "" : "WHERE (\(columns)) > (\(marks))"
        let cursor = try Row.fetchCursor(
            db, sql: "SELECT * FROM \(name) \(filter) ORDER BY \(columns) LIMIT ?",
            arguments: StatementArguments((after ?? []) + [limit.databaseValue]))
        var bytes: [UInt8] = []
        while let row = try cursor.next() { Self.append(row, to: &bytes) }
        return bytes
    }

    private static func append(_ row: Row, to bytes: inout [UInt8]) {
        var separator = "{"
        for (column, value) in row {
            bytes.append(contentsOf: "\(separator)\"\(column)\":".utf8)
            separator = ","
            switch value.storage {
            case .int64(let number): bytes.append(contentsOf: String(number).utf8)
            case .string(let text): quote(text, to: &bytes)
            // No column is of another kind.
            case .null, .double, .blob: bytes.append(contentsOf: "null".utf8)
            }
        }
        bytes.append(contentsOf: "}\n".utf8)
    }

    /// Names have no quote, backslash or control character in them: the API lets none in.
    private static func quote(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\""))
    }
}
