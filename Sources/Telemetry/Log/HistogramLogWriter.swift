// The text of an HdrHistogram log (.hlog, format 1.3), values in ns:
//
//     #[Histogram log format version 1.3]
//     #[StartTime: 1798848900.250 (seconds since epoch), 2027-01-02T00:15:00Z]
//     #[BaseTime: 1798848900.250 (seconds since epoch)]
//     "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
//     0.000,1.000,88.146,HISTFAAAA...
//
// A line: an optional `Tag=<tag>,`, seconds since BaseTime, length in seconds, the exact maximum
// divided by 1e6, the histogram. Pure text: who writes it where is the caller's affair.

package import HarnessCore

package enum HistogramLogWriter {
    /// The four lines before the first interval; times are relative to `startedAtUnixNs`.
    package static func head(startedAtUnixNs: Int64) -> String {
        let seconds = LogDecimal.seconds(ns: max(0, startedAtUnixNs))
        return """
            #[Histogram log format version 1.3]
            #[StartTime: \(seconds) (seconds since epoch), \
            \(WallClock.iso8601(unixNs: startedAtUnixNs))]
            #[BaseTime: \(seconds) (seconds since epoch)]
            "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"

            """
    }

    /// One interval with its line end.
    /// - Precondition: a tag has no comma, white space or control character.
    package static func line(
        _ histogram: MergedHistogram, start: TimeSpan, length: TimeSpan, tag: String? = nil
    ) throws(HistogramCodecError) -> [UInt8] {
        let isTag = tag?.utf8.allSatisfy { HistogramLogLine.isTagByte($0) } ?? true
        precondition(isTag, "a tag is one word")
        let prefix = tag.map { "Tag=\($0)," } ?? ""
        let maximum = LogDecimal.fixed((histogram.max + 500) / 1_000)
        let head =
            prefix + LogDecimal.seconds(ns: start.ns) + "," + LogDecimal.seconds(ns: length.ns)
            + "," + maximum + ","
        return Array(head.utf8) + (try V2Codec.base64(histogram.recorded()))
            + [UInt8(ascii: "\n")]
    }
}
