// Snapshots: prefix, snapshot, rest = whole, for ever; damage is refused; the shadow agrees with
// the live matcher, keeps two, and removes what is not needed.

import Engine
import Foundation
import HarnessCore
import Synchronization
import TestSupport
import Testing

@Suite struct SnapshotTests {
    private static let position = LogPosition(segment: 1, offset: 64)

    private static func options(retention: UInt64, frees: Bool = false) -> MatcherOptions {
        var options = MatcherOptions()
        options.retention = retention
        options.freesClientIDs = frees
        return options
    }

    private static func restored(_ matcher: Matcher) throws -> Matcher {
        let bytes = SnapshotFile.bytes(matcher, position: position)
        return try bytes.withUnsafeBytes {
            try SnapshotFile.read($0, options: matcher.options).matcher
        }
    }

    /// Outcomes, effects, hashes and the next snapshot of a restored matcher are those of one that
    /// was never interrupted. Orders are forgotten after 50 commands, so that this happens on both
    /// sides of the cut.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func prefixSnapshotRestIsWhole(seed: UInt64) throws {
        var flow = LogFlow(seed: seed)
        let options = Self.options(retention: 50, frees: seed % 4 == 0)
        let whole = Matcher(market: try LogFlow.market(), options: options)
        var effects = Effects()
        for _ in 0..<Int(Draw.below(flow.rng.next(), 400)) + 1 {
            _ = whole.apply(flow.next(), effects: &effects)
        }
        var again = try Self.restored(whole)
        #expect(again.stateHash() == whole.stateHash() && again.eventHash == whole.eventHash)
        var (a, b) = (Effects(), Effects())
        for n in 0..<400 {
            let command = flow.next()
            a.removeAll()
            b.removeAll()
            let expected = whole.apply(command, effects: &a)
            let outcome = again.apply(command, effects: &b)
            try #require(outcome == expected, "seed \(seed), seq \(command.seq)")
            try #require(a.isSame(as: b), "seed \(seed), seq \(command.seq)")
            try #require(again.eventHash == whole.eventHash)
            try #require(again.firstBrokenInvariant() == nil)
            if n % 100 == 50 { again = try Self.restored(again) }
        }
        #expect(again.stateHash() == whole.stateHash())
        #expect(again.retainedOrderCount == whole.retainedOrderCount)
        #expect(
            SnapshotFile.bytes(again, position: Self.position)
                == SnapshotFile.bytes(whole, position: Self.position))
    }

    @Test func theSymbolsTextGivesTheSameMarket() throws {
        let flow = try LogFlow.market()
        #expect(try Market.load(yaml: flow.json) == flow)
        #expect(try Market.load(yaml: Market.builtIn.json) == .builtIn)
        let odd = try Market.load(
            yaml: """
                - { symbol: A-B, base: A, quote: B, baseScale: 0, quoteScale: 3, tick: 1, step: 7, \
                minPrice: 5, maxPrice: 90000, minQty: 14, maxQty: 70, minNotional: 0, \
                maxNumOrders: 3, makerPpm: -5, takerPpm: 0, status: HALT }
                """)
        #expect(try Market.load(yaml: odd.json) == odd)
    }

    @Test func aFileIsWrittenWholeAndReadBack() throws {
        let directory = try TemporaryDirectory()
        var flow = LogFlow(seed: 5)
        let matcher = Matcher(market: try LogFlow.market())
        var effects = Effects()
        for _ in 0..<500 { _ = matcher.apply(flow.next(), effects: &effects) }
        let header = try SnapshotFile.write(
            matcher, position: LogPosition(segment: 3, offset: 8_000), directory: directory.path)
        #expect(try SnapshotFile.list(directory.path) == [500])
        let path = directory.path + "/00000000000000000500.sls"
        let (known, again) = try SnapshotFile.load(path, options: MatcherOptions())
        #expect(known == header && known.position == LogPosition(segment: 3, offset: 8_000))
        #expect(again.stateHash() == matcher.stateHash())
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 1,
            "nothing is left beside it")
    }

    /// Every bit counts: whatever byte is damaged, and wherever it is cut, it is refused.
    @Test func damageIsRefused() throws {
        var flow = LogFlow(seed: 9)
        let matcher = Matcher(market: try LogFlow.market())
        var effects = Effects()
        for _ in 0..<60 { _ = matcher.apply(flow.next(), effects: &effects) }
        let whole = SnapshotFile.bytes(matcher, position: Self.position)
        func isRefused(_ bytes: [UInt8]) -> Bool {
            bytes.withUnsafeBytes { raw in
                do throws(SnapshotError) {
                    _ = try SnapshotFile.read(raw, options: MatcherOptions())
                    return false
                } catch {
                    return true
                }
            }
        }
        #expect(!isRefused(whole))
        for i in stride(from: 0, to: whole.count, by: 3) {
            var bytes = whole
            bytes[i] ^= 1 << UInt8(i % 8)
            // Zeros between sections say nothing.
            if isRefused(bytes) { continue }
            #expect(whole[i] == 0 && i > 64, "byte \(i)")
        }
        for i in stride(from: 0, to: whole.count, by: 7) {
            #expect(isRefused(Array(whole[..<i])), "cut at \(i)")
        }
        #expect(isRefused(whole + [0]))
        #expect(isRefused([]))
    }

    // MARK: The shadow

    /// A journal of a flow, and the live matcher's marks after the given seqs.
    private static func journal(
        _ place: SnapshotMaker.Place, commands: Int, marks: Set<UInt64>
    ) throws -> (matcher: Matcher, marks: [SnapshotMaker.Mark]) {
        let recovery = try JournalReader.recover(directory: place.journal) { _ in }
        let writer = try JournalWriter(
            directory: place.journal, recovery: recovery, segmentBytes: 1 << 14)
        let matcher = Matcher(market: place.market, options: place.options)
        var flow = LogFlow(seed: 77)
        var effects = Effects()
        var found: [SnapshotMaker.Mark] = []
        for _ in 0..<commands / 10 {
            let batch = flow.commands(10)
            try writer.append(batch[...])
            for command in batch {
                _ = matcher.apply(command, effects: &effects)
                guard marks.contains(matcher.lastSeq) else { continue }
                found.append(.init(seq: matcher.lastSeq, eventHash: matcher.eventHash))
            }
            effects.removeAll()
        }
        return (matcher, found)
    }

    private static func place(_ directory: TemporaryDirectory) throws -> SnapshotMaker.Place {
        let place = SnapshotMaker.Place(
            journal: directory.path + "/journal", snapshots: directory.path + "/snapshot",
            market: try LogFlow.market(), options: options(retention: 200))
        for path in [place.journal, place.snapshots] {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        }
        return place
    }

    private final class Lines: Sendable {
        let fatal = Mutex<[String]>([])
        let log = Mutex<[String]>([])
    }

    private static func maker(
        _ place: SnapshotMaker.Place, watermark: UInt64 = .max, _ lines: Lines = Lines()
    ) -> SnapshotMaker {
        SnapshotMaker(
            place: place, lastSeq: 0, every: 1_000_000, watermark: { watermark },
            log: { line in lines.log.withLock { $0.append(line) } },
            onFatal: { line in lines.fatal.withLock { $0.append(line) } })
    }

    private static func make(
        _ maker: SnapshotMaker, _ mark: SnapshotMaker.Mark
    ) -> Result<SnapshotMaker.Mark, SnapshotMaker.Failure> {
        let done = Semaphore()
        let result = Mutex<Result<SnapshotMaker.Mark, SnapshotMaker.Failure>?>(nil)
        maker.request(mark) { answer in
            result.withLock { $0 = answer }
            done.signal()
        }
        done.wait()
        return result.withLock { $0 } ?? .success(mark)
    }

    private static func segments(_ place: SnapshotMaker.Place) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: place.journal)
            .filter { $0.hasSuffix(".slj") }.sorted()
    }

    @Test func theShadowAgreesKeepsTwoAndTrimsTheLog() throws {
        let directory = try TemporaryDirectory()
        let place = try Self.place(directory)
        let (live, marks) = try Self.journal(
            place, commands: 2_000, marks: [300, 800, 1_500, 2_000])
        let before = try Self.segments(place)
        #expect(before.count > 4, "several segments, or nothing can be trimmed")
        let lines = Lines()
        let maker = Self.maker(place, lines)
        for (i, mark) in marks.enumerated() {
            #expect(try Self.make(maker, mark).get() == mark)
            let kept = marks[max(0, i - 1)...i].map(\.seq).reversed()
            #expect(try SnapshotFile.list(place.snapshots) == Array(kept))
        }
        maker.close()
        #expect(lines.fatal.withLock { $0 } == [] && lines.log.withLock { $0 } == [])
        #expect(try Self.segments(place).count < before.count, "older segments are gone")
        // Both that are left lead to the live state.
        for seq in try SnapshotFile.list(place.snapshots) {
            let digits = String(seq)
            let name = String(repeating: "0", count: 20 - digits.count) + digits + ".sls"
            let (header, matcher) = try SnapshotFile.load(
                place.snapshots + "/" + name, options: place.options)
            var effects = Effects()
            let found = try JournalReader.recover(
                directory: place.journal,
                after: JournalStart(seq: header.seq, position: header.position)
            ) { _ = matcher.apply($0, effects: &effects) }
            #expect(found.lastSeq == 2_000 && found.tornBytes == 0)
            #expect(matcher.eventHash == live.eventHash)
            #expect(matcher.stateHash() == live.stateHash())
        }
    }

    @Test func nothingAboveTheWatermarkCountsAndNothingIsTrimmedForIt() throws {
        let directory = try TemporaryDirectory()
        let place = try Self.place(directory)
        let (_, marks) = try Self.journal(place, commands: 2_000, marks: [500, 1_000, 1_900])
        let before = try Self.segments(place)
        let maker = Self.maker(place, watermark: 999)
        for mark in marks { _ = try Self.make(maker, mark).get() }
        maker.close()
        #expect(try SnapshotFile.list(place.snapshots) == [1_900, 1_000, 500])
        #expect(try Self.segments(place) == before)
    }

    @Test func disagreementIsFatalAndWritesNothing() throws {
        let directory = try TemporaryDirectory()
        let place = try Self.place(directory)
        let (_, marks) = try Self.journal(place, commands: 100, marks: [100])
        let lines = Lines()
        let maker = Self.maker(place, lines)
        let wrong = SnapshotMaker.Mark(seq: 100, eventHash: marks[0].eventHash ^ 1)
        #expect(throws: SnapshotMaker.Failure.self) { try Self.make(maker, wrong).get() }
        maker.close()
        #expect(lines.fatal.withLock { $0.first }?.contains("one of them is wrong") == true)
        #expect(try SnapshotFile.list(place.snapshots) == [])
    }

    @Test func aDamagedBaseFallsBackToTheOlder() throws {
        let directory = try TemporaryDirectory()
        let place = try Self.place(directory)
        let (_, marks) = try Self.journal(place, commands: 1_000, marks: [300, 600, 1_000])
        let lines = Lines()
        let maker = Self.maker(place, lines)
        for mark in marks[..<2] { _ = try Self.make(maker, mark).get() }
        let newest = URL(fileURLWithPath: place.snapshots + "/00000000000000000600.sls")
        var bytes = try Data(contentsOf: newest)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: newest)
        #expect(try Self.make(maker, marks[2]).get() == marks[2])
        maker.close()
        #expect(lines.log.withLock { $0 }.contains { $0.contains("is damaged") })
        // The damaged one does not count as one of the two that must stay.
        #expect(try SnapshotFile.list(place.snapshots) == [1_000, 600, 300])
        #expect(try JournalReader.firstSeq(directory: place.journal).map { $0 <= 301 } == true)
        #expect(lines.fatal.withLock { $0 } == [])
    }
}
