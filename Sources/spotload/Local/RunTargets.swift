// Where the load of one run goes: the URLs a scenario names, resolved, against what was allowed
// (fleet.md section 10). Checked before anything is started, so that the message comes early; the
// agents check every connection again, on the resolved address.

import Collector
import Foundation
import HarnessCore
import RedisClient
import ScenarioModel

struct RunTargets: Sendable {
    /// Names resolved: every target has addresses.
    private(set) var rule: TargetRule
    let caps: TargetCaps?
    /// Hosts beyond loopback that the scenario's URLs name, with the addresses they have.
    private(set) var reached: [String] = []
    /// What is odd, and no error.
    private(set) var warnings: [String] = []
    private let load: PlannedLoad
    private let agents: Int
    private let maxVUs: Int

    /// - Throws: `CommandFailure` 104 where something must not be loaded, 69 where a name has no
    ///   address.
    init(
        _ permission: TargetPermission, scenario: Scenario, agents: Int, redis: RedisEndpoint?,
        uiPort: Int?
    ) throws(CommandFailure) {
        caps = permission.caps
        load = PlannedLoad(scenario.workloads)
        self.agents = agents
        maxVUs = scenario.workloads.reduce(0) { $0 + $1.executor.maxVUs }
        rule = TargetRule(
            allowed: permission.consented, refused: Set(redis?.socketEndpoints ?? []))
        if let uiPort, let port = UInt16(exactly: uiPort), port > 0 { refuse(livePort: port) }
        rule = try rule.resolved { target, why throws(CommandFailure) in
            throw CommandFailure(.unavailable, "target \(target.host): \(why)")
        }
        if let caps,
            let objection = caps.objection(
                peak: load.peakPerSecond, agents: agents, duration: load.duration)
        {
            throw CommandFailure(
                .badConfiguration, "\(permission.file ?? "--targets"): \(objection)")
        }
        try check(scenario, permission, redis)
    }

    private mutating func check(
        _ scenario: Scenario, _ permission: TargetPermission, _ redis: RedisEndpoint?
    ) throws(CommandFailure) {
        if let path = scenario.defaults.unixSocket {
            // Every connection goes there, whatever hosts the URLs name.
            if case .unix(path)? = redis?.address {
                throw CommandFailure(
                    .badConfiguration, "defaults.unixSocket \(path): is the socket of Redis")
            }
        } else {
            let urls = (scenario.target.map { [$0] } ?? []) + scenario.absoluteURLs
            for url in urls { try check(url, "target \(url)", permission) }
        }
        for endpoint in try scenario.observeEndpoints(target: scenario.target) {
            try check(
                endpoint.url.absoluteString, "observe \(endpoint.source.name): \(endpoint.url)",
                permission)
        }
    }

    private mutating func check(
        _ url: String, _ what: String, _ permission: TargetPermission
    ) throws(CommandFailure) {
        guard let (written, port, _) = URLAuthority.of(url) else {
            throw CommandFailure(
                .badConfiguration, "\(what): expected http://HOST:PORT or https://HOST:PORT")
        }
        let host = HostName.canonical(written)
        let isCovered = rule.allowed.contains { $0.covers(host: host, port: port) }
        let addresses: [InternetAddress]
        do throws(TargetError) {
            addresses = try HostResolver.resolve(host)
        } catch {
            guard isCovered else { throw Self.notAllowed(what, host, port, permission) }
            throw CommandFailure(.unavailable, "\(what): \(error)")
        }
        var outside: [InternetAddress] = []
        for address in addresses {
            switch rule.verdict(SocketEndpoint(address, port), host: host) {
            case .allowed: break
            case .never(let why):
                let endpoint = SocketEndpoint(address, port)
                throw CommandFailure(
                    .badConfiguration, "\(what): \(endpoint) \(why): it is never loaded")
            case .notAllowed: outside.append(address)
            }
        }
        if !outside.isEmpty, !isCovered { throw Self.notAllowed(what, host, port, permission) }
        let list = outside.map(\.description).joined(separator: ", ")
        guard outside.count < addresses.count else {
            throw CommandFailure(
                .badConfiguration,
                "\(what): \(host) is at \(list), which is in no block that was allowed for it")
        }
        if !outside.isEmpty {
            warnings.append("warning: \(what): \(list) is not allowed and will not be used")
        }
        if !addresses.allSatisfy(\.isLoopback) {
            let line =
                "\(written):\(port) at \(addresses.map(\.description).joined(separator: ", "))"
            if !reached.contains(line) { reached.append(line) }
        }
    }

    private static func notAllowed(
        _ what: String, _ host: String, _ port: UInt16, _ permission: TargetPermission
    ) -> CommandFailure {
        let name = host.contains(":") ? "[\(host)]" : host
        let isListed = permission.allowed.contains { $0.covers(host: host, port: port) }
        let add =
            if isListed {
                "--yes-i-am-authorized=\(name)"
            } else if let file = permission.file {
                "it to \(file), and --yes-i-am-authorized=\(name)"
            } else {
                TargetRule.flags(host: host, port: port)
            }
        return CommandFailure(
            .badConfiguration,
            "\(what): load goes to loopback addresses only (127.0.0.0/8, ::1, localhost) unless "
                + "you say so. If you may put load on \(host), add \(add)")
    }

    /// The run's own page is no target.
    mutating func refuse(livePort: UInt16) {
        rule.refused.insert(SocketEndpoint(InternetAddress(v4: 0x7F00_0001), livePort))
    }

    /// What a person must know of load that leaves this machine; empty where none does.
    var announcement: [String] {
        guard !reached.isEmpty else { return [] }
        let peak = load.peakPerSecond
        let rate = peak == peak.rounded() && peak < 1e15 ? "\(Int64(peak))" : "\(peak)"
        let rates =
            load.isOpenModel
            ? "at most \(rate) iterations/s"
            : (peak > 0 ? "\(rate) iterations/s and " : "") + "as fast as it answers"
        return reached.map { "load goes to \($0)" } + [
            "\(rates) with \(maxVUs) VUs, from \(agents) agent\(agents == 1 ? "" : "s"), for "
                + (load.duration?.goText ?? "as long as nobody stops it")
        ]
    }

    /// The rule in a file for the agents that this run starts: they load what it loads.
    var agentFile: String? {
        guard !rule.allowed.isEmpty else { return nil }
        let lines = rule.allowed.map { target in
            let host = target.host.contains(":") ? "[\(target.host)]" : target.host
            let ports = target.ports.map(String.init).joined(separator: ", ")
            let blocks = target.blocks.map { "\"\($0)\"" }.joined(separator: ", ")
            return "  - { host: \"\(host)\", " + (ports.isEmpty ? "" : "ports: [\(ports)], ")
                + "cidrs: [\(blocks)] }\n"
        }
        // The caps are in the spec.
        return "allow:\n" + lines.joined()
            + "maxDuration: \(Limits.durationNs / 3_600_000_000_000)h\n"
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
