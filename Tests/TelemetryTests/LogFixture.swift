// Histograms and log lines that the tests of Telemetry/Log share.

import Foundation
import HarnessCore
import Telemetry

enum LogFixture {
    static let startedAtUnixNs: Int64 = 1_798_848_900_250_000_000

    static func delta(_ values: [UInt64]) -> HistogramDelta {
        var counts: [Int: UInt64] = [:]
        for value in values { counts[HistogramLayout.index(value), default: 0] += 1 }
        let n = UInt64(values.count)
        return HistogramDelta(
            count: n, cum: n, min: values.min() ?? 0, max: values.max() ?? 0,
            sum: values.reduce(0, +), over: [],
            buckets: counts.sorted { $0.key < $1.key }.map {
                .init(index: UInt32($0.key), count: $0.value)
            })
    }

    static func merged(_ values: [UInt64]) -> MergedHistogram {
        var merged = MergedHistogram()
        merged.add(delta(values))
        return merged
    }

    static func recorded(
        _ layout: RecordedLayout, _ values: [UInt64: UInt64]
    ) throws -> RecordedHistogram {
        var counts: [Int: UInt64] = [:]
        for (value, n) in values { counts[layout.index(value), default: 0] += n }
        var histogram = RecordedHistogram(layout)
        for (index, n) in counts.sorted(by: { $0.key < $1.key }) {
            try histogram.append(index: index, count: n)
        }
        return histogram
    }

    static func base64(_ values: [UInt64]) throws -> String {
        String(decoding: try V2Codec.base64(merged(values).recorded()), as: UTF8.self)
    }

    /// Up to `count` values over the whole range, the small ones as likely as the large.
    static func values(_ rng: inout SplitMix64, count: UInt64) -> [UInt64] {
        (0...Draw.below(rng.next(), count)).map { _ in
            rng.next() >> (64 - Draw.below(rng.next(), 42))
        }
    }
}
