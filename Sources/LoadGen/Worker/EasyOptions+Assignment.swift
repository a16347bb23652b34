// What every request of an agent carries: the scenario's defaults and who we are (fleet.md 10).

import HarnessCore
import ScenarioModel

extension EasyOptions {
    init(_ assignment: AgentAssignment) {
        let defaults = assignment.scenario.defaults
        switch defaults.http {
        case .http1: http = .http1
        case .http2: http = .http2
        case .auto: http = .auto
        }
        connectTimeout = defaults.connectTimeout
        verifyTLS = defaults.verifyTLS
        redirects = defaults.redirects
        reuse = defaults.reuse
        maxBody = defaults.maxBody
        unixSocket = defaults.unixSocket
        fixedHeaders = [
            // No "100-continue": libcurl would hold a body over 1 MiB back for a second.
            "Expect:",
            "User-Agent: \(defaults.userAgent ?? "spotload/\(Limits.version)")",
            "X-Spotload-Run: \(assignment.runID)",
            "X-Spotload-Agent: \(assignment.slot).\(assignment.epoch)",
        ]
    }
}
