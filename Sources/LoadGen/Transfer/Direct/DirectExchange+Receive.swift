// Receiving: bytes are read into the lane's arena behind what an earlier read left of a line, and
// parsed there. A response that is complete with its first read stays there; one that comes in
// pieces is put together in memory of the exchange.

import CLinux
import Glibc
import HarnessCore

extension DirectExchange {
    /// The connection's socket is ready.
    func ready(_ connection: UnsafeMutablePointer<DirectConnection>, _ events: UInt32) {
        let broken = EPOLLERR.rawValue | EPOLLHUP.rawValue
        if phase == .sending, events & (EPOLLOUT.rawValue | broken) != 0 { flush() }
        guard events & (EPOLLIN.rawValue | broken) != 0 else { return }
        if let handle = connection.pointee.handle, self.connection == connection {
            receive(through: handle.takeUnretainedValue())
        } else if self.connection == connection {
            receive(from: connection.pointee.descriptor)
        }
    }

    private func receive(from descriptor: Int32) {
        let start = placeTail()
        while true {
            let count = recv(descriptor, start + tail.count, DirectLane.readBytes, 0)
            if count > 0 { return take(start, count) }
            if count == 0 { return peerClosed() }
            let code = errno
            if code == EINTR { continue }
            if code == EAGAIN { return }
            let why = TransferFailure.moving(errno: Int(code))
            return fail(why, "Recv failure: \(String(cString: strerror(code)))")
        }
    }

    /// Records that OpenSSL has read already make no socket ready: reads until it would block.
    private func receive(through handle: ConnectHandle) {
        for _ in 0..<Self.recordsMax {
            let start = placeTail()
            do throws(CurlFailure) {
                let count = try handle.receive(start + tail.count, DirectLane.readBytes)
                guard let count else { return }
                if count == 0 { return peerClosed() }
                take(start, count)
            } catch {
                return fail(handle, error)
            }
            guard isTimed else { return }
        }
    }

    /// A turn is everybody's.
    private static let recordsMax = 16

    /// Where the next bytes are read, behind the tail of those before.
    private func placeTail() -> UnsafeMutablePointer<UInt8> {
        let start = lane.arena + lane.arenaUsed
        if let base = tail.base, tail.count > 0 { start.update(from: base, count: tail.count) }
        return start
    }

    private func take(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) {
        if bytesReceived == 0 { lane.hasBegun(self) }
        bytesReceived += count
        let total = tail.count + count
        let consumed = parser.feed(start, total)
        switch parser.progress {
        case .complete:
            keepFound(start, isLast: true)
            complete(isClean: consumed == total)
        case .failed:
            keepFound(start, isLast: false)
            showOwn()
            fail(TransferFailure(parser.fault), parser.fault.text)
        case .unfinished:
            keepFound(start, isLast: false)
            keepTail(start + consumed, total - consumed)
        }
    }

    private func peerClosed() {
        parser.end()
        showOwn()
        if parser.progress == .complete { return complete(isClean: false) }
        if bytesReceived == 0 {
            fail(.reset, "the connection ended before an answer")
        } else {
            fail(TransferFailure(parser.fault), parser.fault.text)
        }
    }

    // MARK: - What is kept

    /// - Parameter isLast: the response ends here; what lies in the arena may stay there until the
    ///   turn is over.
    private func keepFound(_ start: UnsafeMutablePointer<UInt8>, isLast: Bool) {
        let found = parser.found
        let staysThere =
            isLast && lane.arenaUsed < DirectLane.arenaFull && found.trailer.isEmpty
            && ownHead.base == nil && ownBody.base == nil
        if staysThere {
            if keepsHead { head = Self.bytes(start, found.head) }
            body = Self.bytes(start, found.body)
            let used = max(keepsHead ? found.head.upperBound : 0, found.body.upperBound)
            lane.arenaUsed += used
            return
        }
        if found.restartsHead { ownHead.removeAll() }
        if keepsHead {
            append(&ownHead, start, found.head)
            append(&ownHead, start, found.trailer)
        }
        append(&ownBody, start, found.body)
        if isLast { showOwn() }
    }

    /// What was put together is the response.
    private func showOwn() {
        head = ownHead.bytes
        body = ownBody.bytes
    }

    private func append(
        _ buffer: inout RawBuffer, _ start: UnsafeMutablePointer<UInt8>, _ range: Range<Int>
    ) {
        guard !range.isEmpty else { return }
        if buffer.base == nil { buffer = lane.stock.take() }
        buffer.append(start + range.lowerBound, range.count)
    }

    private func keepTail(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) {
        tail.removeAll()
        guard count > 0 else { return }
        if tail.base == nil { tail = lane.stock.take() }
        tail.append(start, count)
    }

    private static func bytes(
        _ start: UnsafeMutablePointer<UInt8>, _ range: Range<Int>
    ) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count)
    }
}
