// The journal: its bytes, its recovery, its refusals.

import Engine
import Foundation
import Glibc
import HarnessCore
import Synchronization
import TestSupport
import Testing

@Suite struct JournalTests {
    private static let known = Command(
        seq: 1, receivedNs: 1_700_000_000_000_000_000,
        body: .new(
            NewOrder(
                apiID: 1, requestNumber: 1, symbol: 0, side: .buy, type: .limit, timeInForce: .gtc,
                price: 100, quantity: 10, account: "a", clientOrderID: "c1")))

    /// Every kind of command, sizes varied by `seq`.
    private static func command(_ seq: UInt64) -> Command {
        let id = InlineText("client-\(seq)".utf8) ?? "x"
        let bodies: [Command.Body] = [
            .new(
                NewOrder(
                    apiID: 7, requestNumber: seq, symbol: 3, side: .sell, type: .market,
                    timeInForce: .fok, postOnly: true, quantityIsQuote: true, price: -1,
                    quantity: .max, account: id, clientOrderID: id)),
            .cancel(CancelOrder(symbol: 1, account: "u1", orderID: seq, clientOrderID: id)),
            .cancelAll(symbol: 65_535, account: id),
            .deposit(Deposit(account: "u2", asset: 9, amount: -5, depositID: id)),
            .fund(Fund(accounts: 10, amount: 1_000)),
            .cancelReplace(
                CancelReplace(
                    cancel: CancelOrder(
                        symbol: 3, account: "u1", orderID: seq, clientOrderID: id),
                    new: NewOrder(
                        apiID: 0, requestNumber: seq, symbol: 3, side: .buy, type: .limit,
                        timeInForce: .gtc, price: 5, quantity: 6, account: "u1",
                        clientOrderID: id), stopsOnFailure: seq % 2 == 0)),
        ]
        return Command(seq: seq, receivedNs: seq * 7, body: bodies[Int(seq) % bodies.count])
    }

    private static func recovered(_ directory: String) throws -> (JournalRecovery, [Command]) {
        var commands: [Command] = []
        let recovery = try JournalReader.recover(directory: directory) { commands.append($0) }
        return (recovery, commands)
    }

    /// A journal of `count` commands in batches of `batch`; returns its only segment.
    private static func write(_ directory: String, count: UInt64, batch: UInt64) throws -> URL {
        let (recovery, _) = try recovered(directory)
        let writer = try JournalWriter(
            directory: directory, recovery: recovery, segmentBytes: 1 << 16)
        var seq = recovery.lastSeq + 1
        while seq <= count {
            let last = min(count, seq + batch - 1)
            try writer.append((seq...last).map(command)[...])
            seq = last + 1
        }
        return URL(fileURLWithPath: directory + "/00000000000000000001.slj")
    }

    @Test func knownAnswer() throws {
        var bytes: [UInt8] = []
        JournalRecord.append(Self.known, back: 0, to: &bytes)
        #expect(bytes.count == 72)
        #expect(
            Hex.text(bytes.prefix(28)) == "40000000816de0bd010100000100000000000000"
                + "00002a36fe9c9717")
        let read = try bytes.withUnsafeBytes { try JournalRecord.read($0, at: 0) }
        #expect(read.command == Self.known && read.back == 0 && read.next == 72)
    }

    @Test(arguments: [1, 3, 100] as [UInt64])
    func whatIsWrittenIsRead(batch: UInt64) throws {
        let directory = try TemporaryDirectory()
        _ = try Self.write(directory.path, count: 100, batch: batch)
        let (recovery, commands) = try Self.recovered(directory.path)
        #expect(commands == (1...100).map(Self.command))
        #expect(recovery.lastSeq == 100 && recovery.tornBytes == 0)
    }

    @Test func segmentsRoll() throws {
        let directory = try TemporaryDirectory()
        _ = try Self.write(directory.path, count: 3_000, batch: 40)
        let segments = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { $0.hasSuffix(".slj") }
        #expect(segments.count > 2)
        let (recovery, commands) = try Self.recovered(directory.path)
        #expect(commands.count == 3_000 && recovery.lastSeq == 3_000)
        _ = try Self.write(directory.path, count: 3_010, batch: 10)
        #expect(try Self.recovered(directory.path).1 == (1...3_010).map(Self.command))
    }

    /// The last record cut at every byte, and every byte of it damaged: a torn tail each time.
    @Test func tornTails() throws {
        let directory = try TemporaryDirectory()
        let segment = try Self.write(directory.path, count: 9, batch: 1)
        let whole = try Data(contentsOf: segment)
        var record: [UInt8] = []
        JournalRecord.append(Self.command(9), back: 0, to: &record)
        let end = try Self.recovered(directory.path).0.offset
        let start = end - record.count
        for cut in start..<end {
            for damage in [false, true] {
                var bytes = whole
                if damage {
                    bytes[cut] ^= 0x10
                } else {
                    bytes.resetBytes(in: cut..<end)
                }
                if bytes == whole { continue }
                let isPadding = cut >= start + 8 + Int(record[0])
                try bytes.write(to: segment)
                let (recovery, commands) = try Self.recovered(directory.path)
                #expect(commands.count == (isPadding ? 9 : 8), "byte \(cut - start)")
                if !isPadding {
                    #expect(recovery.offset == start)
                    #expect(try Self.recovered(directory.path).0.tornBytes == 0)
                }
            }
        }
    }

    @Test func pagesOfTheLastBatchOutOfOrderAreATornTail() throws {
        let directory = try TemporaryDirectory()
        let segment = try Self.write(directory.path, count: 10, batch: 5)
        var bytes = try Data(contentsOf: segment)
        var first: [UInt8] = []
        for seq in 1...5 as ClosedRange<UInt64> {
            JournalRecord.append(Self.command(seq), back: 0, to: &first)
        }
        let sixth = 64 + first.count
        bytes.resetBytes(in: sixth..<sixth + 16)
        try bytes.write(to: segment)
        let (recovery, commands) = try Self.recovered(directory.path)
        #expect(commands.count == 5 && recovery.tornBytes > 0)
    }

    @Test func damageInTheMiddleIsRefusedAndNothingChanged() throws {
        let directory = try TemporaryDirectory()
        let segment = try Self.write(directory.path, count: 20, batch: 2)
        var bytes = try Data(contentsOf: segment)
        bytes[64 + 40] ^= 1
        try bytes.write(to: segment)
        let failure = #expect(throws: CommandFailure.self) { try Self.recovered(directory.path) }
        #expect(failure?.code == .internalError)
        #expect(failure?.message.contains("offset 64") == true)
        #expect(try Data(contentsOf: segment) == bytes)
    }

    @Test func aDamagedHeaderIsRefused() throws {
        let directory = try TemporaryDirectory()
        let segment = try Self.write(directory.path, count: 3, batch: 1)
        var bytes = try Data(contentsOf: segment)
        bytes[9] ^= 1
        try bytes.write(to: segment)
        #expect(throws: CommandFailure.self) { try Self.recovered(directory.path) }
    }

    /// A roll cut short between the segment's name and its header, however much of that was
    /// written: the segment goes, the one before goes on, rolls later, and may have a torn tail.
    @Test(arguments: [0, 1, 40, 63])
    func aRollThatWasCutShort(written: Int) throws {
        let directory = try TemporaryDirectory()
        let first = try Self.write(directory.path, count: 9, batch: 3)
        let unbegun = directory.path + "/00000000000000000010.slj"
        let header = try Data(contentsOf: first).prefix(written)
        try (header + Data(count: (1 << 16) - written)).write(
            to: URL(fileURLWithPath: unbegun))
        let found = try Self.recovered(directory.path).0
        #expect(found.lastSeq == 9 && found.segment == first.path && found.tornBytes == 0)
        #expect(!FileManager.default.fileExists(atPath: unbegun))
        _ = try Self.write(directory.path, count: 12, batch: 3)
        // Killed in the next append.
        let end = try Self.recovered(directory.path).0.offset
        var bytes = try Data(contentsOf: first)
        bytes.replaceSubrange(end..<end + 4, with: [64, 0, 0, 0])
        try bytes.write(to: first)
        #expect(try Self.recovered(directory.path).0.tornBytes > 0)
        _ = try Self.write(directory.path, count: 3_000, batch: 40)
        #expect(try Self.files(directory.path).count > 2)
        #expect(try Self.recovered(directory.path).1 == (1...3_000).map(Self.command))
    }

    /// Where the journal is corrupt, nothing is changed: not even such a segment.
    @Test func anUnbegunSegmentBehindDamageStays() throws {
        let directory = try TemporaryDirectory()
        let first = try Self.write(directory.path, count: 9, batch: 3)
        var bytes = try Data(contentsOf: first)
        bytes[64 + 40] ^= 1
        try bytes.write(to: first)
        try Data(count: 1 << 16).write(
            to: URL(fileURLWithPath: directory.path + "/00000000000000000010.slj"))
        try Self.expectRefusal(directory.path, "offset 64")
    }

    /// Files of a journal with their bytes.
    private static func files(_ directory: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where name.hasSuffix(".slj") {
            files[name] = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
        }
        return files
    }

    private static func expectRefusal(_ directory: String, _ text: String) throws {
        let before = try files(directory)
        let failure = #expect(throws: CommandFailure.self) { try recovered(directory) }
        #expect(failure?.code == .internalError)
        #expect(failure?.message.contains(text) == true, "\(failure?.message ?? "")")
        #expect(try files(directory) == before, "files unchanged")
    }

    /// A segment that another follows has no torn tail: its last batch was synced before the roll.
    @Test(arguments: [1, 8, 9, 40])
    func damageAtTheEndOfAnEarlierSegmentIsRefused(back: Int) throws {
        let directory = try TemporaryDirectory()
        let segment = try Self.write(directory.path, count: 3_000, batch: 40)
        var bytes = try Data(contentsOf: segment)
        guard let last = bytes.lastIndex(where: { $0 != 0 }) else { return }
        bytes[last - back] ^= 0x10
        try bytes.write(to: segment)
        try Self.expectRefusal(directory.path, "another segment follows")
    }

    @Test func aHoleInTheNumbersIsRefused() throws {
        let directory = try TemporaryDirectory()
        let segment = try Self.write(directory.path, count: 4, batch: 1)
        var bytes = try Data(contentsOf: segment)
        let end = try Self.recovered(directory.path).0.offset
        for seq in [6, 4, 1] as [UInt64] {
            var record: [UInt8] = []
            JournalRecord.append(Self.command(seq), back: 0, to: &record)
            bytes.resetBytes(in: end..<end + 200)
            bytes.replaceSubrange(end..<end + record.count, with: record)
            try bytes.write(to: segment)
            try Self.expectRefusal(directory.path, "seq \(seq) where 5 belongs")
        }
    }

    @Test func aMissingSegmentIsRefused() throws {
        let directory = try TemporaryDirectory()
        _ = try Self.write(directory.path, count: 3_000, batch: 40)
        let names = try Self.files(directory.path).keys.sorted()
        try FileManager.default.removeItem(atPath: directory.path + "/" + names[1])
        try Self.expectRefusal(directory.path, "expected")
    }

    /// A checksum that holds over an unknown kind: written by a later version, not torn.
    @Test func anUnknownKindIsRefused() throws {
        let directory = try TemporaryDirectory()
        let segment = try Self.write(directory.path, count: 2, batch: 1)
        var bytes = try Data(contentsOf: segment)
        let end = try Self.recovered(directory.path).0.offset
        var record: [UInt8] = []
        JournalRecord.append(Self.command(3), back: 0, to: &record)
        record[9] = 200
        let length = Int(record[0])
        let crc = CRC32C.checksum(
            Array(record[8..<8 + length]), seed: CRC32C.checksum(Array(record[0..<4])))
        record.replaceSubrange(4..<8, with: withUnsafeBytes(of: crc.littleEndian, Array.init))
        bytes.replaceSubrange(end..<end + record.count, with: record)
        try bytes.write(to: segment)
        try Self.expectRefusal(directory.path, "kind unknown")
    }

    /// Room that ends within a batch, at a roll, and comes back: nothing refused is ever found.
    @Test(arguments: [0, 1, 30, 100, 4_000])
    func noRoomIsRefusedAndPasses(allowed: Int) throws {
        let directory = try TemporaryDirectory()
        let room = Mutex(Int.max)
        let recovery = try Self.recovered(directory.path).0
        let writer = try JournalWriter(
            directory: directory.path, recovery: recovery, segmentBytes: 1 << 13,
            write: { descriptor, bytes, count, offset in
                let granted = room.withLock { left in
                    let granted = min(left, count)
                    left -= granted
                    return granted
                }
                if granted > 0 { return pwrite(descriptor, bytes, granted, off_t(offset)) }
                errno = ENOSPC
                return -1
            })
        var written: UInt64 = 0
        var refusals = 0
        for n in 1...60 {
            room.withLock { $0 = n % 3 == 0 ? allowed : Int.max }
            let count = UInt64(n % 7 + 1)
            let commands = (written + 1...written + count).map(Self.command)
            do throws(JournalWriteError) {
                try writer.append(commands[...])
                written += count
            } catch {
                guard case .full = error else { throw error }
                refusals += 1
                room.withLock { $0 = 0 }
                #expect(try writer.hasRoomAgain() == false)
                #expect(try Self.recovered(directory.path).0.lastSeq == written)
                room.withLock { $0 = .max }
                #expect(try writer.hasRoomAgain())
            }
        }
        #expect(refusals > 0 || allowed == 4_000)
        let (after, commands) = try Self.recovered(directory.path)
        #expect(after.tornBytes == 0)
        #expect(commands == (1...written).map(Self.command))
    }
}
