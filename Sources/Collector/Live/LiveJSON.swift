// JSON of the live page: one line, keys in order, so that the same input gives the same bytes.

import Foundation

enum LiveJSON {
    /// - Precondition: no number in `value` is infinite or no number.
    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Losing the error is right: the values are plain, and a page without one second lives.
        guard let bytes = try? encoder.encode(value) else { return "{}" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
