// Where load may go: loopback only in this version (fleet.md 10). Checked here by name so that the
// message comes early, and again by the agents on each resolved address when they connect.

import Foundation
import HarnessCore

enum TargetRule {
    /// - Throws: `CommandFailure` 104 naming the target.
    static func check(_ target: String) throws(CommandFailure) {
        guard let host = URLComponents(string: target)?.host, !host.isEmpty else {
            throw CommandFailure(
                .badConfiguration, "target \"\(target)\": expected http://HOST:PORT")
        }
        let bare = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        guard bare == "localhost" || bare == "::1" || isLoopbackV4(bare) else {
            throw CommandFailure(
                .badConfiguration,
                "target \(target): this version sends load to loopback addresses only "
                    + "(127.0.0.0/8, ::1, localhost)")
        }
    }

    private static func isLoopbackV4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
