// The poller's registrations: descriptors are reused by the kernel at once, events must not be.

import CLinux
import Glibc
import HarnessCore
import Testing

@testable import LoadGen

@Suite struct TransferPollerTests {
    /// Both ends of a pipe.
    private struct Pipe {
        let reader: Int32
        let writer: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try retryingInterrupts("pipe") { pipe(&ends) }
            (reader, writer) = (ends[0], ends[1])
        }

        func speak() {
            var byte: UInt8 = 1
            _ = write(writer, &byte, 1)
        }

        /// Puts the reading end under another's number, as if it had been opened after a close.
        func become(_ descriptor: Int32) {
            dup2(reader, descriptor)
            close(reader)
        }
    }

    private func ready(_ poller: Poller) -> [Int32] {
        var found: [Int32] = []
        let count = poller.wait(until: Instant.now(), isDue: true)
        poller.deliver(count) { found.append($0.descriptor) }
        return found
    }

    private func poller() throws -> Poller { try Poller(waker: try WakeHandle()) }

    @Test func wantedSocketsAreDelivered() throws {
        let poller = try poller()
        let pipe = try Pipe()
        defer {
            close(pipe.reader)
            close(pipe.writer)
        }
        poller.opened(pipe.reader)
        poller.want(pipe.reader, mask: EPOLLIN.rawValue)
        #expect(ready(poller).isEmpty)
        pipe.speak()
        #expect(ready(poller) == [pipe.reader])
        // Idle: what it says is nobody's business, and is asked about once only.
        poller.unwant(pipe.reader)
        #expect(ready(poller).isEmpty)
        poller.want(pipe.reader, mask: EPOLLIN.rawValue)
        #expect(ready(poller) == [pipe.reader], "it is registered anew when it is wanted again")
        poller.forget(pipe.reader)
    }

    @Test func forgottenConnectionsNumberIsUsedAgain() throws {
        let poller = try poller()
        let (old, new) = (try Pipe(), try Pipe())
        poller.opened(old.reader)
        poller.want(old.reader, mask: EPOLLIN.rawValue)
        poller.forget(old.reader)
        new.become(old.reader)
        poller.opened(old.reader)
        poller.want(old.reader, mask: EPOLLIN.rawValue)
        new.speak()
        #expect(ready(poller) == [old.reader])
        poller.forget(old.reader)
        for descriptor in [old.reader, old.writer, new.writer] { close(descriptor) }
    }

    /// What libcurl's resolver does: wanted, unwanted, closed without a word, and the number is
    /// taken by the connection.
    @Test func unannouncedCloseOfAnotherDescriptor() throws {
        let poller = try poller()
        let (resolver, connection) = (try Pipe(), try Pipe())
        poller.want(resolver.reader, mask: EPOLLIN.rawValue)
        poller.unwant(resolver.reader)
        connection.become(resolver.reader)
        // Not even announced as a connection: it is still found.
        poller.want(resolver.reader, mask: EPOLLIN.rawValue)
        connection.speak()
        #expect(ready(poller) == [resolver.reader])
        for descriptor in [resolver.reader, resolver.writer, connection.writer] {
            close(descriptor)
        }
    }

    @Test func eventsOfAFormerLifeAreDropped() throws {
        let poller = try poller()
        let (first, second, next) = (try Pipe(), try Pipe(), try Pipe())
        for pipe in [first, second] {
            poller.opened(pipe.reader)
            poller.want(pipe.reader, mask: EPOLLIN.rawValue)
            pipe.speak()
        }
        var found: [Int32] = []
        let count = poller.wait(until: Instant.now(), isDue: true)
        #expect(count == 2)
        poller.deliver(count) { event in
            found.append(event.descriptor)
            // The first to be handled closes the other, whose number is taken at once.
            guard found.count == 1 else { return }
            let other = event.descriptor == first.reader ? second.reader : first.reader
            poller.forget(other)
            next.become(other)
            poller.opened(other)
            poller.want(other, mask: EPOLLIN.rawValue)
        }
        #expect(found.count == 1, "an event was passed to the wrong connection")
        for descriptor in [first.reader, first.writer, second.reader, second.writer, next.writer] {
            close(descriptor)
        }
    }

    @Test func wakesAndDeadlines() throws {
        let waker = try WakeHandle()
        let poller = try Poller(waker: waker)
        waker.wake()
        waker.wake()
        let count = poller.wait(until: .distantFuture, isDue: false)
        #expect(count == 1)
        poller.deliver(count) { _ in Issue.record("a wake is no socket") }
        #expect(poller.wait(until: .distantFuture, isDue: true) == 0, "the wake was cleared")
        // Short waits are epoll's own, longer ones have a timer.
        for ms: Int64 in [5, 5, 30, 5, 30] {
            let deadline = Instant.now() + .milliseconds(ms)
            poller.deliver(poller.wait(until: deadline, isDue: false)) { _ in }
            #expect(Instant.now() >= deadline)
        }
        // One that is over already is no wait.
        let begun = Instant.now()
        poller.deliver(poller.wait(until: begun - .seconds(1), isDue: false)) { _ in }
        #expect(Instant.now() - begun < .seconds(60))
    }
}
