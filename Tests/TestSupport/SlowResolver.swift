// A name server of tests, which takes its time and counts: every name is 127.0.0.1. Only threads
// that `enter` its world, and those they start, ask it.

import Foundation
import Glibc
package import HarnessCore
import Synchronization

package final class SlowResolver: Sendable {
    private typealias Unshare = @convention(c) (Int32) -> Int32
    private typealias Mount =
        @convention(c) (
            UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UInt,
            UnsafeRawPointer?
        ) -> Int32
    private let directory: TemporaryDirectory
    private let file: String
    private let descriptor: Int32
    private let thread: DedicatedThread
    private let counter: Counter

    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    /// How often somebody asked for an IPv4 address: once a lookup.
    package var lookups: Int { counter.value.load(ordering: .relaxed) }

    /// Nil where port 53 of a loopback address cannot be had: it needs a right.
    /// - Parameter address: where it listens; each resolver of a process has another.
    package init?(delay: TimeSpan, address resolver: String = "127.0.0.53") throws {
        directory = try TemporaryDirectory()
        file = try directory.write(
            "nameserver \(resolver)\noptions timeout:10 attempts:1\n", to: "resolv.conf")
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(53).bigEndian
        address.sin_addr.s_addr = inet_addr(resolver)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        let counter = Counter()
        self.counter = counter
        thread = DedicatedThread(name: "names") { Self.serve(descriptor, delay, counter) }
    }

    deinit {
        // Wakes recvfrom(2).
        shutdown(descriptor, Int32(SHUT_RDWR))
        thread.join()
        close(descriptor)
    }

    /// From now on the calling thread, and all it starts, resolve names here: in a mount namespace
    /// of their own, whose /etc/resolv.conf is ours. False where that is not allowed.
    package func enter() -> Bool {
        guard
            let unshare = dlsym(nil, "unshare").map({ unsafeBitCast($0, to: Unshare.self) }),
            let mount = dlsym(nil, "mount").map({ unsafeBitCast($0, to: Mount.self) })
        else { return false }
        let newNamespace: Int32 = 0x20000
        let isPrivate = UInt(1 << 18 | 1 << 14)
        let isBind = UInt(1 << 12)
        return unshare(newNamespace) == 0
            && mount("none", "/", nil, isPrivate, nil) == 0
            && mount(file, "/etc/resolv.conf", nil, isBind, nil) == 0
    }

    private static func serve(_ descriptor: Int32, _ delay: TimeSpan, _ counter: Counter) {
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            var peer = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutablePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
                }
            }
            guard count > 0 else { return }
            guard let reply = answer(Array(buffer[..<count])) else { continue }
            if reply.isAddress { counter.value.add(1, ordering: .relaxed) }
            // Both questions of a lookup are asked at once: only that for an address waits.
            if reply.isAddress { poll(nil, 0, delay.pollMilliseconds) }
            _ = withUnsafePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, reply.bytes, reply.bytes.count, 0, $0, length)
                }
            }
        }
    }

    /// RFC 1035: the question comes back with 127.0.0.1 if it is for an A record, else with no
    /// answer.
    private static func answer(_ query: [UInt8]) -> (bytes: [UInt8], isAddress: Bool)? {
        guard query.count > 16 else { return nil }
        var end = 12
        while end < query.count, query[end] != 0 { end += Int(query[end]) + 1 }
        guard end + 5 <= query.count else { return nil }
        let isAddress = query[end + 2] == 1
        var bytes = Array(query[..<2]) + [0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0]
        bytes += query[12..<(end + 5)]
        if isAddress { bytes += [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1] }
        return (bytes, isAddress)
    }
}
