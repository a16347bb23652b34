// What an ACK order allocates on the event loop (head, parameters, command, hand-over to the log
// thread; later the answer's bytes) and on the log thread (its record). A debug build boxes
// temporaries that an optimised one keeps in registers, always the same number of them; the
// ceilings of both are a little above what is made: a String or an Array more per order goes
// through them.

import CAllocations
import HarnessCore
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite struct HotPathAllocationTests {
    private static let orders = 500

    /// A request, and one as long with another id, so that nothing is a duplicate.
    private static func request(_ n: Int) -> [UInt8] {
        let body =
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.00100&price=50000.00"
            + "&newOrderRespType=ACK&newClientOrderId=bench.\(1_000_000 + n)"
        return Array(
            """
            POST /api/v3/order HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nX-MBX-APIKEY: u1\r\n\
            Content-Type: application/x-www-form-urlencoded\r\n\
            Content-Length: \(body.utf8.count)\r\n\r\n\(body)
            """.utf8)
    }

    private static var ceilings: (loop: Double, answer: Double, record: Double) {
        #if DEBUG
            (274, 0, 8)
        #else
            (8, 0, 0)
        #endif
    }

    @Test func fromBytesToTheLogThread() throws {
        let directory = try TemporaryDirectory()
        let recovery = try JournalReader.recover(directory: directory.path) { _ in }
        let shard = Shard(
            matcher: Matcher(market: .builtIn),
            journal: try JournalWriter(directory: directory.path, recovery: recovery), store: nil,
            limits: .init(inflight: 100_000, lag: .seconds(2)), statistics: EngineStatistics(),
            onFatal: { Issue.record("\($0)") })
        let api = TradingAPI(
            market: .builtIn, shard: shard, store: nil, storeWriter: nil,
            statistics: EngineStatistics())
        let answered = Answered()
        let requests = (0..<2 * Self.orders).map(Self.request)
        func place(_ range: Range<Int>) {
            for n in range { requests[n].withUnsafeBytes { Self.place($0, api, answered) } }
        }
        place(0..<Self.orders)
        let before = allocations_of_this_thread()
        place(Self.orders..<2 * Self.orders)
        let made = Double(allocations_of_this_thread() - before) / Double(Self.orders)
        shard.close()
        #expect(made <= Self.ceilings.loop, "\(made) an order")
        #expect(answered.counts == [200: 2 * Self.orders])
    }

    /// What `HTTPConnection` does with the bytes of a request.
    private static func place(
        _ bytes: UnsafeRawBufferPointer, _ api: TradingAPI, _ answered: Answered
    ) {
        guard case .head(let head) = HTTPHead.parse(bytes), let host = head.host,
            LoopbackHost.isLoopback(header: bytes.slice(host))
        else {
            Issue.record("no request")
            return
        }
        let request = APIRequest(
            method: head.method, route: Route(path: bytes.slice(head.path)),
            query: bytes.slice(head.query), apiKey: head.apiKey.map { bytes.slice($0) },
            isJSON: head.isJSON, body: bytes.slice(head.end..<bytes.count))
        api.handle(request) { answered.add($0.status) }
    }

    private final class Answered: Sendable {
        private let state = Mutex<[Int: Int]>([:])
        func add(_ status: Int) { state.withLock { $0[status, default: 0] += 1 } }
        var counts: [Int: Int] { state.withLock { $0 } }
    }

    /// The answer is written into memory of the one before.
    @Test func theAnswersBytes() {
        let answer = APIAnswer(
            status: 200,
            body: Acknowledgement.json(symbol: "BTCUSDT", clientOrderID: "a.1", receivedNs: 7),
            seq: 12_345)
        var out = ByteBuffer()
        func write() {
            out.clear(minimumCapacity: 192 + answer.body.count)
            HTTPResponse.write(answer, isKeepAlive: true, to: &out)
        }
        write()
        let before = allocations_of_this_thread()
        for _ in 0..<Self.orders { write() }
        let made = Double(allocations_of_this_thread() - before) / Double(Self.orders)
        #expect(made <= Self.ceilings.answer, "\(made) an answer")
    }

    @Test func theRecord() {
        let order = NewOrder(
            apiID: 1, requestNumber: 1, symbol: 0, side: .buy, type: .limit, timeInForce: .gtc,
            price: 100, quantity: 10, account: "u1", clientOrderID: "bench.1000001")
        let command = Command(seq: 1, receivedNs: 1, body: .new(order))
        var buffer: [UInt8] = []
        func encode() {
            buffer.removeAll(keepingCapacity: true)
            JournalRecord.append(command, back: 0, to: &buffer)
        }
        encode()
        let before = allocations_of_this_thread()
        for _ in 0..<Self.orders { encode() }
        let made = Double(allocations_of_this_thread() - before) / Double(Self.orders)
        #expect(made <= Self.ceilings.record, "\(made) a record")
        #expect(buffer.count == 88)
    }
}
