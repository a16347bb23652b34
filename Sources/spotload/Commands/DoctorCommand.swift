// `spotload doctor`: what this machine has, what is missing, and how to get it.

import ArgumentParser
import Engine
import Foundation
import HarnessCore
import LoadGen
import RedisClient
import Telemetry

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check this machine: libraries, servers, limits, clock.")

    /// One line of the answer.
    struct Finding {
        enum Grade: String { case ok, warn, fail }
        let grade: Grade
        let subject: String
        let detail: String
    }

    mutating func run() async throws {
        let findings = Self.libraries() + Self.programs() + Self.machine()
        for finding in findings {
            let subject = finding.subject.padding(toLength: 16, withPad: " ", startingAt: 0)
            let grade = finding.grade.rawValue.padding(toLength: 5, withPad: " ", startingAt: 0)
            Terminal.output("\(grade) \(subject) \(finding.detail)\n")
        }
        if findings.contains(where: { $0.grade == .fail }) {
            Foundation.exit(HarnessCore.ExitCode.unavailable.rawValue)
        }
    }

    private static func libraries() -> [Finding] {
        [
            ("libcurl", CurlVersion.text), ("hiredis", HiredisVersion.text),
            ("OpenSSL", OpenSSLVersion.text), ("zlib", ZlibVersion.text),
            ("MariaDB client", MariaDBClient.libraryVersion),
        ].map { Finding(grade: .ok, subject: $0.0, detail: $0.1) }
    }

    private static func programs() -> [Finding] {
        [
            ("redis-server", "redis-server", Finding.Grade.fail, "local runs"),
            ("setpriv", "util-linux", .fail, "local runs"),
        ].map { name, package, grade, purpose in
            if let path = Executables.find(name) {
                return Finding(grade: .ok, subject: name, detail: path)
            }
            return Finding(
                grade: grade, subject: name,
                detail: "missing, needed for \(purpose): apt-get install \(package)")
        }
    }

    private static func machine() -> [Finding] {
        var findings: [Finding] = []
        let cores = ProcessInfo.processInfo.activeProcessorCount
        findings.append(
            Finding(
                grade: cores < 2 ? .warn : .ok, subject: "cores",
                detail: cores < 2 ? "1: generator and target will disturb each other" : "\(cores)"))
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let files = limit.rlim_cur
        findings.append(
            Finding(
                grade: files < 4_096 ? .warn : .ok, subject: "open files",
                detail: files < 4_096
                    ? "\(files): a VU holds a connection; raise it with ulimit -n" : "\(files)"))
        let range = try? String(
            contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let ports = (range ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        if ports.count == 2 {
            let count = ports[1] - ports[0]
            findings.append(
                Finding(
                    grade: count < 10_000 ? .warn : .ok, subject: "local ports",
                    detail: "\(count) (\(ports[0]) to \(ports[1]))"))
        }
        findings.append(temporaryFolder())
        return findings
    }

    private static func temporaryFolder() -> Finding {
        let folder = FileManager.default.temporaryDirectory.path
        return access(folder, W_OK) == 0
            ? Finding(grade: .ok, subject: "temporary files", detail: folder)
            : Finding(grade: .fail, subject: "temporary files", detail: "\(folder) is not writable")
    }
}
