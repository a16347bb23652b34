// What one criterion needs of each window, exact and all agents together: sums and counts, no
// buckets. `Aggregate/` fills it from deltas, `Judge/` reads it.

package import Telemetry

/// One window of run time, as one criterion sees it.
///
/// | statistic | `count` | `bad` | `sum` |
/// |---|---|---|---|
/// | percentile, med, min, max | samples | those that miss the limit | of the values, ns |
/// | ratio | samples | those outside the ratio's own limit | of the values, ns |
/// | avg | samples | 0 | of the values, ns |
/// | rate of a Rate metric | both halves | the true half | 0 |
/// | rate and count of a counter | 0 | 0 | the increase, in the metric's unit |
/// | value, avg, min, max of a gauge | 1 | 0 | the last values of all agents, added up |
///
/// Counts over a limit are exact where the agents counted them (the first 8 limits of a metric),
/// else a bucket that holds the limit counts as within it up to the bucket's highest value.
package struct CriterionWindow: Sendable, Equatable {
    package var count: UInt64 = 0
    package var bad: UInt64 = 0
    /// Of `within`: samples that miss the lower bound; `bad` has those that miss the upper one.
    package var badLower: UInt64 = 0
    /// A sum of whole ns (or millionths of a metric of the document's own): exact below 2^53.
    package var sum = 0.0
    /// Of `bad`, for a Rate metric: failures that were HTTP responses.
    package var badResponses: UInt64 = 0
    /// Arrivals dropped and transfers cut beyond the limit; in neither `count` nor `bad`. Of
    /// criteria with an upper limit on single samples.
    package var dropped: UInt64 = 0
    package var interrupted: UInt64 = 0
    /// The same samples by service time, where the criterion is one on the response time.
    package var serviceCount: UInt64 = 0
    package var serviceBad: UInt64 = 0
    package var serviceBadLower: UInt64 = 0
    package var serviceSum = 0.0
    /// The generator added delay in this window, on some agent.
    package var isTainted = false
    package init() {}
}

/// The judged windows of one criterion: warm-up only where it asks for that, of `window: {from,
/// to}` those between, of `{last: N}` the latest. A rate per second ends with the schedules.
///
/// `last` moves by slices of 1/32 of its span (at least a window), so that the histogram is one of
/// the same windows as the counts: it judges `N` to `N` + 1/32 of the time before the schedules'
/// end (while the run goes on: before the newest window), and what ends after that.
package struct CriterionTrack: Sendable, Equatable {
    /// The first window that is judged, and the first that is not (nil: until the run's end).
    package var begin: UInt32 = 0
    package var end: UInt32?
    /// By window of run time; those in which nothing happened are missing.
    package var windows: [UInt32: CriterionWindow] = [:]
    /// All samples of the windows; of trends only.
    package var histogram = MergedHistogram()
    /// The same over time, for percentiles and `last`: `sliceWindows` windows each, at most 64;
    /// pairs merge when full. Keys count slices, from `begin` (of `last`: from run time 0).
    package var slices: [UInt32: MergedHistogram] = [:]
    package var sliceWindows: UInt32 = 1
    package init() {}

    /// Slices a track may have.
    static let slicesMax: UInt32 = 64
}
