// `GET /api/v3/stream`: the depth of a symbol as server-sent events. One tick for all clients, on
// the matcher's thread between batches: each symbol that somebody watches is rendered once, where
// it changed, and written to those who have not seen it yet.
//
//     id: 731
//     event: depth
//     data: {"lastUpdateId":731,"bids":[["100.00","0.50000"]],"asks":[]}
//
// A client whose socket does not take what was written to it is cut off: nothing is queued for it
// beyond NIO's high-water mark of 64 KiB.

import HarnessCore
import NIOCore
import Synchronization

/// Where a client's events go.
protocol StreamSink: Sendable {
    /// False while what was written before still waits.
    var isWritable: Bool { get }
    func write(_ bytes: [UInt8])
    func close()
    func whenClosed(_ body: @escaping @Sendable () -> Void)
    func after(_ span: TimeSpan, _ body: @escaping @Sendable () -> Void)
}

struct ChannelSink: StreamSink {
    let channel: any Channel

    var isWritable: Bool { channel.isWritable }
    func write(_ bytes: [UInt8]) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }
    func close() { channel.close(promise: nil) }
    func whenClosed(_ body: @escaping @Sendable () -> Void) {
        channel.closeFuture.whenComplete { _ in body() }
    }
    func after(_ span: TimeSpan, _ body: @escaping @Sendable () -> Void) {
        channel.eventLoop.scheduleTask(in: .nanoseconds(span.ns), body)
    }
}

final class DepthStreams: Sendable {
    /// Levels of each side in an event.
    static let levels = 20
    static let interval = TimeSpan.milliseconds(100)
    /// A comment goes out after so many ticks of silence, so that a client who left is noticed.
    static let silentTicksMax = 150

    private struct Client {
        var sink: any StreamSink
        var symbol: UInt16
        /// lastUpdateId of the last event; nil before the first.
        var shown: UInt64?
        var silentTicks = 0
        /// Had its first event since the last tick: that one is not for it.
        var isFresh = true
    }
    private struct State {
        var clients: [Int: Client] = [:]
        var nextID = 0
        /// Clients let in, those whose stream has not begun included.
        var places = 0
        var isTicking = false
    }
    private let state = Mutex(State())
    private let shard: Shard
    private let market: Market

    init(shard: Shard, market: Market) {
        self.shard = shard
        self.market = market
    }

    /// Clients with a stream or about to have one.
    var clientCount: Int { state.withLock { $0.places } }

    /// Takes a place; false where there is none. Whoever has one calls `begin`.
    func reserve() -> Bool {
        state.withLock { state in
            guard state.places < Limits.depthStreams else { return false }
            state.places += 1
            return true
        }
    }

    /// The first event at once, then one each 100 ms at most, until the sink is closed. Called
    /// once the answer's head is written.
    func begin(_ sink: any StreamSink, symbol: UInt16) {
        let (id, starts) = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.clients[id] = Client(sink: sink, symbol: symbol)
            defer { state.isTicking = true }
            return (id, !state.isTicking)
        }
        sink.whenClosed { [weak self] in self?.end(id) }
        shard.query { [self] in show($0, to: id) }
        if starts { schedule(on: sink) }
    }

    private func end(_ id: Int) {
        state.withLock { state in
            state.clients[id] = nil
            state.places -= 1
        }
    }

    private func schedule(on sink: any StreamSink) {
        sink.after(Self.interval) { [weak self] in self?.tick(on: sink) }
    }

    private func tick(on sink: any StreamSink) {
        let goesOn = state.withLock { state in
            state.isTicking = !state.clients.isEmpty
            return state.isTicking
        }
        guard goesOn else { return }
        shard.query { [weak self] matcher in
            self?.show(matcher)
            self?.schedule(on: sink)
        }
    }

    /// On the matcher's thread.
    private func show(_ matcher: Matcher, to only: Int? = nil) {
        var events: [UInt16: (id: UInt64, bytes: [UInt8])] = [:]
        let sends = state.withLock { state in
            var sends: [(any StreamSink, [UInt8])] = []
            for (id, client) in state.clients where only == nil || id == only {
                if only == nil, client.isFresh {
                    state.clients[id]?.isFresh = false
                    continue
                }
                let event = events[client.symbol] ?? event(matcher, client.symbol)
                events[client.symbol] = event
                if client.shown != event.id {
                    state.clients[id]?.shown = event.id
                    state.clients[id]?.silentTicks = 0
                    sends.append((client.sink, event.bytes))
                } else if client.silentTicks >= Self.silentTicksMax {
                    state.clients[id]?.silentTicks = 0
                    sends.append((client.sink, Array(":\n\n".utf8)))
                } else {
                    state.clients[id]?.silentTicks += 1
                }
            }
            return sends
        }
        for (sink, bytes) in sends {
            if sink.isWritable { sink.write(bytes) } else { sink.close() }
        }
    }

    private func event(_ matcher: Matcher, _ symbol: UInt16) -> (id: UInt64, bytes: [UInt8]) {
        let depth = matcher.depth(symbol: symbol, limit: Self.levels)
        var json = OrderJSON(market: market)
        json.raw("id: \(depth.lastUpdateID)\nevent: depth\ndata: ")
        json.depth(depth, market.symbols[Int(symbol)])
        json.raw("\n\n")
        return (depth.lastUpdateID, json.bytes)
    }
}
