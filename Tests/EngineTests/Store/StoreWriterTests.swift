// The store thread: sizes of its transactions, a store locked by somebody else, a store that is
// gone.

import Foundation
import GRDB
import HarnessCore
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite struct StoreWriterTests {
    /// A writer, its file, and what it says after each commit.
    private final class Bench: Sendable {
        let directory: TemporaryDirectory
        let path: String
        let store: StoreDatabase
        let writer: StoreWriter
        let commits = Mutex<[UInt64]>([])
        let fatal = Mutex<[String]>([])

        init(_ batching: StoreWriter.Batching) throws {
            directory = try TemporaryDirectory()
            path = directory.path + "/store.sqlite3"
            store = try StoreDatabase(path: path)
            let fatal = Reference()
            writer = StoreWriter(
                database: store, market: .builtIn, batching: batching, storedSeq: 0,
                statistics: EngineStatistics(),
                onFatal: { text in fatal.bench?.fatal.withLock { $0.append(text) } })
            fatal.bench = self
            writer.observe { [weak self] in
                guard let self else { return }
                let seq = writer.storedSeq
                commits.withLock { $0.append(seq) }
            }
        }

        /// `count` commands that changed nothing.
        func enqueue(_ count: Int, upTo seq: UInt64) {
            writer.enqueue(
                StoreBatch(effects: Effects(), commands: count, lastSeq: seq, at: .now()))
        }

        func waits(_ condition: () -> Bool) -> Bool {
            let deadline = Date().addingTimeInterval(20)
            while !condition() {
                if Date() > deadline { return false }
                usleep(2_000)
            }
            return true
        }
    }

    // @unchecked: set once, before anything is written to the store.
    private final class Reference: @unchecked Sendable {
        weak var bench: Bench?
    }

    @Test func transactionsTakeWhatWaits() throws {
        let bench = try Bench(.init(most: 8))
        let other = try DatabaseQueue(path: bench.path)
        try other.inTransaction(.immediate) { _ in
            for n in 1...10 as ClosedRange<UInt64> { bench.enqueue(4, upTo: n * 4) }
            #expect(bench.waits { !bench.writer.lastError.isEmpty }, "it has tried")
            #expect(bench.writer.lastError.contains("locked by another process"))
            #expect(bench.writer.storedSeq == 0)
            return .rollback
        }
        #expect(bench.waits { bench.writer.storedSeq == 40 })
        bench.writer.close()
        let commits = bench.commits.withLock { $0 }
        let sizes = zip([0] + commits, commits).map { $1 - $0 }
        #expect(sizes.allSatisfy { $0 <= 8 } && sizes.dropFirst().contains(8), "\(sizes)")
        #expect(bench.writer.lastError.isEmpty)
        #expect(try bench.store.progress() == 40)
    }

    @Test func waitsForTheLeast() throws {
        let bench = try Bench(.init(most: 100, least: 10, wait: .seconds(1_000)))
        for n in 1...10 as ClosedRange<UInt64> { bench.enqueue(1, upTo: n) }
        #expect(bench.waits { bench.writer.storedSeq == 10 })
        #expect(bench.commits.withLock { $0 } == [10], "one transaction")
        bench.enqueue(3, upTo: 13)
        bench.writer.close()
        #expect(bench.writer.storedSeq == 13, "at the end it waits for nobody")
    }

    @Test func theWaitForTheLeastEnds() throws {
        let bench = try Bench(.init(most: 100, least: 10, wait: .milliseconds(30)))
        let begin = Instant.now()
        bench.enqueue(3, upTo: 3)
        #expect(bench.waits { bench.writer.storedSeq == 3 })
        #expect(Instant.now() - begin >= .milliseconds(30))
        bench.writer.close()
    }

    @Test func saysWhenItIsBehind() throws {
        let bench = try Bench(.init())
        #expect(!bench.writer.isBehind(.zero))
        let other = try DatabaseQueue(path: bench.path)
        try other.inTransaction(.exclusive) { _ in
            bench.enqueue(10, upTo: 10)
            #expect(!bench.writer.isBehind(.seconds(1_000)))
            #expect(bench.waits { bench.writer.isBehind(.milliseconds(5)) }, "by its age")
            bench.enqueue(StoreWriter.waitingMost, upTo: 10 + UInt64(StoreWriter.waitingMost))
            #expect(bench.writer.isBehind(.seconds(1_000)), "by their number")
            return .rollback
        }
        #expect(bench.waits { bench.writer.storedSeq == 10 + UInt64(StoreWriter.waitingMost) })
        #expect(bench.waits { !bench.writer.isBehind(.zero) })
        #expect(bench.writer.lag(now: .now()) == .zero)
        bench.writer.close()
    }

    @Test func aLostFileIsFatal() throws {
        let bench = try Bench(.init())
        bench.enqueue(1, upTo: 1)
        #expect(bench.waits { bench.writer.storedSeq == 1 })
        try FileManager.default.removeItem(atPath: bench.path)
        bench.enqueue(1, upTo: 2)
        #expect(bench.waits { !bench.fatal.withLock { $0.isEmpty } })
        #expect(bench.fatal.withLock { $0 }.first?.contains("was removed or replaced") == true)
        bench.writer.close()
        #expect(bench.writer.storedSeq == 1)
    }

    @Test func readsWaitForTheStore() throws {
        let bench = try Bench(.init())
        let reads = StoreReads(writer: bench.writer, readers: 2)
        let answers = Mutex<[String]>([])
        func ask(_ name: String, from seq: UInt64) {
            reads.run(from: seq) { since in
                let text = since == nil ? "late" : "\(bench.writer.storedSeq >= seq)"
                answers.withLock { $0.append("\(name) \(text)") }
            }
        }
        ask("now", from: 0)
        #expect(bench.waits { answers.withLock { $0 } == ["now true"] })
        ask("soon", from: 5)
        ask("never", from: 99)
        bench.enqueue(5, upTo: 5)
        #expect(bench.waits { answers.withLock { $0.count } == 3 })
        #expect(answers.withLock { $0 } == ["now true", "soon true", "never late"])
        bench.writer.close()
    }
}
