// Expressions at run time. Most stand alone in a text and are appended to it as bytes; only
// arithmetic makes numbers of them.
//
// Integers stay Int64 and `/` gives Double; overflow, division by zero and text that is no decimal
// number are the iteration error `arithmetic`.

import HarnessCore
import ScenarioModel

/// A number of an expression.
enum FlowNumber {
    case integer(Int64)
    case double(Double)

    var asDouble: Double {
        switch self {
        case .integer(let n): Double(n)
        case .double(let x): x
        }
    }

    /// Decimal text as a number: an integer where it is one that fits.
    init?(_ bytes: [UInt8]) {
        let isDecimal = bytes.withUnsafeBytes { DecimalView($0) != nil }
        guard isDecimal else { return nil }
        if let n = Self.integer(bytes) {
            self = .integer(n)
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if let x = Double(text), x.isFinite {
            self = .double(x)
        } else {
            return nil
        }
    }

    /// Digits alone, with a sign or not, of a value that fits.
    private static func integer(_ bytes: [UInt8]) -> Int64? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in bytes[(isNegative ? 1 : 0)...] {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - 0x30)
            let (next, isTooFar) =
                isNegative
                ? shifted.subtractingReportingOverflow(digit)
                : shifted.addingReportingOverflow(digit)
            if isTooLarge || isTooFar { return nil }
            value = next
        }
        return value
    }
}

extension FlowMachine {
    /// Appends the rendered text.
    func render(_ text: CompiledText, into out: inout [UInt8]) throws(FlowFailure) {
        for part in text.parts { try render(part, into: &out) }
    }

    func render(_ part: CompiledText.Part, into out: inout [UInt8]) throws(FlowFailure) {
        switch part {
        case .literal(let bytes): out.append(contentsOf: bytes)
        case .expression(let expression, let encoding):
            let start = out.count
            let kind = try append(expression, to: &out)
            switch encoding {
            case .plain: break
            case .json: ByteText.jsonEscape(&out, from: start)
            case .percent: ByteText.percentEncode(&out, from: start)
            case .jsonScalar where kind == .text:
                ByteText.jsonEscape(&out, from: start)
                out.insert(UInt8(ascii: "\""), at: start)
                out.append(UInt8(ascii: "\""))
            case .jsonScalar: break
            }
        }
    }

    /// Appends the value of an expression and says of what kind it is.
    func append(
        _ expression: CompiledExpression, to out: inout [UInt8]
    ) throws(FlowFailure) -> FlowText.Kind {
        switch expression {
        case .constant(let known): return try append(known, to: &out)
        case .variable(let i):
            if variables[i].kind == .undefined { undefined = .variable(i) }
            return try append(variables[i], to: &out)
        case .setup(let i): return try append(context.setup[i], to: &out)
        case .data(let feeder, let column):
            return try append(feeder: feeder, column: column, to: &out)
        case .loop: ByteText.append(Int64(try currentRound()), to: &out)
        case .order(let field):
            guard let order = code.order, let command,
                order.text.append(field, of: command, to: &out)
            else {
                undefined = .order(field)
                throw .undefinedName
            }
            return OrderText.isNumber(field) ? .number : .text
        case .vu: ByteText.append(vu, to: &out)
        case .iteration: ByteText.append(iteration, to: &out)
        case .iterationInTest: ByteText.append(iterationInTest, to: &out)
        case .now: ByteText.append(WallClock.unixNs() / 1_000_000, to: &out)
        case .responseStatus: ByteText.append(Int64(lastStatus), to: &out)
        case .responseTime: ByteText.append(lastDuration.milliseconds, to: &out)
        case .uuid:
            Self.appendUUID(to: &out)
            return .text
        case .nowISO:
            out.append(contentsOf: WallClock.iso8601(unixNs: WallClock.unixNs()).utf8)
            return .text
        case .fallback(let inner, let text): return try append(inner, or: text, to: &out)
        case .base64(let inner):
            let start = out.count
            _ = try append(inner, to: &out)
            ByteText.base64Encode(&out, from: start)
            return .text
        case .urlencode(let inner):
            let start = out.count
            _ = try append(inner, to: &out)
            ByteText.percentEncode(&out, from: start)
            return .text
        case .arithmetic, .negate, .random:
            switch try number(expression) {
            case .integer(let n): ByteText.append(n, to: &out)
            case .double(let x): ByteText.append(x, to: &out)
            }
        }
        return .number
    }

    private func append(
        _ known: FlowText, to out: inout [UInt8]
    ) throws(FlowFailure) -> FlowText.Kind {
        if known.kind == .undefined { throw .undefinedName }
        out.append(contentsOf: known.bytes)
        return known.kind
    }

    private func append(
        _ inner: CompiledExpression, or text: [UInt8], to out: inout [UInt8]
    ) throws(FlowFailure) -> FlowText.Kind {
        let start = out.count
        do throws(FlowFailure) {
            return try append(inner, to: &out)
        } catch {
            guard error == .undefinedName else { throw error }
            out.removeLast(out.count - start)
            out.append(contentsOf: text)
            return .text
        }
    }

    func number(_ expression: CompiledExpression) throws(FlowFailure) -> FlowNumber {
        switch expression {
        case .arithmetic(let op, let a, let b):
            return try Self.arithmetic(op, try number(a), try number(b))
        case .negate(let a):
            return try Self.arithmetic(.subtract, .integer(0), try number(a))
        case .random(let a, let b):
            guard case .integer(let low) = try number(a), case .integer(let high) = try number(b),
                low <= high, case let (width, overflow) = high.subtractingReportingOverflow(low),
                !overflow, width < .max
            else { throw .arithmetic }
            return .integer(low + Int64(Draw.below(random.next(), UInt64(width) + 1)))
        default:
            // The buffer is taken out while it is filled, and put back with its memory.
            var text = numberText
            numberText = []
            defer { numberText = text }
            text.removeAll(keepingCapacity: true)
            _ = try append(expression, to: &text)
            guard let number = FlowNumber(text) else { throw .arithmetic }
            return number
        }
    }

    private static func arithmetic(
        _ op: Expression.Operator, _ a: FlowNumber, _ b: FlowNumber
    ) throws(FlowFailure) -> FlowNumber {
        if op != .divide, case .integer(let x) = a, case .integer(let y) = b {
            let (result, overflow) =
                switch op {
                case .add: x.addingReportingOverflow(y)
                case .subtract: x.subtractingReportingOverflow(y)
                case .multiply: x.multipliedReportingOverflow(by: y)
                case .divide, .remainder: x.remainderReportingOverflow(dividingBy: y)
                }
            if overflow { throw .arithmetic }
            return .integer(result)
        }
        let x = a.asDouble
        let y = b.asDouble
        let result =
            switch op {
            case .add: x + y
            case .subtract: x - y
            case .multiply: x * y
            case .divide: x / y
            case .remainder: x.truncatingRemainder(dividingBy: y)
            }
        guard result.isFinite else { throw .arithmetic }
        return .double(result)
    }

    /// Version 4, from the operating system: not seeded, unique over all runs.
    private static func appendUUID(to out: inout [UInt8]) {
        var generator = SystemRandomNumberGenerator()
        let high = (generator.next() as UInt64) & ~0xF000 | 0x4000
        let low = (generator.next() as UInt64) & ~(3 << 62) | (2 << 62)
        for i in 0..<32 {
            if i == 8 || i == 12 || i == 16 || i == 20 { out.append(UInt8(ascii: "-")) }
            let word = i < 16 ? high : low
            ByteText.appendHexDigit(UInt8((word >> UInt64(60 - 4 * (i % 16))) & 15), to: &out)
        }
    }
}
