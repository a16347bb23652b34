// What every request of an agent carries: the scenario's defaults and who we are (fleet.md 10).

import HarnessCore
import ScenarioModel

extension EasyOptions {
    /// - Throws: `badConfiguration` where a file that the scenario names did not come with it.
    static func check(_ defaults: RequestDefaults) throws(CommandFailure) {
        let files = defaults.tlsFiles
        for (key, path, bytes) in [
            ("ca", defaults.tlsCA, files.ca), ("cert", defaults.tlsCertificate, files.certificate),
            ("key", defaults.tlsKey, files.key),
        ] {
            guard let path, bytes == nil else { continue }
            throw CommandFailure(
                .badConfiguration,
                "defaults.tls.\(key): \(path) did not come with the scenario; start the run anew")
        }
    }

    init(_ assignment: AgentAssignment) {
        let defaults = assignment.scenario.defaults
        switch defaults.http {
        case .http1: http = .http1
        case .http2: http = .http2
        case .auto: http = .auto
        }
        connectTimeout = defaults.connectTimeout
        verifyTLS = defaults.verifyTLS
        let files = defaults.tlsFiles
        if files != TLSFiles() {
            tls = TLSMaterial(ca: files.ca, certificate: files.certificate, key: files.key)
        }
        redirects = defaults.redirects
        reuse = defaults.reuse
        maxBody = defaults.maxBody
        unixSocket = defaults.unixSocket
        localAddress = defaults.localAddress
        dnsTtl = defaults.dnsTtl
        compression = defaults.compression
        fixedHeaders = [
            // No "100-continue": libcurl would hold a body over 1 MiB back for a second.
            "Expect:",
            "User-Agent: \(defaults.userAgent ?? "spotload/\(Limits.version)")",
            "X-Spotload-Run: \(assignment.runID)",
            "X-Spotload-Agent: \(assignment.slot).\(assignment.epoch)",
        ]
    }
}
