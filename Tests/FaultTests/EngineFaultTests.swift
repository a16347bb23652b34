// What the engine must not survive: a journal that cannot be made durable, a shadow that disagrees,
// a record damaged in the middle. It ends with 70 and acknowledges nothing more; what it had
// acknowledged is there after the next start.

import Foundation
import HarnessCore
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct EngineFaultTests {
    private static func start(
        _ directory: String, fault: String? = nil, _ more: [String] = []
    ) throws -> EngineProcess {
        try EngineProcess(
            dataDirectory: directory, ["--allow-faults", "--check"] + more,
            environment: fault.map { ["SPOTLOAD_ENGINE_FAULT": $0] } ?? [:])
    }

    private static func place(
        _ wire: EngineWire, _ id: String, account: String = "u1", kind: String = "ACK"
    ) -> EngineWire.Answer? {
        wire.send(
            "POST",
            "/api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001"
                + "&price=50000&newClientOrderId=\(id)&newOrderRespType=\(kind)",
            account: account)
    }

    /// Every id is there, in journal, books and store.
    private static func expect(_ ids: [String], in directory: String, account: String) throws {
        let engine = try start(directory)
        #expect(engine.program.line(containing: "check ok", within: 5) != nil)
        let wire = try #require(EngineWire(engine.address))
        for id in ids {
            let order = wire.send(
                "GET", "/api/v3/order?symbol=BTCUSDT&origClientOrderId=\(id)", account: account)
            #expect(order?.status == 200, "\(id) was acknowledged")
        }
    }

    private struct Sent {
        var acknowledged: [String] = []
        /// Answers that were no acknowledgement, or none.
        var failures = 0
    }

    @Test(arguments: ["ACK", "RESULT"])
    func nothingIsAcknowledgedAfterAFailedSync(kind: String) throws {
        let directory = try TemporaryDirectory()
        let engine = try Self.start(directory.path, fault: "fail-sync:30")
        let hasFailed = Atomic<Bool>(false)
        let sent = Mutex(Sent())
        let address = engine.address
        let threads = (1...4).map { worker in
            DedicatedThread(name: "client-\(worker)") {
                guard let wire = EngineWire(address) else { return }
                for n in 1...10_000 {
                    let id = "w\(worker)-\(n)"
                    let isLate = hasFailed.load(ordering: .sequentiallyConsistent)
                    let answer = Self.place(wire, id, kind: kind)
                    guard answer?.status == 200 else {
                        hasFailed.store(true, ordering: .sequentiallyConsistent)
                        sent.withLock { $0.failures += 1 }
                        if let answer {
                            #expect(answer.status == 504 && answer.json["code"] as? Int == -1006)
                        }
                        return
                    }
                    if isLate { Issue.record("\(id) was acknowledged after the failure") }
                    sent.withLock { $0.acknowledged.append(id) }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(engine.program.exitCode(within: 30) == 70, "\(engine.program.output)")
        #expect(engine.program.output.contains("journal: fdatasync"), "\(engine.program.output)")
        let result = sent.withLock { $0 }
        #expect(result.failures == 4 && !result.acknowledged.isEmpty)
        try Self.expect(result.acknowledged, in: directory.path, account: "u1")
    }

    /// SIGTERM: what was taken is finished, what comes after is refused, the next start has nothing
    /// to replay.
    @Test func aStopUnderLoadLosesNothing() throws {
        let directory = try TemporaryDirectory()
        let engine = try Self.start(directory.path)
        let acknowledged = Mutex<[String]>([])
        let address = engine.address
        let threads = (1...4).map { worker in
            DedicatedThread(name: "client-\(worker)") {
                guard let wire = EngineWire(address) else { return }
                for n in 1...100_000 {
                    let id = "t\(worker)-\(n)"
                    guard let answer = Self.place(wire, id, kind: n % 2 == 0 ? "ACK" : "FULL")
                    else {
                        return
                    }
                    guard answer.status == 200 else {
                        #expect(answer.status == 503 && answer.json["code"] as? Int == -1008)
                        return
                    }
                    acknowledged.withLock { $0.append(id) }
                }
            }
        }
        let isBusy = engine.program.waits(upTo: 30) { acknowledged.withLock { $0.count } > 200 }
        #expect(isBusy)
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 15) == 0, "\(engine.program.output)")
        for thread in threads { thread.join() }
        let next = try Self.start(directory.path)
        #expect(next.program.output.contains(": 0 commands from the snapshot"))
        #expect(next.killHard())
        try Self.expect(acknowledged.withLock { $0 }, in: directory.path, account: "u1")
    }

    @Test func aShadowThatDisagreesStopsTheEngine() throws {
        let directory = try TemporaryDirectory()
        let engine = try Self.start(
            directory.path, fault: "wrong-hash:2", ["--snapshot-every", "25"])
        let wire = try #require(EngineWire(engine.address))
        var acknowledged: [String] = []
        while acknowledged.count < 100_000 {
            let id = "s\(acknowledged.count)"
            guard let answer = Self.place(wire, id), answer.status == 200 else { break }
            acknowledged.append(id)
        }
        #expect(engine.program.exitCode(within: 30) == 70, "\(engine.program.output)")
        #expect(engine.program.output.contains("one of them is wrong"))
        let snapshots = try FileManager.default.contentsOfDirectory(
            atPath: directory.path + "/s0/snapshot")
        #expect(snapshots.count == 1, "the first agreed, the second was not written: \(snapshots)")
        try Self.expect(acknowledged, in: directory.path, account: "u1")
    }

    @Test func aRecordDamagedInTheMiddleIsRefused() throws {
        let directory = try TemporaryDirectory()
        let engine = try Self.start(directory.path, ["--segment-bytes", "65536"])
        let wire = try #require(EngineWire(engine.address))
        for n in 1...40 { #expect(Self.place(wire, "m\(n)")?.status == 200) }
        #expect(engine.killHard())
        let journal = directory.path + "/s0/journal"
        let path = journal + "/00000000000000000001.slj"
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        let offset = Self.offset(ofRecord: 20, in: sound)
        var damaged = sound
        damaged[offset + 40] ^= 1
        try damaged.write(to: URL(fileURLWithPath: path))
        let before = try Self.contents(journal)

        let refused = try RunningProgram(
            RunningProgram.spotload,
            ["engine", "--bind", "127.0.0.1:0", "--data-dir", directory.path])
        #expect(refused.exitCode(within: 30) == 70)
        #expect(
            refused.output.contains("\(path) at offset \(offset): seq 20 is damaged and seq 21"),
            "\(refused.output)")
        #expect(!refused.output.contains("listening"))
        #expect(try Self.contents(journal) == before)
        // Mended, it is as it was.
        try sound.write(to: URL(fileURLWithPath: path))
        try Self.expect((1...40).map { "m\($0)" }, in: directory.path, account: "u1")
    }

    /// Where the n-th record of a segment begins: len u32 leads from one to the next.
    private static func offset(ofRecord n: Int, in segment: Data) -> Int {
        var offset = 64
        for _ in 1..<n {
            let length = segment[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            offset += (8 + length + 7) & ~7
        }
        return offset
    }

    private static func contents(_ folder: String) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return Dictionary(
            uniqueKeysWithValues: try names.map {
                ($0, try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)))
            })
    }

    @Test func faultsThatAreNoneAreRefused() throws {
        let directory = try TemporaryDirectory()
        for text in ["", "after-sync", "after-sync:0", "nowhere:1"] {
            let refused = try RunningProgram(
                RunningProgram.spotload,
                [
                    "engine", "--bind", "127.0.0.1:0", "--data-dir", directory.path,
                    "--allow-faults",
                ], environment: ["SPOTLOAD_ENGINE_FAULT": text])
            if text.isEmpty {
                // As good as not set.
                #expect(refused.line(containing: "listening") != nil)
                refused.kill(SIGTERM)
                #expect(refused.exitCode(within: 30) == 0)
            } else {
                #expect(refused.exitCode(within: 30) == 104)
                #expect(refused.output.contains("points: before-append after-append"))
            }
        }
        // Without --allow-faults nothing is armed.
        let engine = try EngineProcess(
            dataDirectory: directory.path, [],
            environment: ["SPOTLOAD_ENGINE_FAULT": "after-sync:1"])
        let wire = try #require(EngineWire(engine.address))
        #expect(Self.place(wire, "one")?.status == 200)
    }
}
