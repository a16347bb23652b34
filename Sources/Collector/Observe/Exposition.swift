// What a Prometheus exporter answers, as values: text format 0.0.4 and OpenMetrics 1.0.
//
//     # TYPE http_requests_total counter
//     http_requests_total{method="post",code="200"} 1027 1395066363000
//     foo_bucket{le="0.1"} 8 # {trace_id="abc"} 0.054 1520879607.7      (an exemplar: OpenMetrics)
//     # EOF                                                             (OpenMetrics, required)
//
// Strict: a line that is no line of the format spoils the answer, because what cannot be read in
// one place may be misread in another; so does an answer that was cut short (0.0.4: the last line
// ends with a line feed; OpenMetrics: `# EOF`). Names are the classic ones; quoted UTF-8 names are
// not asked for and are refused. Timestamps and exemplars are checked and ignored: a sample counts
// when it was scraped.
//
// The bytes are a stranger's: nothing here traps, and what is kept is bounded by `Limits`.

import HarnessCore

/// One line of an exposition.
package struct ExpositionSample: Sendable, Equatable {
    package var name: String
    package var labels: [String: String]
    package var value: Double
    package init(name: String, labels: [String: String] = [:], value: Double) {
        self.name = name
        self.labels = labels
        self.value = value
    }
}

package enum ExpositionFormat: Sendable {
    case text, openMetrics

    /// By the answer's Content-Type; without one it is the older format.
    package init(contentType: String?) {
        let isOpen = contentType?.lowercased().hasPrefix("application/openmetrics-text") ?? false
        self = isOpen ? .openMetrics : .text
    }
}

package struct ExpositionError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

package enum Exposition {
    /// The samples whose name is among `names`, in document order.
    ///
    /// - Throws: `ExpositionError`, naming the line, at the first that is malformed; where a series
    ///   of these names comes twice; where the answer is cut short or beyond `Limits`.
    /// - Complexity: O(bytes); memory for the samples that are kept.
    package static func samples(
        _ bytes: [UInt8], _ format: ExpositionFormat, named names: Set<String>
    ) throws(ExpositionError) -> [ExpositionSample] {
        guard bytes.count <= Limits.observedBytes else {
            throw ExpositionError("more than \(Limits.observedBytes >> 20) MiB")
        }
        var document = ExpositionDocument(format: format, names: names)
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: ExpositionLine.lineFeed) ?? bytes.count
            if end == bytes.count, format == .text {
                throw ExpositionError("line \(document.line + 1): cut short, it has no line feed")
            }
            try document.read(ExpositionLine(bytes, start..<end))
            start = end + 1
        }
        return try document.finish()
    }
}

/// The lines read so far.
private struct ExpositionDocument {
    let format: ExpositionFormat
    let names: Set<String>
    private(set) var line = 0
    private var samples: [ExpositionSample] = []
    private var seen: Set<SeriesIdentity> = []
    private var hasEnded = false

    private struct SeriesIdentity: Hashable {
        let name: String
        let labels: [String: String]
    }

    init(format: ExpositionFormat, names: Set<String>) {
        self.format = format
        self.names = names
    }

    mutating func read(_ text: ExpositionLine) throws(ExpositionError) {
        line += 1
        do throws(ExpositionError) {
            try take(text)
        } catch {
            throw ExpositionError("line \(line): \(error.description)")
        }
    }

    private mutating func take(_ text: ExpositionLine) throws(ExpositionError) {
        var text = text
        guard text.count <= Limits.observedLineBytes else {
            throw ExpositionError("longer than \(Limits.observedLineBytes >> 10) KiB")
        }
        guard !hasEnded else { throw ExpositionError("something after # EOF") }
        text.skipBlanks()
        if text.isAtEnd {
            if format == .openMetrics { throw ExpositionError("an empty line") }
        } else if text.take(ExpositionLine.hash) {
            hasEnded = try text.comment(format)
        } else if let sample = try text.sample(format, named: names) {
            try keep(sample)
        }
    }

    private mutating func keep(_ sample: ExpositionSample) throws(ExpositionError) {
        guard samples.count < Limits.observedSeries else {
            throw ExpositionError(
                "more than \(Limits.observedSeries) series of the names asked for")
        }
        let identity = SeriesIdentity(name: sample.name, labels: sample.labels)
        guard seen.insert(identity).inserted else {
            throw ExpositionError("\(sample.name) comes twice with the same labels")
        }
        samples.append(sample)
    }

    func finish() throws(ExpositionError) -> [ExpositionSample] {
        guard format == .text || hasEnded else {
            throw ExpositionError("cut short: it does not end with # EOF")
        }
        return samples
    }
}
