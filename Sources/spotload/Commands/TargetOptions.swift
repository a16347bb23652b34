// The flags by which a person says where load may go, of `run` and of `agent` (fleet.md section
// 10). Loopback needs none of them.

import ArgumentParser
import HarnessCore
import ScenarioModel

struct TargetOptions: ParsableArguments {
    @Option(
        name: .customLong("allow-target"),
        help: ArgumentHelp(
            "A target beyond loopback; with --yes-i-am-authorized.",
            valueName: "host[:port][=cidr]"))
    var allowed: [String] = []

    @Option(
        name: .customLong("yes-i-am-authorized"),
        help: ArgumentHelp("You may put load on this host.", valueName: "host"))
    var authorized: [String] = []

    @Option(help: "YAML of the targets that may be loaded, and how much: see docs/targets.md.")
    var targets: String?

    /// What can be said without reading a file.
    func check() throws {
        if targets != nil && !allowed.isEmpty {
            throw ValidationError("--targets FILE says what --allow-target would: give one of them")
        }
        let targets = try parsed()
        for target in targets where target.host == AllowedTarget.anyHost {
            throw ValidationError("--allow-target names one host; \"*\" is for a file of --targets")
        }
        for target in targets where !hosts.contains(target.host) {
            throw ValidationError(
                "--allow-target \(target.host): if you may put load on it, add "
                    + "--yes-i-am-authorized=\(target.host)")
        }
        guard self.targets == nil else { return }
        for (host, written) in zip(hosts, authorized)
        where !targets.contains(where: { $0.host == host }) {
            throw ValidationError(
                "--yes-i-am-authorized=\(written): say what may be loaded, too: "
                    + "--allow-target \(written)[:PORT][=CIDR], or --targets FILE")
        }
    }

    private var hosts: [String] { authorized.map { HostName.canonical($0) } }

    private func parsed() throws -> [AllowedTarget] {
        try allowed.map { text in
            do throws(TargetError) {
                return try AllowedTarget(text)
            } catch {
                throw ValidationError("--allow-target \(error)")
            }
        }
    }

    /// - Throws: `ScenarioErrors` of the file, `CommandFailure` 64.
    func permission() throws -> TargetPermission {
        let file = try targets.map { try TargetsFile.read($0) }
        for (host, written) in zip(hosts, authorized) {
            guard let file, !file.allowed.contains(where: { $0.isFor(host) }) else { continue }
            throw CommandFailure(
                .usage, "--yes-i-am-authorized=\(written): \(targets ?? "") does not allow it")
        }
        return TargetPermission(
            allowed: try file?.allowed ?? parsed(), authorized: Set(hosts), caps: file?.caps,
            file: targets)
    }
}

/// What the flags came to.
struct TargetPermission: Sendable {
    /// As given: hosts may be `*`, names have no addresses yet.
    var allowed: [AllowedTarget] = []
    /// Canonical.
    var authorized: Set<String> = []
    var caps: TargetCaps?
    /// `--targets`
    var file: String?

    /// Those that somebody has said may be loaded, each by its own name.
    var consented: [AllowedTarget] {
        authorized.sorted().flatMap { host in
            allowed.filter { $0.isFor(host) }.map { target in
                AllowedTarget(host: host, ports: target.ports, blocks: target.blocks)
            }
        }
    }
}

extension AllowedTarget {
    fileprivate func isFor(_ other: String) -> Bool { host == Self.anyHost || host == other }
}
