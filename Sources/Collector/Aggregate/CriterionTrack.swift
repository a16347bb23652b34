// What one criterion needs of each window, exact and all agents together: sums and counts, no
// buckets. `Aggregate/` fills it from deltas, `Judge/` reads it.

package import Telemetry

/// One window of run time, as one criterion sees it.
///
/// | statistic | `count` | `bad` | `sum` |
/// |---|---|---|---|
/// | percentile, med, ratio | samples | those that miss the limit: `v OP limit` is false | of the values, ns |
/// | the same `within` | samples | those above the upper bound; `badBelow`: below the lower one | of the values, ns |
/// | avg, min, max | samples | 0 | of the values, ns |
/// | rate of a Rate metric | both halves | the true half | 0 |
/// | rate and count of a counter | 0 | 0 | the increase, in the counter's own unit |
///
/// What `ratio(OP TIME)` counts is against its own OP and TIME, not against the criterion's limit.
package struct CriterionWindow: Sendable, Equatable {
    package var count: UInt64 = 0
    package var bad: UInt64 = 0
    /// Percentiles `within` two bounds: samples below the lower one.
    package var badBelow: UInt64 = 0
    package var sum = 0.0
    /// Of the samples, ns, exact; 0 without samples.
    package var min: UInt64 = 0
    package var max: UInt64 = 0
    /// Of `bad`, for a Rate metric: failures that were HTTP responses.
    package var badResponses: UInt64 = 0
    /// Arrivals dropped and transfers cut beyond the limit; in neither `count` nor `bad`.
    package var dropped: UInt64 = 0
    package var interrupted: UInt64 = 0
    /// The same samples by service time, where the criterion is one on the response time.
    package var serviceCount: UInt64 = 0
    package var serviceBad: UInt64 = 0
    package var serviceBadBelow: UInt64 = 0
    package var serviceSum = 0.0
    package var serviceMin: UInt64 = 0
    package var serviceMax: UInt64 = 0
    /// The generator added delay in this window, on some agent.
    package var isTainted = false
    package init() {}
}

/// All windows of one criterion, warm-up included only where it asks for that.
package struct CriterionTrack: Sendable, Equatable {
    /// By window of run time.
    package var windows: [UInt32: CriterionWindow] = [:]
    /// All samples of the windows.
    package var histogram = MergedHistogram()
    /// The same over time: `sliceWindows` windows each, at most 64; pairs merge when full. By
    /// window / `sliceWindows`.
    package var slices: [UInt32: MergedHistogram] = [:]
    package var sliceWindows: UInt32 = 1
    package init() {}
}
