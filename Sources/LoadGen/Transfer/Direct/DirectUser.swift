// What the exchanges of one VU share in the direct lane: the connections it keeps, by origin, and
// the libcurl handles of its TLS connections, which remember TLS sessions as a user's client would.
// Confined to the worker's thread.

import CCurl
import Glibc
import HarnessCore

final class DirectUser {
    let lane: DirectLane
    /// Connections nothing runs on, latest first.
    private var idle: UnsafeMutablePointer<DirectConnection>?
    private var idleCount = 0
    /// Handles for TLS that have no connection.
    private var handles: [ConnectHandle] = []

    init(lane: DirectLane) { self.lane = lane }

    deinit {
        while let connection = idle {
            idle = connection.pointee.next
            lane.close(connection)
        }
    }

    // MARK: - Connections

    /// A kept connection to this origin, whose end has not been seen.
    func takeConnection(_ originKey: Int) -> UnsafeMutablePointer<DirectConnection>? {
        var last: UnsafeMutablePointer<DirectConnection>?
        var next = idle
        while let connection = next {
            next = connection.pointee.next
            guard connection.pointee.originKey == originKey else {
                last = connection
                continue
            }
            if let last { last.pointee.next = next } else { idle = next }
            idleCount -= 1
            connection.pointee.next = nil
            // The poller has spoken for this turn; what it did not know of yet is asked for.
            if connection.pointee.turn == lane.turn || isAlive(connection) { return connection }
            lane.close(connection)
        }
        return nil
    }

    /// Keeps a connection that nothing runs on any more.
    func keep(_ connection: UnsafeMutablePointer<DirectConnection>) {
        connection.pointee.exchange = nil
        connection.pointee.turn = lane.turn
        connection.pointee.next = idle
        idle = connection
        idleCount += 1
        if idleCount > Limits.idleConnections { closeOldest() }
    }

    /// A kept connection has something to read: its end, or what nobody asked for.
    func spoke(_ connection: UnsafeMutablePointer<DirectConnection>) {
        guard !isAlive(connection) else { return }
        forget(connection)
        lane.close(connection)
    }

    /// Whether nothing is there to be read. TLS has news of its own (session tickets), which
    /// libcurl takes in.
    private func isAlive(_ connection: UnsafeMutablePointer<DirectConnection>) -> Bool {
        var byte: UInt8 = 0
        if let handle = connection.pointee.handle {
            do throws(CurlFailure) {
                return try handle.takeUnretainedValue().receive(&byte, 1) == nil
            } catch {
                return false
            }
        }
        let flags = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)
        return recv(connection.pointee.descriptor, &byte, 1, flags) < 0 && errno == EAGAIN
    }

    private func forget(_ connection: UnsafeMutablePointer<DirectConnection>) {
        if idle == connection {
            idle = connection.pointee.next
        } else {
            var before = idle
            while let other = before, other.pointee.next != connection {
                before = other.pointee.next
            }
            before?.pointee.next = connection.pointee.next
        }
        idleCount -= 1
    }

    private func closeOldest() {
        var oldest = idle
        while let next = oldest?.pointee.next { oldest = next }
        guard let oldest else { return }
        forget(oldest)
        lane.close(oldest)
    }

    // MARK: - Handles

    /// - Throws: `SystemError` where libcurl has no memory.
    func takeHandle(isTLS: Bool) throws(SystemError) -> ConnectHandle {
        guard isTLS else { return try lane.takeHandle() }
        if let known = handles.popLast() { return known }
        return try lane.makeHandle(isTLS: true)
    }

    /// - Precondition: it is out of the multi.
    func giveBack(_ handle: ConnectHandle) {
        if handle.isTLS {
            handles.append(handle)
        } else {
            lane.giveBack(handle)
        }
    }
}

@available(*, unavailable)
extension DirectUser: Sendable {}
