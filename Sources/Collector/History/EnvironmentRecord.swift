// environment.json: the machine the collector ran on, so that a number can be compared with last
// night's. Read from /proc and /etc once per run; what a machine does not tell stays nil and is
// null in the file. Never the host's name, its user or its environment variables.

import Foundation
import HarnessCore

package struct EnvironmentRecord: Sendable, Equatable, Codable {
    /// `Debian GNU/Linux 12 (bookworm)`
    package var os: String?
    /// Release of the running kernel.
    package var kernel: String?
    package var architecture: String
    package var cpuModel: String?
    /// Cores this process may use.
    package var cores: Int
    package var memoryBytes: UInt64?
    /// Of spotload and the libraries, by name, as the caller knows them.
    package var versions: [String: String]

    package init(
        os: String?, kernel: String?, architecture: String, cpuModel: String?, cores: Int,
        memoryBytes: UInt64?, versions: [String: String]
    ) {
        self.os = os
        self.kernel = kernel
        self.architecture = architecture
        self.cpuModel = cpuModel
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.versions = versions
    }

    /// Asks this machine.
    package static func current(versions: [String: String]) -> EnvironmentRecord {
        EnvironmentRecord(
            os: osName(text("/etc/os-release")),
            kernel: text("/proc/sys/kernel/osrelease").flatMap(firstLine),
            architecture: machine, cpuModel: cpuModel(text("/proc/cpuinfo")),
            cores: ProcessInfo.processInfo.activeProcessorCount,
            memoryBytes: memoryBytes(text("/proc/meminfo")), versions: versions)
    }

    /// The file, pretty printed; versions sorted by name.
    package func json() -> [UInt8] { value.prettyBytes }

    var value: ReportJSON {
        .object([
            ("os", .text(os)), ("kernel", .text(kernel)), ("architecture", .text(architecture)),
            ("cpuModel", .text(cpuModel)), ("cores", .integer(cores)),
            ("memoryBytes", memoryBytes.map { .count($0) } ?? .null),
            (
                "versions",
                .object(versions.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })
            ),
        ])
    }

    /// `PRETTY_NAME` of os-release(5), without its quotes.
    package static func osName(_ text: String?) -> String? {
        let line = text?.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
        let value = line?.dropFirst("PRETTY_NAME=".count)
        let name = value.map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "\"' ")) }
        return name.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `CPUModel.name`: the first `model name` of proc_cpuinfo(5).
    package static func cpuModel(_ text: String?) -> String? { CPUModel.name(text) }

    /// `MemTotal` of proc_meminfo(5), which is in units of 1,024 bytes.
    package static func memoryBytes(_ text: String?) -> UInt64? {
        let line = text?.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        let words = line?.split(separator: " ") ?? []
        guard words.count == 3, words[2] == "kB", let kibibytes = UInt64(words[1]) else {
            return nil
        }
        let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
        return overflow ? nil : bytes
    }

    private static func firstLine(_ text: String) -> String? {
        text.split(separator: "\n").first.map(String.init)
    }

    private static func text(_ path: String) -> String? {
        // A file that is not there is an answer: this machine does not tell.
        try? String(contentsOfFile: path, encoding: .utf8)
    }

    private static var machine: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "other"
        #endif
    }
}
