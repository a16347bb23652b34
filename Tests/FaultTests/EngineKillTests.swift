// kill -9 of the engine under load, over and over: at any moment, and at every point of the path
// from a request to the store. The clients' own files are the oracle. After each restart every
// acknowledged order is there once with what was acknowledged, rejected ones never, unknown ones at
// most once; `--check` has compared invariants, store and the whole journal before it listened.
//
// 56 cycles in the suite; SPOTLOAD_KILL_CYCLES asks for more (`make test-long`).

import Foundation
import GRDB
import HarnessCore
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct EngineKillTests {
    /// Points of the path, and at which passages to die there: 1 up to so many.
    private static let points: [(String, Int)] = [
        ("before-append", 60), ("after-append", 60), ("before-sync", 60), ("after-sync", 60),
        ("before-apply", 60), ("after-apply", 60), ("before-reply", 60), ("after-reply", 60),
        ("before-store-begin", 20), ("after-store-begin", 20), ("before-commit", 20),
        ("after-commit", 20), ("before-snapshot-write", 2), ("after-snapshot-write", 2),
        ("before-rename", 2), ("after-rename", 2), ("before-trim", 1), ("after-trim", 1),
    ]
    private static let cycles =
        ProcessInfo.processInfo.environment["SPOTLOAD_KILL_CYCLES"].flatMap { Int($0) } ?? 56
    /// Cycles on one data directory.
    private static let eraLength = 14
    private static let workers = 4

    private static func start(_ directory: String, fault: String?) throws -> EngineProcess {
        try EngineProcess(
            dataDirectory: directory,
            [
                "--allow-faults", "--check", "--snapshot-every", "150", "--segment-bytes", "65536",
            ], environment: fault.map { ["SPOTLOAD_ENGINE_FAULT": $0] } ?? [:])
    }

    @Test func acknowledgedOrdersSurvive() throws {
        var rng = SplitMix64(state: 20_261_127)
        var directory = try TemporaryDirectory()
        var files: [String] = []
        var died: [String: Int] = [:]
        var placed = 0
        var diedAtStart = 0
        for cycle in 0..<Self.cycles {
            if cycle % Self.eraLength == 0, cycle > 0 {
                try Self.endEra(directory.path, files)
                directory = try TemporaryDirectory()
                files = []
            }
            // Two of three cycles die at a point of the path, one by a kill from outside.
            let point = cycle % 3 == 0 ? nil : Self.points[(cycle - cycle / 3) % Self.points.count]
            let fault = point.map { "\($0.0):\(Draw.below(rng.next(), UInt64($0.1)) + 1)" }
            died[point?.0 ?? "kill", default: 0] += 1
            guard let engine = try Self.startOrDie(directory.path, point?.0, fault: fault) else {
                diedAtStart += 1
                continue
            }
            #expect(engine.program.line(containing: "check ok", within: 5) != nil)
            try Self.verify(engine, files.suffix(Self.workers), mayDie: fault != nil)
            let stop = Flag()
            let (names, threads) = try Self.load(engine, directory.path, cycle, stop, &rng)
            files += names
            if fault == nil {
                let wait = Double(Draw.below(rng.next(), 500)) / 1_000 + 0.05
                #expect(!engine.program.waits(upTo: wait) { engine.program.status != nil })
                #expect(engine.killHard(), "the engine died by the signal")
            } else {
                let isDead = engine.program.waits(upTo: 30) { engine.program.status != nil }
                #expect(isDead, "\(fault ?? ""): it never came to that")
                if !isDead { #expect(engine.killHard()) }
                #expect(engine.program.status == 128 + SIGKILL, "\(engine.program.output)")
                let line = "engine: fault \(point?.0 ?? "")"
                #expect(engine.program.line(containing: line, within: 5) != nil)
            }
            stop.set()
            for thread in threads { thread.join() }
            placed += try names.reduce(0) { $0 + (try AckFile.lines($1).count) }
        }
        try Self.endEra(directory.path, files)
        #expect(died.values.reduce(0, +) == Self.cycles)
        #expect(Self.cycles < 56 || died.count == Self.points.count + 1, "\(died)")
        #expect(placed > Self.cycles * 20, "\(placed) requests: no load, no test")
        #expect(diedAtStart < Self.cycles / 4, "\(diedAtStart) of \(Self.cycles) saw no load")
    }

    /// Nil: recovery itself came past the point and died there, which is a kill as good as any.
    private static func startOrDie(
        _ directory: String, _ point: String?, fault: String?
    ) throws -> EngineProcess? {
        do {
            return try start(directory, fault: fault)
        } catch let error as EngineProcessError {
            guard let point, error.output.contains("engine: fault \(point)\n") else { throw error }
            return nil
        }
    }

    /// A clean stop and a start after it; then the store itself: each order once, ids without gaps.
    private static func endEra(_ directory: String, _ files: [String]) throws {
        for isLast in [false, true] {
            let engine = try start(directory, fault: nil)
            #expect(engine.program.line(containing: "check ok", within: 5) != nil)
            try verify(engine, files[...], mayDie: false)
            engine.program.kill(SIGTERM)
            #expect(engine.program.exitCode(within: 30) == 0, "\(engine.program.output)")
            if isLast {
                #expect(
                    engine.program.output.contains(": 0 commands from the snapshot"),
                    "a clean stop leaves a snapshot: \(engine.program.output)")
            }
        }
        let lines = try files.flatMap { try AckFile.lines($0) }
        try checkStore(directory + "/store.sqlite3", KnownOrder.all(lines))
    }

    // MARK: Load

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        func set() { value.store(true, ordering: .relaxed) }
        var isSet: Bool { value.load(ordering: .relaxed) }
    }

    private static func load(
        _ engine: EngineProcess, _ directory: String, _ cycle: Int, _ stop: Flag,
        _ rng: inout SplitMix64
    ) throws -> ([String], [DedicatedThread]) {
        var names: [String] = []
        var threads: [DedicatedThread] = []
        for worker in 1...workers {
            let name = directory + "/acks.\(cycle)-\(worker).log"
            let seed = rng.next()
            let address = engine.address
            names.append(name)
            threads.append(
                DedicatedThread(name: "client-\(worker)") {
                    do {
                        let client = try Client(
                            address, file: AckFile(name, tag: "k"), worker: worker, cycle: cycle,
                            seed: seed)
                        while !stop.isSet, client?.step() ?? false {}
                    } catch {
                        Issue.record("client \(worker): \(error)")
                    }
                })
        }
        return (names, threads)
    }

    /// New orders, cancels, amends and replacements on one connection, each noted at its end.
    private final class Client {
        private let wire: EngineWire
        private let file: AckFile
        private let prefix: String
        private var rng: SplitMix64
        private var n = 0
        /// Orders of its own that may be open: id, side, price, quantity.
        private var open: [AckLine] = []

        init?(_ address: String, file: AckFile, worker: Int, cycle: Int, seed: UInt64) {
            guard let wire = EngineWire(address) else { return nil }
            self.wire = wire
            self.file = file
            prefix = "k\(cycle)-\(worker)"
            rng = SplitMix64(state: seed)
        }

        private func below(_ n: Int) -> Int { Int(Draw.below(rng.next(), UInt64(n))) }

        /// False once the engine is gone.
        func step() -> Bool {
            switch open.isEmpty ? 9 : below(10) {
            case 0, 1: return cancel()
            case 2: return amend()
            case 3, 4: return replace()
            default: return place()
            }
        }

        private func draft() -> (AckLine, String) {
            n += 1
            let symbol = below(4) == 0 ? "ETHUSDT" : "BTCUSDT"
            var line = AckLine(
                .new, "\(prefix)-\(n)", .unknown, account: "u\(below(8) + 1)", symbol: symbol)
            line.side = below(2) == 0 ? "BUY" : "SELL"
            line.price = "\(50_000 + below(7) - 3)"
            // Some are refused: quantities that are no lots.
            line.quantity = below(12) == 0 ? "0.0000001" : "0.00\(below(9) + 1)"
            let query =
                "symbol=\(symbol)&side=\(line.side)&type=LIMIT&timeInForce=GTC"
                + "&quantity=\(line.quantity)&price=\(line.price)&newClientOrderId=\(line.clientID)"
            return (line, query)
        }

        private func finish(_ line: AckLine, _ answer: EngineWire.Answer?) -> Bool {
            var line = line
            line.outcome = AckLine.outcome(answer)
            line.status = answer?.status ?? 0
            if let code = answer?.json["code"] as? Int { line.code = "\(code)" }
            if line.operation == .new, line.outcome == .ok, let id = answer?.json["orderId"] as? Int
            {
                line.orderID = "\(id)"
            }
            file.note(line)
            if line.operation == .new, line.outcome == .ok {
                open.append(line)
                if open.count > 12 { open.removeFirst() }
            }
            return answer != nil
        }

        private func place() -> Bool {
            let (line, query) = draft()
            let kind = below(3) == 0 ? "ACK" : below(2) == 0 ? "RESULT" : "FULL"
            return finish(
                line,
                wire.send(
                    "POST", "/api/v3/order?\(query)&newOrderRespType=\(kind)",
                    account: line.account))
        }

        private func target(_ operation: AckLine.Operation) -> AckLine {
            let order = open.remove(at: below(open.count))
            var line = AckLine(
                operation, order.clientID, .unknown, account: order.account, symbol: order.symbol)
            line.quantity = order.quantity
            return line
        }

        private func cancel() -> Bool {
            let line = target(.cancel)
            return finish(
                line,
                wire.send(
                    "DELETE",
                    "/api/v3/order?symbol=\(line.symbol)&origClientOrderId=\(line.clientID)",
                    account: line.account))
        }

        private func amend() -> Bool {
            var line = target(.amend)
            line.quantity = "0.0005"
            return finish(
                line,
                wire.send(
                    "PUT",
                    "/api/v3/order/amend/keepPriority?symbol=\(line.symbol)"
                        + "&origClientOrderId=\(line.clientID)&newQty=\(line.quantity)",
                    account: line.account))
        }

        /// cancelReplace counts as a cancel, then a new order.
        private func replace() -> Bool {
            var gone = target(.cancel)
            var (line, query) = draft()
            line.account = gone.account
            line.symbol = gone.symbol
            query = query.replacing(/symbol=[A-Z]+&/, with: "symbol=\(gone.symbol)&")
            let answer = wire.send(
                "POST",
                "/api/v3/order/cancelReplace?\(query)&cancelReplaceMode=STOP_ON_FAILURE"
                    + "&cancelOrigClientOrderId=\(gone.clientID)", account: gone.account)
            gone.outcome = AckLine.outcome(answer)
            gone.status = answer?.status ?? 0
            // Of a refused pair the first leg may have been done.
            let data = answer?.json["data"] as? [String: Any] ?? answer?.json ?? [:]
            if data["cancelResult"] as? String == "SUCCESS" { gone.outcome = .ok }
            file.note(gone)
            if gone.outcome == .ok, answer?.status == 200,
                let order = data["newOrderResponse"] as? [String: Any],
                let id = order["orderId"] as? Int
            {
                line.orderID = "\(id)"
            }
            line.outcome = AckLine.outcome(answer)
            line.status = answer?.status ?? 0
            file.note(line)
            if line.outcome == .ok { open.append(line) }
            return answer != nil
        }
    }

    // MARK: The oracle

    /// Asks for every order of the files; sends the unknown ones again.
    ///
    /// - Parameter mayDie: the engine may come to its fault by what is sent here; the end of the era
    ///   asks for all again.
    private static func verify(
        _ engine: EngineProcess, _ files: ArraySlice<String>, mayDie: Bool
    ) throws {
        let orders = KnownOrder.all(try files.flatMap { try AckFile.lines($0) })
        guard !orders.isEmpty else { return }
        let wire = try #require(EngineWire(engine.address))
        func isGone() -> Bool {
            mayDie && engine.program.waits(upTo: 10) { engine.program.status != nil }
        }
        for order in orders.values.sorted(by: { $0.clientID < $1.clientID }) {
            let found = wire.send(
                "GET",
                "/api/v3/order?symbol=\(order.symbol)&origClientOrderId=\(order.clientID)",
                account: order.account)
            if found == nil, isGone() { return }
            let answer = try #require(found)
            if let complaint = order.complaint(answer) { Issue.record("\(complaint)") }
            if order.placed == .unknown, canBeSentAgain(order) {
                let again = resend(order, wire)
                if again == nil, isGone() { return }
                try check(again, of: order, wasThere: answer.status == 200)
            }
        }
        let sound = wire.send("GET", "/admin/v1/audit", account: "u1")
        if sound == nil, isGone() { return }
        let audit = try #require(sound)
        #expect(audit.status == 200 && audit.json["broken"] is NSNull, "\(audit.text)")
    }

    /// It was no order that is refused, and has not been amended since.
    private static func canBeSentAgain(_ order: KnownOrder) -> Bool {
        order.quantity != "0.0000001" && order.quantities.count == 1
    }

    private static func resend(_ order: KnownOrder, _ wire: EngineWire) -> EngineWire.Answer? {
        wire.send(
            "POST",
            "/api/v3/order?symbol=\(order.symbol)&side=\(order.side)&type=LIMIT&timeInForce=GTC"
                + "&quantity=\(order.quantity)&price=\(order.price)"
                + "&newClientOrderId=\(order.clientID)", account: order.account)
    }

    /// The same order once more: the known outcome, or a first one; never a second order.
    private static func check(
        _ answer: EngineWire.Answer?, of order: KnownOrder, wasThere: Bool
    ) throws {
        let again = try #require(answer)
        #expect(again.status == 200, "\(order.clientID) again: \(again.text)")
        #expect((again.json["duplicate"] as? Bool ?? false) == wasThere, "\(again.text)")
    }

    private static func checkStore(_ path: String, _ known: [String: KnownOrder]) throws {
        let database = try DatabaseQueue(path: path)
        let (rows, funds) = try database.read { db in
            (
                try Row.fetchAll(db, sql: "SELECT * FROM orders"),
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT asset, sum(free + locked) AS total,
                        sum(account LIKE 'u%') AS accounts FROM balances
                        WHERE asset IN ('BTC', 'USDT') GROUP BY asset
                        """)
            )
        }
        var ids: [String: Int] = [:]
        var highest: [String: (count: Int64, last: Int64)] = [:]
        for row in rows {
            let key = "\(row["account"] as String) \(row["client_id"] as String)"
            ids[key, default: 0] += 1
            let (count, last) = highest[row["symbol"], default: (0, 0)]
            highest[row["symbol"]] = (count + 1, max(last, row["order_id"]))
        }
        #expect(ids.values.allSatisfy { $0 == 1 }, "an order appears twice")
        #expect(highest.values.allSatisfy { $0.count == $0.last }, "order ids have gaps")
        for (key, order) in known {
            switch order.placed {
            case .ok: #expect(ids[key] == 1, "\(key) was acknowledged")
            case .rejected: #expect(ids[key] == nil, "\(key) was rejected")
            case .unknown: break
            }
        }
        #expect(ids.keys.allSatisfy { known[$0] != nil }, "an order that nobody sent")
        for row in funds {
            let untouched = (8 - (row["accounts"] as Int64)) * 1_000_000 * 100_000_000
            let total = row["total"] as Int64 + untouched
            #expect(total == 8 * 1_000_000 * 100_000_000, "money is conserved")
        }
    }
}
