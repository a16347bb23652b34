// A registration as the fields of a stream entry: name, value, name, value ... Unknown fields are
// skipped, a missing or malformed one refuses the entry. Also: what this host is called.

import Glibc

extension Registration {
    package var fields: [String] {
        var all = [
            "agent", agent, "host", host, "pid", String(pid), "proto", String(proto), "version",
            version, "cores", String(cores), "capacity", String(capacity), "pwHash", pwHash,
        ]
        if !cpu.isEmpty { all += ["cpu", cpu, "build", build] }
        if let wantSlot { all += ["wantSlot", String(wantSlot)] }
        return all
    }

    package init?(fields: [String]) {
        var named: [String: String] = [:]
        for i in stride(from: 0, to: fields.count - 1, by: 2) { named[fields[i]] = fields[i + 1] }
        guard let agent = named["agent"], !agent.isEmpty, agent.utf8.count <= 64,
            let host = named["host"], host.utf8.count <= 255,
            let pid = named["pid"].flatMap({ Int32($0) }),
            let proto = named["proto"].flatMap({ Int($0) }), let version = named["version"],
            let cores = named["cores"].flatMap({ Int($0) }),
            let capacity = named["capacity"].flatMap({ Int($0) })
        else { return nil }
        self.init(
            agent: agent, host: host, pid: pid, proto: proto, version: version, cores: cores,
            capacity: capacity, wantSlot: named["wantSlot"].flatMap { Int($0) },
            pwHash: named["pwHash"] ?? "")
        cpu = String((named["cpu"] ?? "").prefix(200))
        build = String((named["build"] ?? "").prefix(20))
    }

    /// What a calibration is looked up by; nil where the agent does not tell.
    package var machine: MachineIdentity? {
        cpu.isEmpty
            ? nil : MachineIdentity(cpu: cpu, cores: cores, version: version, build: build)
    }
}

/// Who we are for others of the fleet.
package enum HostIdentity {
    package static var name: String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let status = buffer.withUnsafeMutableBytes { raw in
            raw.withMemoryRebound(to: CChar.self) { gethostname($0.baseAddress!, $0.count - 1) }
        }
        let name = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        return status == 0 && !name.isEmpty ? name : "localhost"
    }
}
