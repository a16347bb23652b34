// `replay`: arrivals at the times of a CSV file (scenarios.md 4.3). Offsets are exact:
//
//     offset = trunc((t - t0) x unit / speed) ns,     t0 = the first time, or 0
//
// Times are decimals such as 1700000000.123456789: as Double, ns of epoch seconds would be lost, so
// they are counted in 10^-12 of a unit as 128-bit integers.

import HarnessCore

extension ExecutorDecoder {
    private enum Unit: String, CaseIterable {
        case s, ms, us, ns
        var ns: Int128 {
            switch self {
            case .s: 1_000_000_000
            case .ms: 1_000_000
            case .us: 1_000
            case .ns: 1
            }
        }
    }
    private enum Origin: String, CaseIterable { case first, zero }

    func replay() -> Executor? {
        let column = map.int("column", in: 0...(Limits.feederColumns - 1)) ?? 0
        let unit = map.choice("unit", Unit.self) ?? .s
        let origin = map.choice("from", Origin.self) ?? .first
        let speed = speed()
        let preAllocated = preAllocatedVUs()
        let most = maxVUs(preAllocated)
        guard let node = map.take("file") else {
            error("file is required", at: name ?? map.place)
            return nil
        }
        if let (file, outline) = files.outline(node, map.path("file")),
            let last = outline.lastOffsetNs, let preAllocated, let most
        {
            return .replay(
                Replay(
                    file: file, offsetsNs: [last], preAllocatedVUs: preAllocated, maxVUs: most))
        }
        guard
            let (file, bytes) = files.bytes(
                node, map.path("file"), bytesMax: Limits.scenarioFileBytes)
        else { return nil }
        var times = ReplayTimes(column: column)
        do {
            try times.read(bytes)
        } catch {
            map.problems.error(
                "\(map.path("file")): \(file.quoted) \(error.message)", at: node.place)
            return nil
        }
        guard let speed, let preAllocated, let most else { return nil }
        let start = origin == .first ? times.values[0] : 0
        let perUnit = unit.ns * speed.denominator
        let divisor = speed.numerator * ReplayTimes.scale
        let offsets = times.values.map { Self.offset($0 - start, perUnit, divisor) ?? -1 }
        // Ascending: the first and the last are enough, but an overflow may be in between.
        guard offsets.allSatisfy({ (0...Limits.durationNs).contains($0) }) else {
            map.problems.error(
                "\(map.path("file")): \(file.quoted) has times before 0 or past 366 days",
                at: node.place)
            return nil
        }
        return .replay(
            Replay(
                file: file, offsetsNs: offsets, preAllocatedVUs: preAllocated, maxVUs: most))
    }

    private static func offset(_ time: Int128, _ perUnit: Int128, _ divisor: Int128) -> Int64? {
        let (product, overflow) = time.multipliedReportingOverflow(by: perUnit)
        return overflow ? nil : Int64(exactly: product / divisor)
    }

    /// A decimal above 0 as a fraction; 1 where it is not given.
    private func speed() -> (numerator: Int128, denominator: Int128)? {
        guard let node = map.take("speed") else { return (1, 1) }
        guard let text = map.text("speed") else { return nil }
        guard let value = NodeReader.decimal(text) else {
            error("speed takes a number, not \(text.quoted)", at: node.place)
            return nil
        }
        guard value > 0 else {
            error("speed must be more than 0", at: node.place)
            return nil
        }
        let millionths = (value * 1_000_000).rounded()
        guard (1...1e12).contains(millionths) else {
            error("speed is from 0.000001 to 1000000", at: node.place)
            return nil
        }
        let whole = Int128(millionths)
        var (a, b) = (whole, Int128(1_000_000))
        while b != 0 { (a, b) = (b, a % b) }
        return (whole / a, 1_000_000 / a)
    }
}

/// The times of one column, ascending.
struct ReplayTimes {
    /// Of values in a unit.
    static let scale: Int128 = 1_000_000_000_000
    private(set) var values: [Int128] = []
    private let column: Int

    init(column: Int) {
        self.column = column
    }

    mutating func read(_ bytes: [UInt8]) throws(FeederTableError) {
        var reader = CSVReader(bytes, delimiter: UInt8(ascii: ","))
        var text: [UInt8] = []
        var ends: [Int] = []
        while true {
            text.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
            let cells: Int
            do {
                cells = try reader.row(into: &text, ends: &ends)
            } catch {
                throw FeederTableError(message: "line \(error.line): \(error.message)")
            }
            if cells == 0 { break }
            guard cells > column else {
                throw FeederTableError(
                    message: "line \(reader.line): has no column \(column), only \(cells)")
            }
            let cell = text[(column == 0 ? 0 : ends[column - 1])..<ends[column]]
            try append(cell, line: reader.line)
        }
        if values.isEmpty { throw FeederTableError(message: "is empty") }
    }

    private mutating func append(_ cell: ArraySlice<UInt8>, line: Int) throws(FeederTableError) {
        guard let value = Self.number(cell) else {
            let text = String(decoding: cell, as: UTF8.self)
            throw FeederTableError(message: "line \(line): \(text.quoted) is no number")
        }
        if let last = values.last, value < last {
            throw FeederTableError(
                message: "line \(line): is unsorted, earlier than the line before")
        }
        guard values.count < Limits.feederRows else {
            throw FeederTableError(message: "has more than \(Limits.feederRows) rows")
        }
        values.append(value)
    }

    /// `-?digits[.digits]` with blanks around; at most 18 digits before the point, those past 12
    /// after it are cut off.
    private static func number(_ cell: ArraySlice<UInt8>) -> Int128? {
        var rest = cell
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        let parts = rest.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard (1...18).contains(parts[0].count), parts.count == 1 || !parts[1].isEmpty,
            parts.allSatisfy({ $0.allSatisfy { (48...57).contains($0) } })
        else { return nil }
        var value: Int128 = 0
        for digit in parts[0] { value = value * 10 + Int128(digit - 48) }
        value *= scale
        if parts.count == 2 {
            var place = scale
            for digit in parts[1].prefix(12) {
                place /= 10
                value += Int128(digit - 48) * place
            }
        }
        return isNegative ? -value : value
    }
}
