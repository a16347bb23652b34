// What one criterion needs of each window, exact and all agents together: sums and counts, no
// buckets. `Aggregate/` fills it from deltas, `Judge/` reads it.

package import Telemetry

/// One window of run time, as one criterion sees it.
///
/// | statistic | `count` | `bad` | `sum` |
/// |---|---|---|---|
/// | percentile, med, ratio | samples | those that miss the limit: `v OP limit` is false | ns |
/// | the same `within` | samples | above the upper bound; `badBelow`: below the lower one | ns |
/// | min, max | samples | as of a percentile | ns |
/// | avg | samples | 0 | ns |
/// | rate of a Rate metric | both halves | the true half | 0 |
/// | rate and count of a counter | 0 | 0 | the increase, in the counter's own unit |
/// | value, avg, min, max of a gauge | 1 | 0 | the last values of all agents, added up |
///
/// What `ratio(OP TIME)` counts is against its own OP and TIME, not against the criterion's limit.
/// Counts over a limit are exact where the agents counted them (the first 8 limits of a metric),
/// else a bucket that holds the limit counts as its highest value.
package struct CriterionWindow: Sendable, Equatable {
    package var count: UInt64 = 0
    package var bad: UInt64 = 0
    /// Percentiles `within` two bounds: samples below the lower one.
    package var badBelow: UInt64 = 0
    /// A sum of whole ns (or millionths of a metric of the document's own): exact below 2^53.
    package var sum = 0.0
    /// Of the samples, ns, exact; 0 without samples.
    package var min: UInt64 = 0
    package var max: UInt64 = 0
    /// Of `bad`, for a Rate metric: failures that were HTTP responses.
    package var badResponses: UInt64 = 0
    /// Arrivals dropped and transfers cut beyond the limit; in neither `count` nor `bad`. Of
    /// criteria with an upper limit on single samples.
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

/// The windows of one criterion: warm-up only where it asks for that, of `window: {from, to}` those
/// between. A rate per second ends with the schedules.
///
/// Of `{last: N}` the windows before `begin` are forgotten, which follows the newest window (at
/// most the schedules' end) at a distance of `N` and a little more: 10 windows for agents that are
/// behind, and what whole slices of 1/32 of `N` need. Who judges takes the last `N` of them.
package struct CriterionTrack: Sendable, Equatable {
    /// The first window that may be there, and the first that may not (nil: until the run's end).
    package var begin: UInt32 = 0
    package var end: UInt32?
    /// By window of run time; those in which nothing happened are missing.
    package var windows: [UInt32: CriterionWindow] = [:]
    /// All samples of the windows; of trends only.
    package var histogram = MergedHistogram()
    /// The same over time, for percentiles and for parts of the run: `sliceWindows` windows each,
    /// at most 64; pairs merge when full. By (window - `sliceBase`) / `sliceWindows`.
    package var slices: [UInt32: MergedHistogram] = [:]
    package var sliceWindows: UInt32 = 1
    package var sliceBase: UInt32 = 0
    package init() {}

    /// Slices a track may have.
    static let slicesMax: UInt32 = 64
}
