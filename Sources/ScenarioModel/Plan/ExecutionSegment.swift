// An execution segment, k6's (from, to] of a test, and the sequence it is one of (scenarios.md
// 4.6):
//
//     segment   = [ from ":" ] to                  "0:1/3", "20%" (= 0:1/5), "0.2:0.5"
//     sequence  = bound *( "," bound )             "0,1/3,2/3,1"; missing ends are filled
//
// A segment alone stands in the sequence 0, from, to, 1; other agents that do likewise overlap it.

package import HarnessCore

package struct ExecutionSegment: Sendable, Hashable, CustomStringConvertible {
    package let from: Rational
    package let to: Rational

    /// Nil unless 0 <= from < to <= 1.
    package init?(from: Rational, to: Rational) {
        guard from >= Rational(0), from < to, to <= Rational(1) else { return nil }
        self.from = from
        self.to = to
    }

    package init?(text: some StringProtocol) {
        let bounds = text.split(separator: ":", omittingEmptySubsequences: false)
        guard bounds.count <= 2, let to = Rational(text: bounds[bounds.count - 1]) else {
            return nil
        }
        guard let from = bounds.count == 2 ? Rational(text: bounds[0]) : Rational(0) else {
            return nil
        }
        self.init(from: from, to: to)
    }

    /// `1/3:2/3`
    package var description: String { "\(from):\(to)" }

    /// Of `count` equal agents.
    package static func equal(_ index: Int, of count: Int) -> ExecutionSegment {
        guard
            let segment = ExecutionSegment(
                from: Rational(index, count), to: Rational(index + 1, count))
        else { preconditionFailure("segment \(index) of \(count)") }
        return segment
    }
}

/// One segment of a test and what all segments own.
package struct SegmentPlace: Sendable, Equatable {
    package let striping: Striping
    /// Which one of the striping.
    package let segment: Int

    /// One of `count` equal agents.
    package init(agent: Int, of count: Int) {
        precondition((0..<count).contains(agent), "agent \(agent) of \(count)")
        striping = Striping(weights: Array(repeating: 1, count: count))
        segment = agent
    }

    /// As the command line gives it: texts of a segment and, where there is one, of the sequence.
    ///
    /// - Throws: `.usage` for texts that are none, `.badConfiguration` for a segment that is not in
    ///   the sequence and for a sequence too fine to be striped.
    package init(segment text: String, sequence: String?) throws(CommandFailure) {
        guard let segment = ExecutionSegment(text: text) else {
            throw CommandFailure(
                .usage, "\"\(text)\" is no segment such as 0:1/3, 1/4, 20% or 0.2:0.5")
        }
        let bounds = try sequence.map(Self.bounds) ?? [segment.from, segment.to]
        guard let filled = Striping.filled(bounds) else {
            throw CommandFailure(
                .usage, "the bounds of a sequence rise: \"\(sequence ?? "")\" does not")
        }
        guard let striping = Striping(sequence: filled) else {
            throw CommandFailure(
                .badConfiguration,
                "\"\(sequence ?? text)\" cannot be striped: at most \(Limits.slots) segments, and "
                    + "a common denominator of at most \(Limits.segmentPeriod)")
        }
        let places = zip(filled, filled.dropFirst()).map { ($0, $1) }
        guard let place = places.firstIndex(where: { $0 == (segment.from, segment.to) }) else {
            let known = places.map { "\($0):\($1)" }.joined(separator: ", ")
            throw CommandFailure(
                .badConfiguration, "segment \(segment) is not in the sequence: it has \(known)")
        }
        self.striping = striping
        self.segment = place
    }

    private static func bounds(_ text: String) throws(CommandFailure) -> [Rational] {
        var bounds: [Rational] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let bound = Rational(text: part) else {
                throw CommandFailure(.usage, "\"\(text)\" is no sequence such as 0,1/3,2/3,1")
            }
            bounds.append(bound)
        }
        return bounds
    }
}
