// MSER-5 (White, Cobb and Spratt 2000; measurement.md section 6): how many of the first windows of
// a series are a settling that the rest is not. Pure.

struct MSER5: Sendable, Equatable {
    /// Means of five windows each.
    static let batch = 5
    /// Fewer windows are not tested.
    static let fewestWindows = 20

    /// Windows to leave out at the start: a multiple of five; 0: the series is steady.
    var cut: Int
    /// The least statistic.
    var statistic: Double
    /// False where the best cut is in the second half: the series never settled.
    var isSettled: Bool

    /// nil with fewer than 20 windows.
    /// - Complexity: O(windows).
    init?(_ windows: [Double]) {
        guard windows.count >= Self.fewestWindows else { return nil }
        let b = windows.count / Self.batch
        let means = (0..<b).map { j in
            windows[j * Self.batch..<(j + 1) * Self.batch].reduce(0, +) / Double(Self.batch)
        }
        let cuts = b - max(1, min(5, b / 4))
        var best = (d: 0, statistic: Double.infinity)
        // From the end: mean and squares of the tail grow by one value each (Welford).
        var (n, mean, squares) = (0.0, 0.0, 0.0)
        for d in stride(from: b - 1, through: 0, by: -1) {
            n += 1
            let delta = means[d] - mean
            mean += delta / n
            squares += delta * (means[d] - mean)
            let statistic = squares / (n * n)
            // Of equal ones the first counts.
            if d < cuts, statistic <= best.statistic { best = (d, statistic) }
        }
        cut = best.d * Self.batch
        statistic = best.statistic
        isSettled = cut <= Self.batch * b / 2
    }
}
