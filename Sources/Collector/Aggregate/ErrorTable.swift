// Errors by class and step: how many, in which windows, and one example of what the target said.
// The example is foreign text; reports escape it. Bounded by the series an agent may send.

import Telemetry

/// What one class of error at one step came to.
package struct ErrorRow: Sendable, Equatable {
    package struct Key: Sendable, Hashable {
        package let scenario: String
        /// Name of the request.
        package let step: String
        /// `http_503`, `timeout`, `connect`, ...
        package let errorClass: String
    }
    package var count: UInt64 = 0
    package var firstWindow: UInt32 = .max
    package var lastWindow: UInt32 = 0
    /// Of the earliest window that has one; the alphabetically first of those.
    package var example: String?
    package var exampleWindow: UInt32 = .max
}

package struct ErrorTable: Sendable, Equatable {
    package private(set) var rows: [ErrorRow.Key: ErrorRow] = [:]

    /// Takes in `http_req_errors` and `error_sample`; everything else is not an error.
    mutating func merge(_ key: SeriesKey, count: UInt64, window: UInt32) {
        guard count > 0, key.metric == "http_req_errors" || key.metric == "error_sample" else {
            return
        }
        let rowKey = ErrorRow.Key(
            scenario: key["scenario"] ?? "", step: key["name"] ?? "",
            errorClass: key["error"] ?? "other")
        var row = rows[rowKey] ?? ErrorRow()
        if key.metric == "http_req_errors" {
            row.count += count
            row.firstWindow = min(row.firstWindow, window)
            row.lastWindow = max(row.lastWindow, window)
        } else if let text = key["text"] {
            if (window, text) < (row.exampleWindow, row.example ?? "\u{10FFFF}") {
                row.example = text
                row.exampleWindow = window
            }
        }
        rows[rowKey] = row
    }

    /// Most frequent first; ties by class, step and scenario.
    package var sorted: [(key: ErrorRow.Key, row: ErrorRow)] {
        rows.filter { $0.value.count > 0 }.map { (key: $0.key, row: $0.value) }.sorted { a, b in
            if a.row.count != b.row.count { return a.row.count > b.row.count }
            return (a.key.errorClass, a.key.step, a.key.scenario)
                < (b.key.errorClass, b.key.step, b.key.scenario)
        }
    }
}
