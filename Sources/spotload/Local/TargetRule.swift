// Where load may go: loopback only in this version (fleet.md 10). Checked here by name so that the
// message comes early, and again by the agents on each resolved address when they connect.

import Foundation
import HarnessCore
import ScenarioModel

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

extension Scenario {
    /// Urls of requests that name a host of their own, as far as it is written out.
    var absoluteURLs: [String] {
        let requests = flows.values.flatMap(\.allSteps).compactMap { step in
            if case .request(let request) = step { request } else { nil }
        }
        return Set(
            requests.compactMap { request in
                guard case .literal(let text)? = request.url.parts.first, text.contains("://")
                else { return nil }
                // A template further on is in the path or later only if the host has ended.
                let end =
                    text.range(of: "://").map { text[$0.upperBound...].contains("/") } ?? false
                return end || request.url.parts.count == 1 ? text : nil
            }
        ).sorted()
    }
}
