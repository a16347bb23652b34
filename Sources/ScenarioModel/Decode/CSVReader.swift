// CSV as RFC 4180 has it, strictly: rows of cells, a cell in quotes may hold delimiters, line ends
// and doubled quotes. Beyond the RFC: a lone LF ends a row too, a byte order mark at the start is
// skipped, and so are blank lines.
//
//     file = row *(end row) [end]      row = cell *(delimiter cell)      end = CRLF / LF
//     cell = quoted / plain            quoted = '"' *(any / '""') '"'    plain = no quote, no end

import HarnessCore

/// Why a file is no CSV; line from 1.
struct CSVError: Error, Equatable {
    var line: Int
    var message: String
}

struct CSVReader {
    private let bytes: [UInt8]
    private let delimiter: UInt8
    private var position: Int
    /// Of the row read last.
    private(set) var line = 0
    private var nextLine = 1

    private static let quote = UInt8(ascii: "\"")
    private static let lf = UInt8(ascii: "\n")
    private static let cr = UInt8(ascii: "\r")

    init(_ bytes: [UInt8], delimiter: UInt8) {
        self.bytes = bytes
        self.delimiter = delimiter
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// Appends the next row's cells to `text`, and where each ends there to `ends`.
    /// - Returns: the number of cells; 0 at the end of the file.
    mutating func row(
        into text: inout [UInt8], ends: inout [Int]
    ) throws(CSVError) -> Int {
        skipBlankLines()
        guard position < bytes.count else { return 0 }
        line = nextLine
        var cells = 0
        while true {
            if position < bytes.count, bytes[position] == Self.quote {
                try quoted(into: &text)
            } else {
                try plain(into: &text)
            }
            ends.append(text.count)
            cells += 1
            guard cells <= Limits.feederColumns else {
                throw CSVError(
                    line: line, message: "has more than \(Limits.feederColumns) columns")
            }
            guard position < bytes.count, bytes[position] == delimiter else { break }
            position += 1
        }
        endRow()
        return cells
    }

    private mutating func skipBlankLines() {
        while position < bytes.count {
            if bytes[position] == Self.lf {
                position += 1
            } else if bytes[position] == Self.cr, position + 1 < bytes.count,
                bytes[position + 1] == Self.lf
            {
                position += 2
            } else {
                return
            }
            nextLine += 1
        }
    }

    private mutating func endRow() {
        if position < bytes.count, bytes[position] == Self.cr { position += 1 }
        if position < bytes.count { position += 1 }
        nextLine += 1
    }

    private mutating func plain(into text: inout [UInt8]) throws(CSVError) {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == delimiter || byte == Self.lf { break }
            if byte == Self.cr, position + 1 < bytes.count, bytes[position + 1] == Self.lf { break }
            if byte == Self.quote {
                throw CSVError(line: line, message: "a quote inside a cell without quotes")
            }
            position += 1
        }
        text += bytes[start..<position]
    }

    private mutating func quoted(into text: inout [UInt8]) throws(CSVError) {
        position += 1
        while true {
            guard position < bytes.count else {
                throw CSVError(line: line, message: "a quoted cell without end")
            }
            let byte = bytes[position]
            position += 1
            if byte == Self.lf { nextLine += 1 }
            if byte == Self.quote {
                guard position < bytes.count, bytes[position] == Self.quote else { break }
                position += 1
            }
            text.append(byte)
        }
        let endsCell =
            position == bytes.count || bytes[position] == delimiter || bytes[position] == Self.lf
            || bytes[position] == Self.cr && position + 1 < bytes.count
                && bytes[position + 1] == Self.lf
        guard endsCell else { throw CSVError(line: line, message: "text after a quoted cell") }
    }
}
