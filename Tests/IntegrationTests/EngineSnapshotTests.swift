// Snapshots of the real engine: on request and at a clean stop; what the next start makes of them,
// also where the newest is damaged, or none is left of a trimmed journal.

import Foundation
import TestSupport
import Testing

@Suite struct EngineSnapshotTests {
    private static func start(_ data: String, _ more: [String] = []) throws -> EngineProcess {
        try EngineProcess(dataDirectory: data, ["--check", "--allow-faults"] + more)
    }

    /// Resting orders with ids `o<n>`, none of which meets another.
    private static func place(_ engine: EngineProcess, _ numbers: ClosedRange<Int>) {
        for n in numbers {
            let order = engine.client.send(
                "POST",
                "/api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001"
                    + "&price=\(40_000 + n)&newClientOrderId=o\(n)", account: "u\(n % 8 + 1)")
            #expect(order.status == 200, "\(order)")
        }
    }

    private static func expect(_ engine: EngineProcess, orders count: Int) {
        var ids: [String] = []
        for account in 1...8 {
            let open = engine.client.send(
                "GET", "/api/v3/openOrders?symbol=BTCUSDT", account: "u\(account)")
            ids += open.body.matches(of: /"clientOrderId":"(o[0-9]+)"/).map { String($0.1) }
        }
        #expect(ids.sorted() == (1...count).map { "o\($0)" }.sorted())
    }

    private static func stop(_ engine: EngineProcess) {
        engine.program.kill(SIGTERM)
        #expect(engine.program.exitCode(within: 30) == 0, "\(engine.program.output)")
    }

    private static func names(_ folder: String, _ suffix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(suffix) }.sorted()
    }

    private static func contents(_ folder: String) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return Dictionary(
            uniqueKeysWithValues: try names.map {
                ($0, try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)))
            })
    }

    @Test func onRequest() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/engine"
        let engine = try Self.start(data)
        Self.place(engine, 1...10)
        let answer = engine.client.send("POST", "/admin/v1/snapshot")
        let audit = engine.client.send("GET", "/admin/v1/audit")
        let hash = try #require(audit.body.firstMatch(of: /"eventHash":"([0-9a-f]{16})"/)?.1)
        // The FUND is the first command.
        #expect(answer.status == 200)
        #expect(answer.body == #"[{"shard":0,"seq":11,"hash":"\#(hash)"}]"#)
        let file = "00000000000000000011.sls"
        #expect(try Self.names(data + "/s0/snapshot", "") == [file])
        let again = engine.client.send("POST", "/admin/v1/snapshot")
        #expect(again.body == answer.body)
        #expect(try Self.names(data + "/s0/snapshot", "") == [file])
        Self.place(engine, 11...13)
        #expect(engine.killHard())

        let next = try Self.start(data)
        #expect(
            next.program.output.contains(": 3 commands from the snapshot of seq 11"),
            "\(next.program.output)")
        #expect(next.program.output.contains("journal replayed from its beginning, store equal"))
        Self.expect(next, orders: 13)
    }

    @Test func atACleanStop() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/engine"
        let engine = try Self.start(data)
        Self.place(engine, 1...7)
        Self.stop(engine)
        #expect(try Self.names(data + "/s0/snapshot", "") == ["00000000000000000008.sls"])
        let next = try Self.start(data)
        #expect(
            next.program.output.contains("seq 8 in")
                && next.program.output.contains(": 0 commands from the snapshot of seq 8"),
            "\(next.program.output)")
        Self.expect(next, orders: 7)
        Self.place(next, 8...9)
        Self.expect(next, orders: 9)
    }

    @Test func aDamagedOneIsPassedOver() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/engine"
        let engine = try Self.start(data)
        Self.place(engine, 1...5)
        #expect(engine.client.send("POST", "/admin/v1/snapshot").status == 200)
        Self.place(engine, 6...9)
        Self.stop(engine)
        let folder = data + "/s0/snapshot"
        let newest = try #require(try Self.names(folder, ".sls").last)
        #expect(newest == "00000000000000000010.sls")
        let file = URL(fileURLWithPath: folder + "/" + newest)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: file)

        let next = try Self.start(data)
        #expect(next.program.output.contains("\(newest) cannot be used: the section at offset"))
        #expect(
            next.program.output.contains(": 4 commands from the snapshot of seq 6"),
            "\(next.program.output)")
        #expect(next.program.output.contains("check ok"))
        Self.expect(next, orders: 9)
    }

    @Test func aTrimmedJournalNeedsOne() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/engine"
        let sizes = ["--segment-bytes", "4096", "--snapshot-every", "40"]
        let engine = try Self.start(data, sizes)
        Self.place(engine, 1...200)
        Self.stop(engine)
        let journal = data + "/s0/journal"
        let first = try #require(try Self.names(journal, ".slj").first)
        #expect(first > "00000000000000000001.slj", "nothing was trimmed")
        let whole = try Self.start(data, sizes)
        #expect(
            whole.program.output.contains("journal replayed from the snapshot of seq"),
            "\(whole.program.output)")
        Self.expect(whole, orders: 200)
        Self.stop(whole)

        for name in try Self.names(data + "/s0/snapshot", ".sls") {
            try FileManager.default.removeItem(atPath: data + "/s0/snapshot/" + name)
        }
        let before = try Self.contents(journal)
        let refused = try RunningProgram(
            RunningProgram.spotload, ["engine", "--bind", "127.0.0.1:0", "--data-dir", data])
        #expect(refused.exitCode(within: 30) == 70)
        let seq = Int(first.dropLast(4)) ?? 0
        #expect(
            refused.output.contains("begins at seq \(seq) and no snapshot")
                && refused.output.contains("the commands before are gone; nothing was changed"),
            "\(refused.output)")
        #expect(try Self.contents(journal) == before)
    }
}
