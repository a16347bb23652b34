// OpenTelemetry's exponential histogram from one of ours (opentelemetry-specification, metrics
// data model, "ExponentialHistogram"):
//
//     base = 2^(2^-scale)      bucket i covers (base^i, base^(i+1)]
//     i    = ceil(2^scale x log2 v) - 1
//
// Every HDR bucket goes whole to where its midpoint v (seconds) lies. Worked at scale 0: 3 s: 2 <
// 3 <= 4, ceil(1.58) - 1 = 1. The scale is the largest one, 8 at most, with 160 buckets at most;
// that of a growing histogram only falls.

import Foundation
import Telemetry

struct ExponentialHistogram: Sendable, Equatable {
    static let scaleMax = 8
    static let bucketsMax = 160

    let scale: Int
    /// Index of the first bucket.
    let offset: Int
    let counts: [UInt64]

    init(_ histogram: MergedHistogram) {
        var points: [(seconds: Double, count: UInt64)] = []
        histogram.forEachBucket { lowest, count in
            let highest = HistogramLayout.highestEquivalent(HistogramLayout.index(lowest))
            let middle = Double(lowest) + Double(highest - lowest + 1) / 2
            points.append((middle / 1e9, count))
        }
        guard let first = points.first, let last = points.last else {
            (scale, offset, counts) = (Self.scaleMax, 0, [])
            return
        }
        var scale = Self.scaleMax
        while Self.index(last.seconds, scale) - Self.index(first.seconds, scale)
            >= Self.bucketsMax
        {
            scale -= 1
        }
        let offset = Self.index(first.seconds, scale)
        var counts = [UInt64](
            repeating: 0, count: Self.index(last.seconds, scale) - offset + 1)
        for point in points { counts[Self.index(point.seconds, scale) - offset] += point.count }
        (self.scale, self.offset, self.counts) = (scale, offset, counts)
    }

    /// - Precondition: `value` > 0.
    static func index(_ value: Double, _ scale: Int) -> Int {
        Int((exp2(Double(scale)) * log2(value)).rounded(.up)) - 1
    }
}
