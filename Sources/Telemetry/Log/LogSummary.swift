// What `spotload hdr` counts of one log, or of several together.

package import HarnessCore

/// Which intervals of a log are wanted.
package struct LogSelection: Sendable {
    package enum Tags: Sendable, Equatable {
        case untagged
        case tag(String)
        case all
    }
    package var tags: Tags = .untagged
    /// Of an interval's start, after StartTime.
    package var from: TimeSpan?
    /// Exclusive.
    package var to: TimeSpan?

    package init(tags: Tags = .untagged, from: TimeSpan? = nil, to: TimeSpan? = nil) {
        self.tags = tags
        self.from = from
        self.to = to
    }

    fileprivate func takes(tag: String?) -> Bool {
        switch tags {
        case .all: true
        case .untagged: tag == nil
        case .tag(let wanted): tag == wanted
        }
    }

    fileprivate func takes(_ start: TimeSpan) -> Bool {
        (from.map { start >= $0 } ?? true) && (to.map { start < $0 } ?? true)
    }
}

/// The selected intervals of one file.
package struct LogSummary: Sendable {
    /// Distinct tags that are named; lines of further ones are counted under `furtherTags`.
    package static let namedTagsMax = 1_000
    package static let furtherTags = "(further tags)"

    package let file: String
    package private(set) var startTimeNs: Int64?
    package private(set) var intervals: UInt64 = 0
    package private(set) var totals = RecordedTotals()
    /// Lines in the wanted time that were left out for their tag.
    package private(set) var otherTags: [String: UInt64] = [:]
    /// The same for lines without a tag.
    package private(set) var otherUntagged: UInt64 = 0
    package private(set) var skippedLines: UInt64 = 0
    package private(set) var warning: String?

    /// Reads a whole file in constant memory.
    /// - Throws: as `HistogramLogReader.next()`.
    package init(file: String, _ selection: LogSelection) throws(CommandFailure) {
        self.file = file
        let reader = try HistogramLogReader(path: file)
        while let interval = try reader.next() {
            guard selection.takes(interval.start) else { continue }
            guard selection.takes(tag: interval.tag) else {
                noteOther(interval.tag)
                continue
            }
            intervals += 1
            do throws(HistogramCodecError) {
                try totals.add(interval.histogram)
            } catch {
                throw CommandFailure(.badConfiguration, "\(file): \(error)")
            }
        }
        startTimeNs = reader.startTimeNs
        warning = reader.warning
        skippedLines = warning == nil ? 0 : 1
    }

    private mutating func noteOther(_ tag: String?) {
        guard let tag else {
            otherUntagged += 1
            return
        }
        let isNamed = otherTags[tag] != nil || otherTags.count < Self.namedTagsMax
        otherTags[isNamed ? tag : Self.furtherTags, default: 0] += 1
    }
}
