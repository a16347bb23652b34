// What judging a run needs to know of the files its document names: names and lengths, no content.
// Whoever has these can decode the document without the files.

/// One file, in whatever parts it plays.
package struct FileOutline: Codable, Sendable, Equatable {
    /// Of a data file.
    package var columns: [String]?
    /// Of recorded arrivals: offset of the last, ns.
    package var lastOffsetNs: Int64?
    package init() {}
}

extension Scenario {
    /// Of every data file and recording; other files play no part in judging.
    package var fileOutlines: [String: FileOutline] {
        var outlines: [String: FileOutline] = [:]
        for feeder in feeders {
            outlines[feeder.file, default: FileOutline()].columns = feeder.table.columns
        }
        for workload in workloads {
            guard case .replay(let replay) = workload.executor else { continue }
            outlines[replay.file, default: FileOutline()].lastOffsetNs = replay.offsetsNs.last
        }
        return outlines
    }
}
