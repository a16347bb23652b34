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

    /// `1.2 GiB`; `n/a` for what is no amount.
    static func bytes(_ value: Double) -> String {
        guard value.isFinite, value >= 0, value < 1e18 else { return "n/a" }
        return bytes(UInt64(value))
    }

    /// As someone wrote it: in the largest unit that needs no rounding to the thousandth.
    static func exactBytes(_ value: Double) -> String {
        var best = trimmed(value) + " B"
        var unit = 1.0
        for name in ["KiB", "MiB", "GiB", "TiB"] {
            unit *= 1024
            let amount = value / unit
            guard abs(amount) >= 1 else { break }
            if (amount * 1000).rounded() == amount * 1000 { best = "\(trimmed(amount)) \(name)" }
        }
        return best
    }

    /// Nanoseconds as `0.31 ms`; `-` where there is nothing.
    static func latency(_ ns: Double?) -> String { ns.map { milliseconds($0) + " ms" } ?? "-" }

    /// `1 agent`, `2 agents`.
    package static func counted(_ n: Int, _ noun: String) -> String {
        "\(grouped(UInt64(max(0, n)))) \(noun)\(n == 1 ? "" : "s")"
    }
}
