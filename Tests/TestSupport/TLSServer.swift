// Real servers on loopback that speak what `ScriptedServer` does not: nginx with TLS and HTTP/2,
// `openssl s_server` that insists on a client's certificate. Killed when the test lets go of them.

import Foundation
import Glibc

package final class TLSServer: Sendable {
    private let directory: TemporaryDirectory
    private let program: RunningProgram
    package let port: UInt16

    /// nginx; answers `<protocol> <TLS version or -> <subject of the client's certificate or ->`.
    /// - Parameters:
    ///   - listen: words of its `listen`: `ssl`, `http2`.
    ///   - certificate: name of the server's.
    ///   - options: more of its configuration.
    package init(
        nginx listen: String, certificate: String = "server", options: String = "",
        _ certificates: TestCertificates
    ) throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        port = RedisServer.freePort()
        let tls = """
            ssl_certificate \(certificates.path(certificate));
            ssl_certificate_key \(certificates.path(certificate + ".key"));
            ssl_client_certificate \(certificates.path("ca")); ssl_verify_client optional;
            """
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(directory.path);" }.joined(separator: " ")
        let file = try directory.write(
            """
            daemon off; master_process off; pid \(directory.path)/pid; error_log stderr warn;
            events { worker_connections 512; }
            http {
                access_log off; \(temporary) \(options)
                map "$ssl_protocol" $tls { "" -; default $ssl_protocol; }
                map "$ssl_client_s_dn" $client { "" -; default $ssl_client_s_dn; }
                server {
                    listen 127.0.0.1:\(port) \(listen);
                    \(listen.contains("ssl") ? tls : "")
                    location / { return 200 "$server_protocol $tls $client"; }
                    location /leave { absolute_redirect off; return 302 /arrived; }
                }
            }
            """, to: "nginx.conf")
        program = try RunningProgram(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "nginx", "-p", directory.path, "-c", file])
        try waitUntilUp()
    }

    /// `openssl s_server`: no certificate of a client, no answer.
    package init(demandingClients certificates: TestCertificates) throws {
        directory = try TemporaryDirectory()
        port = RedisServer.freePort()
        program = try RunningProgram(
            URL(fileURLWithPath: "/usr/bin/env"),
            [
                "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert",
                certificates.path("server"), "-key", certificates.path("server.key"), "-CAfile",
                certificates.path("ca"), "-Verify", "1", "-verify_return_error", "-www",
            ])
        guard program.line(containing: "ACCEPT", within: 20) != nil else {
            throw TestServerError(output: program.output)
        }
    }

    /// Waits until somebody listens.
    private func waitUntilUp() throws {
        let isUp = program.waits(upTo: 20) { program.status != nil || isListening }
        guard isUp, program.status == nil else { throw TestServerError(output: program.output) }
    }

    private var isListening: Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
