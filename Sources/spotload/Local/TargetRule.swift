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
        guard LoopbackName.contains(host) else {
            throw CommandFailure(
                .badConfiguration,
                "target \(target): this version sends load to loopback addresses only "
                    + "(127.0.0.0/8, ::1, localhost)")
        }
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
