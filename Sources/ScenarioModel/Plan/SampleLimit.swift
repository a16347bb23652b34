// Which samples of a trend miss a limit, decided in whole nanoseconds: `v < T` is `v <= T - 1 ns`.
// One rule for agents, which count samples over a limit, and for the collector, which reads them.

/// A limit on single samples. Trends of the document's own count too: their unit is to a histogram
/// what a millisecond is.
package struct SampleLimit: Sendable, Hashable {
    /// Samples above it are over the limit, ns; -1: all are.
    package let above: Int64
    /// The samples over the limit are those that miss it; else those that are not.
    package let isUpper: Bool

    /// - Parameter limitMs: finite.
    /// - Returns: nil where a comparison has no side. A limit beyond everything that is recorded is
    ///   one all the same: of a lower bound every sample misses it.
    package init?(_ comparison: Threshold.Comparison, limitMs: Double) {
        // Rounded: 16.7 ms is 16,699,999.999... ns in binary.
        let ns = (limitMs * 1e6).rounded()
        guard !ns.isNaN else { return nil }
        let whole = Int64(min(max(ns, 0), Self.magnitude))
        switch comparison {
        case .less, .greaterOrEqual: above = whole - 1
        case .lessOrEqual, .greater: above = ns < 0 ? -1 : whole
        case .equal, .strictlyEqual, .notEqual: return nil
        }
        isUpper = comparison == .less || comparison == .lessOrEqual
    }

    package func isMissed(by ns: UInt64) -> Bool {
        (above < 0 || ns > UInt64(above)) == isUpper
    }

    /// Far beyond any histogram, and exact in a `Double`.
    private static let magnitude = 9e15
}

extension Criterion {
    /// What the samples of a trend are held to: `bad` by the limit itself, or the upper one of
    /// `within`; `badBelow` by the lower one of `within`. Nil where no single sample can miss it.
    package var sampleLimits: (bad: SampleLimit?, badBelow: SampleLimit?) {
        switch statistic {
        case .ratio(let comparison, let limitMs):
            return (SampleLimit(comparison, limitMs: limitMs), nil)
        case .percentile, .median, .minimum, .maximum:
            guard comparison == .within else {
                let sided = Threshold.Comparison(rawValue: comparison.rawValue)
                return (sided.flatMap { SampleLimit($0, limitMs: lower) }, nil)
            }
            return (
                SampleLimit(.lessOrEqual, limitMs: upper),
                SampleLimit(.greaterOrEqual, limitMs: lower)
            )
        case .average, .rate, .count, .value: return (nil, nil)
        }
    }

    /// A bound from above on a time, in ms: what the generator's own delay is measured against.
    package var upperLimitMs: Double? {
        switch (statistic, comparison) {
        case (.ratio(.less, let ms), _), (.ratio(.lessOrEqual, let ms), _): ms
        case (.ratio, _), (.rate, _), (.count, _), (.value, _): nil
        case (_, .less), (_, .lessOrEqual), (_, .within): upper
        default: nil
        }
    }
}
