// A network of a test's own: loopback with further addresses on it, which are no loopback addresses
// to anybody, and a hosts file that the test writes. What runs on its thread, and every thread and
// program started from there, sees nothing else: no packet can leave. Needs root.

import Foundation
import Glibc
import HarnessCore
import Synchronization

/// The network, for what runs in it.
package final class NetworkNamespace: Sendable {
    private let hostsFile: String

    /// Why there can be none; nil: there can.
    package static let objection: String? = {
        do {
            return try run(addresses: ["10.9.8.1"]) { _ in nil }
        } catch {
            return "no network namespace: \(error)"
        }
    }()
    package static var isAllowed: Bool {
        if let objection { print("skipped: \(objection)") }
        return objection == nil
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Carries a test's own values over to its thread.
    private struct Carried<Value>: @unchecked Sendable {
        let value: Value
    }

    /// Runs `body` on a thread in a network of its own, and waits for it.
    ///
    /// - Parameters:
    ///   - addresses: IPv4 and IPv6, further ones of the machine.
    ///   - body: expects nothing by itself: its thread belongs to no test.
    package static func run<Result>(
        addresses: [String], hosts: String = "",
        _ body: @escaping (NetworkNamespace) throws -> Result
    ) throws -> Result {
        let directory = try TemporaryDirectory()
        let file = try directory.write("127.0.0.1 localhost\n\(hosts)", to: "hosts")
        let carried = Carried(value: body)
        let result = Mutex<Carried<Swift.Result<Result, any Error>>?>(nil)
        let thread = DedicatedThread(name: "namespace") {
            let outcome = Swift.Result<Result, any Error> {
                try enter(addresses: addresses, hostsFile: file)
                return try carried.value(NetworkNamespace(hostsFile: file))
            }
            let box = Carried(value: outcome)
            result.withLock { $0 = box }
        }
        thread.join()
        guard let outcome = result.withLock({ $0 }) else {
            throw Failure(description: "its thread ended without a result")
        }
        return try outcome.value.get()
    }

    private init(hostsFile: String) { self.hostsFile = hostsFile }

    /// Overwrites the hosts file in one piece; `lines` is as long as what it replaces.
    package func rewriteHosts(_ lines: String) throws {
        let bytes = Array("127.0.0.1 localhost\n\(lines)".utf8)
        let descriptor = open(hostsFile, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", subject: hostsFile) }
        defer { close(descriptor) }
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw SystemError("write", subject: hostsFile)
        }
    }

    /// "unshare(2): CLONE_NEWNS, CLONE_NEWNET": of the calling thread alone.
    private static func enter(addresses: [String], hostsFile: String) throws {
        guard let symbol = dlsym(nil, "unshare") else {
            throw Failure(description: "libc has no unshare")
        }
        let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
        guard unshare(0x4002_0000) == 0 else { throw SystemError("unshare") }
        try command("mount", ["--make-rprivate", "/"])
        try command("mount", ["--bind", hostsFile, "/etc/hosts"])
        try command("ip", ["link", "set", "lo", "up"])
        for address in addresses {
            let length = address.contains(":") ? 128 : 32
            try command(
                "ip",
                ["addr", "add", "\(address)/\(length)", "dev", "lo"]
                    + (length == 128 ? ["nodad"] : []))
        }
    }

    /// Not by Foundation's `Process`: what that sets up with its first use would be set up in here,
    /// for all other tests too.
    private static func command(_ name: String, _ arguments: [String]) throws {
        let words = ([name] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        // The child is in the namespaces of the thread that makes it.
        let code = posix_spawnp(&child, name, nil, nil, words, environ)
        guard code == 0 else { throw SystemError("posix_spawnp", code: code, subject: name) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemError("waitpid", subject: name) }
        }
        guard status == 0 else {
            throw Failure(description: "\(name) \(arguments.joined(separator: " ")) failed")
        }
    }
}
