// What a measurement of the generator belongs to: processor, cores, version, kind of build. An
// agent tells it when it registers. Never a host's name.

import Foundation

package struct MachineIdentity: Sendable, Equatable, Codable {
    package var cpu: String
    /// Cores this process may use.
    package var cores: Int
    package var version: String
    /// `release` or `debug`.
    package var build: String

    package init(cpu: String, cores: Int, version: String, build: String) {
        self.cpu = cpu
        self.cores = cores
        self.version = version
        self.build = build
    }

    /// Of this machine; read once.
    package static let current = MachineIdentity(
        cpu: CPUModel.current ?? architecture,
        cores: ProcessInfo.processInfo.activeProcessorCount, version: Limits.version,
        build: buildName)

    private static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "other"
        #endif
    }

    private static var buildName: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }
}

package enum CPUModel {
    /// Of /proc/cpuinfo; nil where a machine does not tell.
    package static var current: String? {
        // A file that is not there is an answer.
        name(try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))
    }

    /// The first `model name` of proc_cpuinfo(5); ARM machines have none.
    package static func name(_ text: String?) -> String? {
        let line = text?.split(separator: "\n").first { $0.hasPrefix("model name") }
        guard let colon = line?.firstIndex(of: ":"), let line else { return nil }
        let name = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        return name.isEmpty ? nil : name
    }
}
