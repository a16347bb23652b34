// The series part of a delta's bytes; the format is drawn in DeltaCodec.swift.

import HarnessCore

enum DeltaBody {
    private enum Kind {
        static let counter: UInt8 = 1
        static let gauge: UInt8 = 2
        static let histogram: UInt8 = 3
    }

    static func encode(_ series: [SeriesDelta]) throws(DeltaError) -> [UInt8] {
        guard series.count <= Limits.deltaSeries else { throw DeltaError("\(series.count) series") }
        var out = ByteWriter(capacity: series.count * 64)
        for item in series {
            let key = Array(item.key.text.utf8)
            guard key.count <= Limits.deltaKeyBytes else {
                throw DeltaError("a key of \(key.count) bytes: \(item.key.text.prefix(60))...")
            }
            out.varint(UInt64(key.count))
            out.bytes.append(contentsOf: key)
            switch item.value {
            case .counter(let delta, let cum):
                out.bytes.append(Kind.counter)
                out.varint(delta)
                out.varint(cum)
            case .gauge(let gauge):
                out.bytes.append(Kind.gauge)
                out.varint(gauge.n)
                for value in [gauge.last, gauge.min, gauge.max, gauge.sum] { out.zigzag(value) }
            case .histogram(let histogram):
                out.bytes.append(Kind.histogram)
                encode(histogram, into: &out)
            }
        }
        return out.bytes
    }

    private static func encode(_ h: HistogramDelta, into out: inout ByteWriter) {
        out.bytes.append(HistogramLayout.wireID)
        for value in [h.count, h.cum, h.min, h.max, h.sum] { out.varint(value) }
        out.varint(UInt64(h.over.count))
        for value in h.over { out.varint(value) }
        out.varint(UInt64(h.buckets.count))
        var previous = -1
        for bucket in h.buckets {
            out.varint(UInt64(Int(bucket.index) - previous - 1))
            out.varint(bucket.count)
            previous = Int(bucket.index)
        }
    }

    static func decode(
        _ body: UnsafeBufferPointer<UInt8>, count: Int
    ) throws(DeltaError) -> [SeriesDelta] {
        var reader = ByteReader(body)
        var series: [SeriesDelta] = []
        for _ in 0..<count {
            let length = try reader.varint()
            guard length <= UInt64(Limits.deltaKeyBytes) else { throw DeltaError("key too long") }
            guard let key = SeriesKey(utf8: try reader.take(Int(length))) else {
                throw DeltaError("a series key is malformed")
            }
            series.append(SeriesDelta(key: key, value: try decodeValue(&reader)))
        }
        guard reader.left == 0 else {
            throw DeltaError("\(reader.left) bytes after the last series")
        }
        return series
    }

    private static func decodeValue(
        _ reader: inout ByteReader
    ) throws(DeltaError) -> SeriesDelta.Value {
        let kind = try reader.byte()
        switch kind {
        case Kind.counter:
            return .counter(delta: try reader.varint(), cum: try reader.varint())
        case Kind.gauge:
            return .gauge(
                GaugeDelta(
                    n: try reader.varint(), last: try reader.zigzag(), min: try reader.zigzag(),
                    max: try reader.zigzag(), sum: try reader.zigzag()))
        case Kind.histogram:
            return .histogram(try decodeHistogram(&reader))
        default: throw DeltaError("unknown kind \(kind)")
        }
    }

    private static func decodeHistogram(
        _ reader: inout ByteReader
    ) throws(DeltaError) -> HistogramDelta {
        guard try reader.byte() == HistogramLayout.wireID else {
            throw DeltaError("unknown layout")
        }
        var h = HistogramDelta(
            count: try reader.varint(), cum: try reader.varint(), min: try reader.varint(),
            max: try reader.varint(), sum: try reader.varint(), over: [], buckets: [])
        let limits = try reader.varint()
        guard limits <= UInt64(Limits.deltaOverLimits) else { throw DeltaError("too many limits") }
        for _ in 0..<limits { h.over.append(try reader.varint()) }
        let buckets = try reader.varint()
        // A bucket takes two bytes at least: more than that cannot be here.
        guard buckets <= UInt64(min(HistogramLayout.bucketCount, reader.left / 2)) else {
            throw DeltaError("\(buckets) buckets")
        }
        h.buckets.reserveCapacity(Int(buckets))
        var next: UInt64 = 0
        var sum: UInt64 = 0
        for _ in 0..<buckets {
            let gap = try reader.varint()
            let n = try reader.varint()
            let (index, overflow) = next.addingReportingOverflow(gap)
            guard !overflow, index < UInt64(HistogramLayout.bucketCount), n >= 1, n <= 1 << 40
            else {
                throw DeltaError("a bucket is out of range")
            }
            h.buckets.append(.init(index: UInt32(index), count: n))
            next = index + 1
            sum += n
        }
        guard sum == h.count else { throw DeltaError("buckets hold \(sum), not \(h.count)") }
        try checkExtremes(h)
        return h
    }

    /// The lowest bucket holds the exact minimum, the highest the exact maximum.
    private static func checkExtremes(_ h: HistogramDelta) throws(DeltaError) {
        guard let first = h.buckets.first, let last = h.buckets.last else {
            guard h.min == 0, h.max == 0, h.sum == 0 else { throw DeltaError("an empty histogram") }
            return
        }
        guard h.min <= h.max, h.max <= HistogramLayout.capacity,
            HistogramLayout.index(h.min) == Int(first.index),
            HistogramLayout.index(h.max) == Int(last.index), h.sum <= 1 << 62
        else { throw DeltaError("min, max or sum disagree with the buckets") }
    }
}
