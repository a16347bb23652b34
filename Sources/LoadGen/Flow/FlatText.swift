// A text as it is rendered for every request: its literals in one row of bytes, its parts as
// numbers that own nothing. `CompiledText` is the same with parts that can be taken apart.
//
//     /orders/${iterationInTest}?n=${random(1, 1000)}
//     pool  /orders/?n=
//     steps literal 0..<8, iterationInTest, literal 8..<11, random 1 + 0...999

import HarnessCore

final class FlatText: Sendable {
    enum Step: Sendable {
        /// Bytes of the pool.
        case literal(from: Int, to: Int)
        case vu, iteration, iterationInTest
        /// A whole number of `low ... low + width`.
        case random(low: Int64, width: UInt64)
        /// Any other: its position among the text's parts.
        case part(Int)
    }
    let steps: [Step]
    let pool: [UInt8]
    let text: CompiledText
    /// No CR, LF or NUL can be in it, whatever its expressions come to.
    let isOneLine: Bool

    init(_ text: CompiledText) {
        self.text = text
        var pool: [UInt8] = []
        var isOneLine = true
        steps = text.parts.enumerated().map { position, part in
            switch part {
            case .literal(let bytes):
                if bytes.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) {
                    isOneLine = false
                }
                pool += bytes
                return .literal(from: pool.count - bytes.count, to: pool.count)
            case .expression(.vu, _): return .vu
            case .expression(.iteration, _): return .iteration
            case .expression(.iterationInTest, _): return .iterationInTest
            case .expression(let expression, let encoding):
                if let random = Self.random(expression) { return random }
                // Percent-encoded texts have no such byte, JSON texts may have a NUL before it is
                // escaped: they are in bodies.
                if encoding != .percent { isOneLine = false }
                return .part(position)
            }
        }
        self.pool = pool
        self.isOneLine = isOneLine
    }

    /// `random` with bounds that are known and in order.
    private static func random(_ expression: CompiledExpression) -> Step? {
        guard case .random(.constant(let a), .constant(let b)) = expression,
            case .integer(let low) = FlowNumber(a.bytes),
            case .integer(let high) = FlowNumber(b.bytes), low <= high,
            case let (width, overflow) = high.subtractingReportingOverflow(low), !overflow,
            width < .max
        else { return nil }
        return .random(low: low, width: UInt64(width))
    }
}

extension FlowMachine {
    /// Appends the rendered text.
    func render(_ text: FlatText, into out: inout [UInt8]) throws(FlowFailure) {
        for step in text.steps {
            switch step {
            case .literal(let from, let to):
                text.pool.withUnsafeBytes {
                    out.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[from..<to]))
                }
            case .vu: ByteText.append(vu, to: &out)
            case .iteration: ByteText.append(iteration, to: &out)
            case .iterationInTest: ByteText.append(iterationInTest, to: &out)
            case .random(let low, let width):
                ByteText.append(low + Int64(Draw.below(random.next(), width + 1)), to: &out)
            case .part(let position): try render(text.text.parts[position], into: &out)
            }
        }
    }
}
