// A disk that fills up under load. The engine stops acknowledging before it loses anything: 503 with
// -1008, /readyz says "disk"; when room comes back it goes on by itself. With a store, which is
// first to find no room, acknowledgements go on until --max-lag. The clients' own files are the
// oracle, for the engine that went on as for one that was killed in the middle.

import Foundation
import GRDB
import HarnessCore
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: SmallDisk.isAllowed, "needs the right to mount a tmpfs"))
struct EngineDiskFullTests {
    private static let segmentBytes = 65_536

    private static func start(_ disk: SmallDisk, store: String) throws -> EngineProcess {
        try EngineProcess(
            dataDirectory: disk.path + "/data",
            [
                "--allow-faults", "--check", "--store", store, "--max-lag", "1s",
                "--segment-bytes", String(segmentBytes), "--snapshot-every", "1500",
            ])
    }

    // MARK: The journal

    @Test func aFullJournalRefusesAndGoesOnByItself() throws {
        let disk = try SmallDisk(mebibytes: 8)
        let notes = try TemporaryDirectory()
        var engine = try Self.start(disk, store: "none")
        let load = try Load(engine, notes.path, name: "a")
        defer { load.stop() }
        #expect(engine.program.waits(upTo: 30) { load.acknowledged > 200 })
        #expect(Self.readiness(engine).status == 200)

        try disk.fill()
        // First the next segment lacks room: not ready, yet orders are still taken.
        #expect(engine.program.waits(upTo: 30) { Self.readiness(engine).status == 503 })
        #expect(Self.readiness(engine).body.contains("\"reasons\":[\"disk\"]"))
        try Self.fillUntilRefused(disk, engine, load)
        #expect(disk.free < Self.segmentBytes, "the disk is full: \(disk.free) bytes are free")
        #expect(Self.readiness(engine).body.contains("\"disk\""))
        // A snapshot finds no room either and stops nobody.
        let snapshot = engine.client.send("POST", "/admin/v1/snapshot", account: "u1")
        #expect(snapshot.status == 503 && snapshot.body.contains("-1008"), "\(snapshot)")
        #expect(engine.program.status == nil, "\(engine.program.output)")
        let audit = engine.client.send("GET", "/admin/v1/audit", account: "u1")
        #expect(audit.status == 200 && audit.body.contains("\"broken\":null"), "\(audit)")

        try Self.emptyUntilAcknowledged(disk, engine, load)
        try Self.fillUntilRefused(disk, engine, load)
        // Killed in the middle of it; the next one starts without room and says so.
        #expect(engine.killHard())
        load.stop()
        try Self.expectFaults(load)
        engine = try Self.start(disk, store: "none")
        try Self.verify(engine, load.files)
        let second = try Load(engine, notes.path, name: "b")
        defer { second.stop() }
        #expect(engine.program.waits(upTo: 30) { second.refused("disk") > 20 })
        #expect(Self.readiness(engine).body.contains("\"disk\""))
        try Self.emptyUntilAcknowledged(disk, engine, second)
        second.stop()
        try Self.verify(engine, load.files + second.files)

        // Killed once more, now with room: what was acknowledged before, between and after is there.
        #expect(engine.killHard())
        engine = try Self.start(disk, store: "none")
        try Self.verify(engine, load.files + second.files)
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0, "\(engine.program.output)")
    }

    /// SIGTERM while there is no room: no snapshot, a clean end all the same, nothing lost.
    @Test func itStopsCleanlyWithoutRoom() throws {
        let disk = try SmallDisk(mebibytes: 8)
        let notes = try TemporaryDirectory()
        var engine = try Self.start(disk, store: "none")
        let load = try Load(engine, notes.path, name: "a")
        defer { load.stop() }
        #expect(engine.program.waits(upTo: 30) { load.acknowledged > 200 })
        try Self.fillUntilRefused(disk, engine, load)
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0, "\(engine.program.output)")
        #expect(engine.program.output.contains("snapshot at the stop"))
        load.stop()
        disk.empty()
        engine = try Self.start(disk, store: "none")
        try Self.verify(engine, load.files)
    }

    // MARK: The store

    @Test func aStoreWithoutRoomIsBehindAndCatchesUp() throws {
        let disk = try SmallDisk(mebibytes: 24)
        let notes = try TemporaryDirectory()
        var engine = try Self.start(disk, store: "sqlite")
        let load = try Load(engine, notes.path, name: "a")
        defer { load.stop() }
        #expect(engine.program.waits(upTo: 30) { load.acknowledged > 200 })
        try disk.fill()
        let before = load.acknowledged
        #expect(
            engine.program.waits(upTo: 60) {
                // What a checkpoint gave back is taken, too.
                (try? disk.fill()) != nil
                    && load.refused("overloaded") + load.refused("disk") > 20
            }, "\(Self.readiness(engine))")
        #expect(disk.free < Self.segmentBytes, "the disk is full: \(disk.free) bytes are free")
        #expect(load.acknowledged > before + 20, "acknowledgements did not wait for the store")
        let ready = Self.readiness(engine)
        #expect(ready.status == 503, "\(ready)")
        #expect(ready.body.contains("store-lag") || ready.body.contains("disk"), "\(ready)")
        #expect(engine.program.status == nil, "\(engine.program.output)")

        try Self.emptyUntilAcknowledged(disk, engine, load)
        try disk.fill()
        let shed = load.refused("overloaded") + load.refused("disk")
        #expect(
            engine.program.waits(upTo: 60) {
                (try? disk.fill()) != nil
                    && load.refused("overloaded") + load.refused("disk") > shed + 20
            })
        #expect(engine.killHard())
        load.stop()
        try Self.expectFaults(load)
        disk.empty()
        engine = try Self.start(disk, store: "sqlite")
        try Self.verify(engine, load.files)
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0, "\(engine.program.output)")
        try Self.checkStore(disk.path + "/data/store.sqlite3", load.files)
    }

    // MARK: Steps

    private static func readiness(_ engine: EngineProcess) -> (status: Int, body: String) {
        engine.client.send("GET", "/readyz")
    }

    private static func fillUntilRefused(
        _ disk: SmallDisk, _ engine: EngineProcess, _ load: Load
    ) throws {
        let before = load.refused("disk")
        let isRefused = engine.program.waits(upTo: 60) {
            // A snapshot that was trimmed gave room back: it is taken, too.
            (try? disk.fill()) != nil && load.refused("disk") > before + 20
        }
        #expect(isRefused, "\(readiness(engine)), \(disk.free) bytes are free")
    }

    private static func emptyUntilAcknowledged(
        _ disk: SmallDisk, _ engine: EngineProcess, _ load: Load
    ) throws {
        disk.empty()
        #expect(
            engine.program.waits(upTo: 30) { readiness(engine).status == 200 },
            "ready again: \(readiness(engine)), \(engine.program.output)")
        let before = load.acknowledged
        #expect(
            engine.program.waits(upTo: 30) { load.acknowledged > before + 100 },
            "orders are taken again: \(readiness(engine))")
    }

    /// The clients saw acknowledgements and refusals, both in number.
    private static func expectFaults(_ load: Load) throws {
        let lines = try load.files.flatMap { try AckFile.lines($0) }
        #expect(lines.count { $0.outcome == .ok } > 300)
        #expect(lines.count { $0.code == "-1008" } > 20)
        #expect(lines.allSatisfy { $0.code == "-" || $0.code == "-1008" })
    }

    /// Every acknowledged order is there as it was sent, none that was refused.
    private static func verify(_ engine: EngineProcess, _ files: [String]) throws {
        let orders = KnownOrder.all(try files.flatMap { try AckFile.lines($0) })
        #expect(!orders.isEmpty)
        let wire = try #require(EngineWire(engine.address))
        for order in orders.values {
            let answer = try #require(
                wire.send(
                    "GET",
                    "/api/v3/order?symbol=\(order.symbol)&origClientOrderId=\(order.clientID)",
                    account: order.account))
            if let complaint = order.complaint(answer) { Issue.record("\(complaint)") }
        }
        let audit = try #require(wire.send("GET", "/admin/v1/audit", account: "u1"))
        #expect(audit.status == 200 && audit.json["broken"] is NSNull, "\(audit.text)")
    }

    private static func checkStore(_ path: String, _ files: [String]) throws {
        let database = try DatabaseQueue(path: path)
        let ids = try database.read { db in
            try String.fetchAll(db, sql: "SELECT account || ' ' || client_id FROM orders")
        }
        #expect(Set(ids).count == ids.count, "an order appears twice")
        for (key, order) in KnownOrder.all(try files.flatMap { try AckFile.lines($0) }) {
            switch order.placed {
            case .ok: #expect(ids.contains(key), "\(key) was acknowledged")
            case .rejected: #expect(!ids.contains(key), "\(key) was refused")
            case .unknown: break
            }
        }
    }

    // MARK: Load

    /// Clients that send orders, one at a time each, until they are stopped or the engine is gone.
    private final class Load: Sendable {
        private static let clients = 3
        private let isOver = Atomic<Bool>(false)
        private let oks = Atomic<Int>(0)
        private let refusals = Mutex<[String: Int]>([:])
        private let threads = Mutex<[DedicatedThread]>([])
        let files: [String]

        init(_ engine: EngineProcess, _ directory: String, name: String) throws {
            files = (1...Self.clients).map { "\(directory)/acks.\(name)\($0).log" }
            for (i, file) in files.enumerated() {
                let address = engine.address
                let thread = DedicatedThread(name: "client-\(i)") { [self] in
                    do {
                        try run(address, file, prefix: "\(name)\(i)", seed: UInt64(i + 1))
                    } catch {
                        Issue.record("client \(i): \(error)")
                    }
                }
                threads.withLock { $0.append(thread) }
            }
        }

        var acknowledged: Int { oks.load(ordering: .relaxed) }

        /// Refusals with -1008 whose text has `word`.
        func refused(_ word: String) -> Int {
            refusals.withLock { $0.reduce(0) { $0 + ($1.key.contains(word) ? $1.value : 0) } }
        }

        func stop() {
            isOver.store(true, ordering: .relaxed)
            for thread in threads.withLock({ $0 }) { thread.join() }
        }

        private func run(
            _ address: String, _ path: String, prefix: String, seed: UInt64
        ) throws {
            let file = try AckFile(path, tag: "d")
            guard let wire = EngineWire(address) else { return }
            var rng = SplitMix64(state: seed)
            var n = 0
            while !isOver.load(ordering: .relaxed) {
                n += 1
                var line = AckLine(
                    .new, "\(prefix)-\(n)", .unknown,
                    account: "u\(Draw.below(rng.next(), 8) + 1)", symbol: "BTCUSDT")
                line.side = Draw.below(rng.next(), 2) == 0 ? "BUY" : "SELL"
                line.price = "\(50_000 + Draw.below(rng.next(), 7))"
                line.quantity = "0.00\(Draw.below(rng.next(), 9) + 1)"
                let kind = ["ACK", "RESULT", "FULL"][Int(Draw.below(rng.next(), 3))]
                let answer = wire.send(
                    "POST",
                    "/api/v3/order?symbol=BTCUSDT&side=\(line.side)&type=LIMIT&timeInForce=GTC"
                        + "&quantity=\(line.quantity)&price=\(line.price)"
                        + "&newClientOrderId=\(line.clientID)&newOrderRespType=\(kind)",
                    account: line.account)
                note(&line, answer)
                file.note(line)
                guard let answer else { return }
                // Whoever is refused asks again a little later.
                if answer.status != 200 { usleep(2_000) }
            }
        }

        private func note(_ line: inout AckLine, _ answer: EngineWire.Answer?) {
            line.outcome = AckLine.outcome(answer)
            line.status = answer?.status ?? 0
            guard let answer else { return }
            if let code = answer.json["code"] as? Int { line.code = "\(code)" }
            if line.outcome == .ok, let id = answer.json["orderId"] as? Int {
                line.orderID = "\(id)"
                oks.add(1, ordering: .relaxed)
            } else if line.code == "-1008" {
                let text = answer.json["msg"] as? String ?? ""
                refusals.withLock { $0[text, default: 0] += 1 }
            }
        }
    }
}
