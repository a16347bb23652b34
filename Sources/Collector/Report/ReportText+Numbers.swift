// Numbers and spans whose precision is not fixed: limits as someone wrote them, times of a run.

import Foundation
import HarnessCore

extension ReportText {
    /// Ten significant digits at most, none that say nothing: `200`, `0.01`, `99.9`.
    static func trimmed(_ value: Double) -> String {
        value.isFinite ? String(format: "%.10g", value) : "n/a"
    }

    /// A span to the tenth of a second: `1m12.4s`, `2m0s`.
    static func span(_ span: TimeSpan) -> String {
        let tenth: Int64 = 100_000_000
        let half = span.ns < 0 ? -tenth / 2 : tenth / 2
        return TimeSpan(ns: (span.ns + half) / tenth * tenth).goText
    }

    /// Nanoseconds as `0.31 ms`; `-` where there is nothing.
    static func latency(_ ns: Double?) -> String { ns.map { milliseconds($0) + " ms" } ?? "-" }

    /// `1 agent`, `2 agents`.
    static func counted(_ n: Int, _ noun: String) -> String {
        "\(grouped(UInt64(max(0, n)))) \(noun)\(n == 1 ? "" : "s")"
    }
}
