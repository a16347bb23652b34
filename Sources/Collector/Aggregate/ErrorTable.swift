// Errors by class, code and step: how many, in which windows, and one example of what the target
// said. The example is foreign text; reports escape it. Bounded by the series an agent may send.
//
// Checks that did not hold are rows too, of class `check`: a false check fails no request, so they
// are in no count of failed ones and come last.

import HarnessCore
import Telemetry

/// What one class of error at one step came to.
package struct ErrorRow: Sendable, Equatable {
    package struct Key: Sendable, Hashable {
        package let scenario: String
        /// Name of the request, or of the check.
        package let step: String
        /// `http_503`, `timeout`, `connect`, ...; `check`.
        package let errorClass: String
        /// k6's code; nil for a check.
        package let code: Int?

        /// What happened, in a few words.
        package var words: String { FailureCode.words(errorClass: errorClass, code: code) }

        package var isCheck: Bool { errorClass == Key.check }

        static let check = "check"
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

    /// Takes in `http_req_errors`, false `checks` and `error_sample`; everything else is no error.
    /// - Precondition: no series kept for a selector.
    mutating func merge(_ key: SeriesKey, count: UInt64, window: UInt32) {
        guard count > 0, let rowKey = Self.rowKey(key) else { return }
        var row = rows[rowKey] ?? ErrorRow()
        if key.metric != "error_sample" {
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

    private static func rowKey(_ key: SeriesKey) -> ErrorRow.Key? {
        let scenario = key["scenario"] ?? ""
        switch key.metric {
        case "http_req_errors", "error_sample":
            return ErrorRow.Key(
                scenario: scenario, step: key["name"] ?? "", errorClass: key["error"] ?? "other",
                code: key["error_code"].flatMap { Int($0) })
        case "checks" where key["rate"] == "false":
            return ErrorRow.Key(
                scenario: scenario, step: key["check"] ?? "", errorClass: ErrorRow.Key.check,
                code: nil)
        default: return nil
        }
    }

    /// Failed requests before checks; most frequent first; ties by class, code, step and scenario.
    package var sorted: [(key: ErrorRow.Key, row: ErrorRow)] {
        rows.filter { $0.value.count > 0 }.map { (key: $0.key, row: $0.value) }.sorted { a, b in
            if a.key.isCheck != b.key.isCheck { return b.key.isCheck }
            if a.row.count != b.row.count { return a.row.count > b.row.count }
            return (a.key.errorClass, a.key.code ?? 0, a.key.step, a.key.scenario)
                < (b.key.errorClass, b.key.code ?? 0, b.key.step, b.key.scenario)
        }
    }
}
