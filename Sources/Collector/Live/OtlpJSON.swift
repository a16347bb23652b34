// The body of an OTLP/HTTP push: ExportMetricsServiceRequest in the JSON mapping of protobuf
// (opentelemetry-proto, metrics.proto): names in lowerCamelCase, 64-bit integers as strings, enums
// as numbers. Sums are cumulative (2) since the push began.

import Foundation
import HarnessCore
import Telemetry

enum OtlpJSON {
    /// - Parameters:
    ///   - startNs: since when the sums count, wall clock, ns since 1970.
    ///   - nowNs: the same of this push.
    static func render(_ snapshot: MetricsSnapshot, startNs: Int64, nowNs: Int64) -> String {
        let times = Times(start: String(startNs), now: String(nowNs))
        let metrics = snapshot.families.filter { !$0.samples.isEmpty }.map {
            Metric($0, times)
        }
        let scope = Scope(name: "spotload", version: snapshot.run.version)
        let resource = Resource(attributes: [
            Attribute("service.name", "spotload"), Attribute("service.version", scope.version),
            Attribute("service.instance.id", snapshot.run.id),
        ])
        return LiveJSON.text(
            Request(resourceMetrics: [
                ResourceMetrics(
                    resource: resource, scopeMetrics: [ScopeMetrics(scope: scope, metrics: metrics)]
                )
            ]))
    }

    private struct Times {
        let start: String
        let now: String
    }
    private struct Request: Encodable { let resourceMetrics: [ResourceMetrics] }
    private struct ResourceMetrics: Encodable {
        let resource: Resource
        let scopeMetrics: [ScopeMetrics]
    }
    private struct Resource: Encodable { let attributes: [Attribute] }
    private struct ScopeMetrics: Encodable {
        let scope: Scope
        let metrics: [Metric]
    }
    private struct Scope: Encodable {
        let name: String
        let version: String
    }
    private struct Attribute: Encodable {
        struct Value: Encodable { let stringValue: String }
        let key: String
        let value: Value
        init(_ key: String, _ value: String) {
            self.key = key
            self.value = Value(stringValue: value)
        }
    }

    private struct Metric: Encodable {
        var name: String
        var description: String
        /// UCUM.
        var unit: String
        var sum: Points<NumberPoint>?
        var gauge: Points<NumberPoint>?
        var exponentialHistogram: Points<HistogramPoint>?

        init(_ family: MetricFamily, _ times: Times) {
            name = family.sampleName
            description = family.help
            unit = ["seconds": "s", "bytes": "By"][family.unit] ?? "1"
            switch family.kind {
            case .counter:
                sum = Points(
                    dataPoints: family.samples.map { NumberPoint($0, times, start: times.start) },
                    aggregationTemporality: 2, isMonotonic: true)
            case .gauge:
                gauge = Points(
                    dataPoints: family.samples.map { NumberPoint($0, times, start: nil) })
            case .histogram:
                exponentialHistogram = Points(
                    dataPoints: family.samples.compactMap { HistogramPoint($0, times) },
                    aggregationTemporality: 2)
            }
        }
    }

    private struct Points<Point: Encodable>: Encodable {
        var dataPoints: [Point]
        var aggregationTemporality: Int?
        var isMonotonic: Bool?
    }

    private struct NumberPoint: Encodable {
        var attributes: [Attribute]
        var startTimeUnixNano: String?
        var timeUnixNano: String
        var asInt: String?
        var asDouble: Double?

        init(_ sample: MetricFamily.Sample, _ times: Times, start: String?) {
            attributes = sample.labels.map { Attribute($0.name, $0.value) }
            startTimeUnixNano = start
            timeUnixNano = times.now
            switch sample.value {
            case .whole(let n): asInt = String(min(n, UInt64(Int64.max)))
            case .number(let value): asDouble = value
            case .times(let histogram): asInt = String(histogram.count)
            }
        }
    }

    private struct HistogramPoint: Encodable {
        struct Buckets: Encodable {
            let offset: Int
            let bucketCounts: [String]
        }
        let attributes: [Attribute]
        let startTimeUnixNano: String
        let timeUnixNano: String
        let count: String
        let sum: Double
        let min: Double
        let max: Double
        let scale: Int
        let zeroCount: String
        let positive: Buckets

        init?(_ sample: MetricFamily.Sample, _ times: Times) {
            guard case .times(let histogram) = sample.value else { return nil }
            let exponential = ExponentialHistogram(histogram)
            attributes = sample.labels.map { Attribute($0.name, $0.value) }
            startTimeUnixNano = times.start
            timeUnixNano = times.now
            count = String(histogram.count)
            sum = Double(histogram.sum) / 1e9
            min = Double(histogram.min) / 1e9
            max = Double(histogram.max) / 1e9
            scale = exponential.scale
            zeroCount = "0"
            positive = Buckets(
                offset: exponential.offset, bucketCounts: exponential.counts.map { String($0) })
        }
    }
}
