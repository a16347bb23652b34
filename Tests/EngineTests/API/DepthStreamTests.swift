// The stream of depth events, on a clock of the test's: who gets what at which tick.

import Foundation
import HarnessCore
import Synchronization
import Testing

@testable import Engine

@Suite struct DepthStreamTests {
    /// A client whose ticks the test lets happen.
    final class Client: StreamSink {
        struct State {
            var events: [String] = []
            var isWritable = true
            var isClosed = false
            var onClose: [@Sendable () -> Void] = []
            var ticks: [@Sendable () -> Void] = []
        }
        let state = Mutex(State())
        let changed = DispatchSemaphore(value: 0)

        var isWritable: Bool { state.withLock { $0.isWritable } }
        var events: [String] { state.withLock { $0.events } }
        var isClosed: Bool { state.withLock { $0.isClosed } }

        func write(_ bytes: [UInt8]) {
            state.withLock { $0.events.append(String(decoding: bytes, as: UTF8.self)) }
        }
        func close() {
            let bodies = state.withLock { state in
                state.isClosed = true
                return state.onClose
            }
            for body in bodies { body() }
        }
        func whenClosed(_ body: @escaping @Sendable () -> Void) {
            state.withLock { $0.onClose.append(body) }
        }
        func after(_ span: TimeSpan, _ body: @escaping @Sendable () -> Void) {
            state.withLock { $0.ticks.append(body) }
            changed.signal()
        }
        /// Lets the next tick happen, once it is there.
        func tick() {
            changed.wait()
            let body = state.withLock { $0.ticks.removeFirst() }
            body()
        }
    }

    private static func settle(_ fixture: APIFixture) {
        let done = DispatchSemaphore(value: 0)
        fixture.shard.query { _ in done.signal() }
        done.wait()
    }

    private static func order(_ fixture: APIFixture, _ price: String, _ symbol: String = "BTCUSDT")
    {
        let reply = fixture.send(
            .post, "/api/v3/order?" + ErrorCodeTests.query(["price": price, "symbol": symbol]),
            key: "u1")
        #expect(reply.status == 200, "\(reply)")
    }

    @Test func eventsOfWhatChanged() throws {
        let fixture = try APIFixture()
        let streams = fixture.api.streams
        let first = Client()
        #expect(streams.reserve())
        streams.begin(first, symbol: 0)
        Self.settle(fixture)
        #expect(
            first.events == [
                "id: 0\nevent: depth\ndata: {\"lastUpdateId\":0,\"bids\":[],\"asks\":[]}\n\n"
            ])
        Self.order(fixture, "100")
        Self.order(fixture, "101")
        // The first tick after the first event is not for it: 100 ms have not passed.
        first.tick()
        Self.settle(fixture)
        #expect(first.events.count == 1)
        first.tick()
        Self.settle(fixture)
        let book = "[[\"101.00\",\"0.01000\"],[\"100.00\",\"0.01000\"]]"
        #expect(
            first.events.last
                == "id: 3\nevent: depth\ndata: "
                + "{\"lastUpdateId\":3,\"bids\":\(book),\"asks\":[]}\n\n"
        )
        // Nothing new, or of another symbol: nothing to tell.
        Self.order(fixture, "100", "ETHUSDT")
        first.tick()
        Self.settle(fixture)
        #expect(first.events.count == 2)
        first.close()
        #expect(streams.clientCount == 0)
    }

    @Test func theSlowIsCutOff() throws {
        let fixture = try APIFixture()
        let clients = [Client(), Client()]
        for client in clients {
            #expect(fixture.api.streams.reserve())
            fixture.api.streams.begin(client, symbol: 0)
        }
        Self.settle(fixture)
        clients[0].tick()
        clients[1].state.withLock { $0.isWritable = false }
        Self.order(fixture, "100")
        clients[0].tick()
        Self.settle(fixture)
        #expect(clients[0].events.count == 2 && !clients[0].isClosed)
        #expect(clients[1].events.count == 1 && clients[1].isClosed)
        #expect(fixture.api.streams.clientCount == 1)
    }

    @Test func sixtyFourClients() throws {
        let fixture = try APIFixture()
        for _ in 0..<64 { #expect(fixture.api.streams.reserve()) }
        #expect(!fixture.api.streams.reserve())
    }

    /// A client that says nothing for long is asked for a sign of life.
    @Test func silence() throws {
        let fixture = try APIFixture()
        let client = Client()
        #expect(fixture.api.streams.reserve())
        fixture.api.streams.begin(client, symbol: 0)
        for _ in 0...DepthStreams.silentTicksMax + 1 {
            client.tick()
            Self.settle(fixture)
        }
        #expect(client.events.count == 2 && client.events.last == ":\n\n")
    }
}
