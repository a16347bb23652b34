// Reads HdrHistogram logs, versions 1.0 to 1.3, line by line and in constant memory. Times: a
// line's start is relative to BaseTime; without one, a first start more than a year below StartTime
// means relative to that, else absolute. Without StartTime the first interval begins the log. Of
// several StartTime or BaseTime lines (logs that were joined) the latest counts.

package import HarnessCore

/// One interval of a log.
package struct HistogramLogInterval: Sendable, Equatable {
    package let tag: String?
    /// From StartTime on; negative where the log says so.
    package let start: TimeSpan
    package let length: TimeSpan
    package let histogram: RecordedHistogram
}

package final class HistogramLogReader {
    /// Base64, its numbers and a tag.
    static let lineMax = V2Codec.base64Max + 1_024
    private static let yearNs: Int64 = 365 * 86_400_000_000_000

    package let path: String
    /// Seconds since the epoch, ns: the first StartTime, else the first interval's start.
    package private(set) var startTimeNs: Int64?
    /// What was left out and why; at most one, the last line.
    package private(set) var warning: String?
    private let lines: LineFile
    private var lineNumber = 0
    private var originNs: Int64?
    private var baseNs: Int64?

    /// - Throws: exit 69 where the file cannot be opened.
    package init(path: String) throws(CommandFailure) {
        self.path = path
        do throws(SystemError) {
            lines = try LineFile(path, lineMax: Self.lineMax)
        } catch {
            throw CommandFailure(.unavailable, "cannot read \(path): \(error.reason)")
        }
    }

    /// The next interval; nil at the end. A last line without line end that makes no sense is left
    /// out with a `warning`: its writer was cut short.
    /// - Throws: exit 104 with file and line for any other malformed one, 69 where reading fails.
    package func next() throws(CommandFailure) -> HistogramLogInterval? {
        while let line = try nextLine() {
            do throws(HistogramCodecError) {
                if let interval = try take(HistogramLogLine(line.bytes)) { return interval }
            } catch {
                guard !line.isWhole else { throw malformed(error.description) }
                warning =
                    "\(path):\(lineNumber): the last line is cut short and is left out: \(error)"
                return nil
            }
        }
        return nil
    }

    private func nextLine() throws(CommandFailure) -> LineFile.Line? {
        lineNumber += 1
        do {
            return try lines.next()
        } catch let error as SystemError {
            throw CommandFailure(.unavailable, "cannot read \(path): \(error.reason)")
        } catch {
            throw malformed("a line of more than \(Self.lineMax) bytes")
        }
    }

    private func malformed(_ why: String) -> CommandFailure {
        CommandFailure(.badConfiguration, "\(path):\(lineNumber): \(why)")
    }

    private func take(
        _ line: HistogramLogLine
    ) throws(HistogramCodecError) -> HistogramLogInterval? {
        switch line {
        case .other: return nil
        case .startTime(let ns):
            originNs = ns
            startTimeNs = startTimeNs ?? ns
            return nil
        case .baseTime(let ns):
            baseNs = ns
            return nil
        case .interval(let tag, let startNs, let lengthNs, let histogram):
            return HistogramLogInterval(
                tag: tag, start: try sinceStart(startNs), length: TimeSpan(ns: lengthNs),
                histogram: histogram)
        }
    }

    private func sinceStart(_ loggedNs: Int64) throws(HistogramCodecError) -> TimeSpan {
        let base = baseNs ?? inferredBase(loggedNs)
        baseNs = base
        let (absolute, wraps) = loggedNs.addingReportingOverflow(base)
        guard !wraps else { throw HistogramCodecError("a time beyond 292 years") }
        let origin = originNs ?? absolute
        originNs = origin
        startTimeNs = startTimeNs ?? origin
        return TimeSpan(ns: absolute - origin)
    }

    private func inferredBase(_ loggedNs: Int64) -> Int64 {
        guard let originNs, loggedNs < originNs - Self.yearNs else { return 0 }
        return originNs
    }
}

@available(*, unavailable)
extension HistogramLogReader: Sendable {}
