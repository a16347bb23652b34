// The series of the last windows, sparse as they came, for as long as a window threshold or the
// progress line looks back.

import Telemetry

/// The series of the last `depth` windows, of the metrics that someone looks back at.
package struct RecentWindows: Sendable {
    struct Entry: Sendable {
        let item: SeriesDelta
        let slot: UInt32
        let order: DeltaOrder
    }
    /// In windows, some late ones included.
    let depth: UInt32
    let metrics: Set<String>
    private var windows: [UInt32: [Entry]] = [:]
    private var newest: UInt32 = 0

    init(depth: UInt32, metrics: Set<String>) {
        self.depth = depth
        self.metrics = metrics
    }

    mutating func merge(_ entry: Entry, window: UInt32) {
        guard metrics.contains(entry.item.key.metric) else { return }
        guard window + depth >= newest else { return }
        windows[window, default: []].append(entry)
        guard window > newest else { return }
        newest = window
        windows = windows.filter { $0.key + depth >= newest }
    }

    /// The kept series of the windows `range`, added up.
    package func table(_ range: Range<UInt32>) -> SeriesTable {
        var table = SeriesTable()
        for (window, entries) in windows where range.contains(window) {
            for entry in entries {
                table.merge(entry.item, slot: entry.slot, order: entry.order)
            }
        }
        return table
    }
}
