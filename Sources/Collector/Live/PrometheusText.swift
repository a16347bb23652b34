// Metric families as text for Prometheus: exposition format 0.0.4, or OpenMetrics 1.0 where the
// client asks for it.
//
//     # HELP spotload_iterations_total Iterations that ended by themselves.     (0.0.4)
//     # TYPE spotload_iterations_total counter
//     spotload_iterations_total{scenario="orders"} 467954
//
// OpenMetrics names the family without `_total`, adds units and ends with `# EOF`.
//
// A bucket `le` counts the samples whose HDR bucket ends at or below the bound: a sample counts as
// its bucket's highest equivalent value, at most 0.1 % above it, as everywhere in our reports. It
// never counts as less than it was, so a quantile from these buckets is never too good; and the
// exact maximum does not move a bucket later, so no counter falls.

import Foundation
import Telemetry

package enum PrometheusText {
    package enum Format: Sendable, Equatable {
        case text004
        case openMetrics

        package var contentType: String {
            switch self {
            case .text004: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }

        /// The one an Accept header prefers; without one, or with none of ours, 0.0.4.
        package init(accept: String?) {
            var best: (format: Format, quality: Double) = (.text004, 0)
            for item in (accept ?? "").lowercased().split(separator: ",") {
                let parts = item.split(separator: ";").map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
                guard let type = parts.first, let format = Self.format(type, parts.dropFirst())
                else { continue }
                let quality =
                    parts.first { $0.hasPrefix("q=") }
                    .flatMap { Double($0.dropFirst(2)) } ?? 1
                if quality > best.quality { best = (format, quality) }
            }
            self = best.format
        }

        private static func format(_ type: String, _ parameters: ArraySlice<String>) -> Format? {
            let version = parameters.first { $0.hasPrefix("version=") }?.dropFirst(8)
            switch type {
            case "application/openmetrics-text":
                return version == nil || version == "1.0.0" ? .openMetrics : nil
            case "text/plain", "text/*", "*/*":
                return version == nil || version == "0.0.4" ? .text004 : nil
            default: return nil
            }
        }
    }

    /// Upper bounds in ns: 0.5 ms, then 1-2-5 from 1 ms to 50 s.
    static let boundsNs: [UInt64] =
        [500_000]
        + [
            1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
            10_000_000_000,
        ].flatMap { (decade: UInt64) in [decade, 2 * decade, 5 * decade] }

    package static func render(_ snapshot: MetricsSnapshot, _ format: Format) -> String {
        var text = ""
        for family in snapshot.families where !family.samples.isEmpty {
            append(family, format, to: &text)
        }
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    private static func append(_ family: MetricFamily, _ format: Format, to text: inout String) {
        let name = format == .openMetrics ? family.name : family.sampleName
        let type =
            switch family.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        text += "# HELP \(name) \(escapedHelp(family.help))\n# TYPE \(name) \(type)\n"
        if format == .openMetrics, !family.unit.isEmpty {
            text += "# UNIT \(name) \(family.unit)\n"
        }
        for sample in family.samples { append(sample, of: family, format, to: &text) }
    }

    private static func append(
        _ sample: MetricFamily.Sample, of family: MetricFamily, _ format: Format,
        to text: inout String
    ) {
        let labels = labelText(sample.labels)
        switch sample.value {
        case .whole(let n): text += "\(family.sampleName)\(labels) \(n)\n"
        case .number(let value): text += "\(family.sampleName)\(labels) \(number(value))\n"
        case .times(let histogram):
            for (bound, count) in zip(boundTexts(format) + ["+Inf"], cumulative(histogram)) {
                text +=
                    "\(family.name)_bucket\(labelText(sample.labels + [("le", bound)])) \(count)\n"
            }
            text += "\(family.name)_sum\(labels) \(Double(histogram.sum) / 1e9)\n"
            text += "\(family.name)_count\(labels) \(histogram.count)\n"
        }
    }

    /// Samples at or below each bound, and all of them at the end.
    static func cumulative(_ histogram: MergedHistogram) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: boundsNs.count + 1)
        var i = 0
        histogram.forEachBucket { lowest, count in
            let value = HistogramLayout.highestEquivalent(HistogramLayout.index(lowest))
            while i < boundsNs.count, value > boundsNs[i] { i += 1 }
            counts[i] += count
        }
        for i in counts.indices.dropFirst() { counts[i] += counts[i - 1] }
        return counts
    }

    /// `0.0005`, `1` (OpenMetrics: `1.0`).
    private static func boundTexts(_ format: Format) -> [String] {
        boundsNs.map { bound in
            let seconds = Double(bound) / 1e9
            return format == .text004 ? number(seconds) : "\(seconds)"
        }
    }

    /// `0.0005`, `1`, `99.5`.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func labelText(_ labels: [(name: String, value: String)]) -> String {
        guard !labels.isEmpty else { return "" }
        let inner = labels.map { "\($0.name)=\"\(escaped($0.value))\"" }
        return "{\(inner.joined(separator: ","))}"
    }

    /// Label values: backslash, quote and line break are escaped, other controls replaced.
    private static func escaped(_ value: String) -> String {
        var out = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar.value < 0x20 ? "\u{FFFD}" : scalar)
            }
        }
        return out
    }

    private static func escapedHelp(_ text: String) -> String {
        text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(
            of: "\n", with: "\\n")
    }
}
