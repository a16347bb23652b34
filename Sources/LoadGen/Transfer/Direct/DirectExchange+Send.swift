// Sending: at once, from the writer's buffer, which mostly is all there is to it. What the kernel
// does not take is kept and sent when the socket has room.
//
// OpenSSL wants a write that would block repeated from the same address, so through TLS everything
// is sent from memory of the exchange.

import CLinux
import Glibc
import HarnessCore

extension DirectExchange {
    /// Sends the request that was just written, on a kept connection.
    func sendWritten() {
        guard let connection else { return }
        let writer = lane.writer
        if connection.pointee.handle != nil {
            keepUnsent(writer.bytes, writer.count)
            sentFrom = Instant.now()
            return flush()
        }
        sentFrom = Instant.now()
        let sent = transmit(connection, writer.bytes, writer.count, hasMore: file != nil)
        guard sent >= 0 else { return }
        if sent == writer.count, file == nil { return wasSent() }
        keepUnsent(writer.bytes + sent, writer.count - sent)
        flush()
    }

    /// Sends what is left, as far as the socket has room.
    func flush() {
        guard let connection else { return }
        while let base = unsent.base, unsentStart < unsent.count {
            let sent = transmit(
                connection, base + unsentStart, unsent.count - unsentStart, hasMore: file != nil)
            guard sent > 0 else { return sent < 0 ? () : waitForRoom(connection) }
            unsentStart += sent
        }
        if let file, fileStart < file.count, let start = file.bytes.baseAddress {
            let bytes = start.assumingMemoryBound(to: UInt8.self)
            while fileStart < file.count {
                let sent = transmit(
                    connection, bytes + fileStart, file.count - fileStart, hasMore: endsChunk)
                guard sent > 0 else { return sent < 0 ? () : waitForRoom(connection) }
                fileStart += sent
            }
            if endsChunk {
                endsChunk = false
                releaseRequest()
                let end = RequestWriter.chunkEnd
                keepUnsent(end.utf8Start, end.utf8CodeUnitCount)
                return flush()
            }
        }
        lane.watch(connection, alsoOut: false)
        wasSent()
    }

    func keepUnsent(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        if unsent.base == nil { unsent = lane.stock.take() }
        unsent.append(bytes, count)
    }

    private func waitForRoom(_ connection: UnsafeMutablePointer<DirectConnection>) {
        lane.watch(connection, alsoOut: true)
    }

    /// The kernel has taken the last byte.
    private func wasSent() {
        sentTo = Instant.now()
        if unsent.base != nil { releaseRequest() }
        phase = .receiving
    }

    /// - Returns: how many bytes were taken, 0 where it would block, -1 where it failed.
    private func transmit(
        _ connection: UnsafeMutablePointer<DirectConnection>, _ bytes: UnsafePointer<UInt8>,
        _ count: Int, hasMore: Bool
    ) -> Int {
        if let handle = connection.pointee.handle {
            return transmit(handle.takeUnretainedValue(), bytes, count)
        }
        let flags = Int32(MSG_NOSIGNAL) | (hasMore ? Int32(MSG_MORE) : 0)
        while true {
            let sent = send(connection.pointee.descriptor, bytes, count, flags)
            if sent >= 0 {
                bytesSent += sent
                return sent
            }
            let code = errno
            if code == EINTR { continue }
            if code == EAGAIN { return 0 }
            fail(
                .moving(errno: Int(code)), "Send failure: \(String(cString: strerror(code)))")
            return -1
        }
    }

    private func transmit(
        _ handle: ConnectHandle, _ bytes: UnsafePointer<UInt8>, _ count: Int
    ) -> Int {
        do throws(CurlFailure) {
            let sent = try handle.send(bytes, count)
            bytesSent += sent
            return sent
        } catch {
            fail(handle, error)
            return -1
        }
    }

    /// TLS, or libcurl, has given up.
    func fail(_ handle: ConnectHandle, _ error: CurlFailure) {
        let failed = handle.failed(error.code, wasConnected: true)
        fail(failed.failure, failed.words)
    }
}
