// Golden files of reports, in Tests/Fixtures/reports. A change there is a change of what users and
// their programs read: look at it before you accept it. SPOTLOAD_GOLDEN=write writes them anew.

import Foundation
import Testing

enum GoldenFile {
    static func url(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/reports/\(name)")
    }

    static func expect(
        _ bytes: [UInt8], is name: String, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let file = url(name)
        if ProcessInfo.processInfo.environment["SPOTLOAD_GOLDEN"] == "write" {
            try Data(bytes).write(to: file)
        }
        let wanted = [UInt8](try Data(contentsOf: file))
        guard bytes != wanted else { return }
        let place = zip(bytes, wanted).enumerated().first { $1.0 != $1.1 }?.offset
        let at = place ?? min(bytes.count, wanted.count)
        let around = String(
            decoding: bytes[max(0, at - 60)..<min(bytes.count, at + 60)], as: UTF8.self)
        Issue.record("\(name) differs at byte \(at): ...\(around)...", sourceLocation: location)
    }
}
