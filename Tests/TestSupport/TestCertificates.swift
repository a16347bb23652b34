// Certificates made for a test with the `openssl` command: an authority, a server's certificate for
// 127.0.0.1 and localhost, one for another host, one that has expired, a client's; and an authority
// nobody knows.

import Foundation

package final class TestCertificates: Sendable {
    private let directory: TemporaryDirectory

    package init() throws {
        directory = try TemporaryDirectory()
        for authority in ["ca", "stranger"] {
            try openssl(
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "30", "-subj", "/CN=test \(authority)", "-keyout",
                    path(authority + ".key"), "-out", path(authority),
                ])
        }
        try issue("server", names: "IP:127.0.0.1,DNS:localhost")
        try issue("other", names: "DNS:other.example")
        try issue("client", names: "DNS:client.example")
        try issue("expired", names: "IP:127.0.0.1", days: -1)
    }

    /// PEM file of a certificate, or of its key: `server`, `server.key`, ...
    package func path(_ name: String) -> String { directory.path + "/" + name }

    package func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    private func issue(_ name: String, names: String, days: Int = 30) throws {
        let extensions = try directory.write("subjectAltName=\(names)\n", to: name + ".ext")
        try openssl(
            [
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", "/CN=test \(name)", "-keyout", path(name + ".key"), "-out",
                path(name + ".csr"),
            ])
        try openssl(
            [
                "x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca"), "-CAkey",
                path("ca.key"), "-CAcreateserial", "-days", "\(days)", "-extfile", extensions,
                "-out", path(name),
            ])
    }

    private func openssl(_ arguments: [String]) throws {
        let program = try RunningProgram(
            URL(fileURLWithPath: "/usr/bin/env"), ["openssl"] + arguments)
        guard program.exitCode(within: 30) == 0 else {
            throw TestServerError(output: program.output)
        }
    }
}

package struct TestServerError: Error, CustomStringConvertible {
    package let output: String
    package var description: String { "a program of the test failed:\n\(output)" }
}
