// The write-ahead log: bytes, round trips, torn ends at every byte, damage in the middle.

import Collector
import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct IngestLogTests {
    private static let header = WalRecord.Header(run: "r", specSha256: "ab", token: 3)

    private static let records: [WalRecord] = [
        .plan(Array("{\"rev\":1}".utf8)),
        .delta(slot: 0, epoch: 1, seq: 1, bytes: [1, 2, 3]),
        .slotEvent(.init(slot: 0, epoch: 1, event: "lost", agent: "a")),
        .delta(slot: 7, epoch: 2, seq: .max, bytes: []),
        .end,
    ]

    @Test func layoutOfADelta() {
        let bytes = WalRecord.delta(slot: 1, epoch: 2, seq: 3, bytes: [0xAA]).encoded
        let payload: [UInt8] =
            [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0xAA]
        #expect(Array(bytes[0..<4]) == [21, 0, 0, 0])
        let crc = CRC32C.checksum([2] + payload)
        #expect(Array(bytes[4..<8]) == withUnsafeBytes(of: crc.littleEndian) { Array($0) })
        #expect(Array(bytes[8...]) == [2] + payload)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a/wal"
        do {
            let log = try WriteAheadLog(directory: path, header: Self.header)
            for record in Self.records {
                log.append(record)
                try log.commit()
            }
        }
        let contents = try WalReader.read(directory: path)
        #expect(contents.records == [.header(Self.header)] + Self.records)
        #expect(contents.tornBytes == 0)
    }

    @Test func segmentsRollAndEachBeginsWithAHeader() throws {
        let directory = try TemporaryDirectory()
        var expected: [WalRecord] = []
        do {
            let log = try WriteAheadLog(
                directory: directory.path, header: Self.header, segmentBytes: 300)
            for seq in 1...40 {
                let record = WalRecord.delta(
                    slot: 0, epoch: 1, seq: UInt64(seq), bytes: Array(repeating: 9, count: 40))
                log.append(record)
                try log.commit()
                expected.append(record)
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(names.count > 5)
        #expect(names.first == "000001.wal")
        let records = try WalReader.read(directory: directory.path).records
        #expect(records.filter { $0 == .header(Self.header) }.count == names.count)
        #expect(records.filter { $0 != .header(Self.header) } == expected)
    }

    @Test func aRestartBeginsANewSegment() throws {
        let directory = try TemporaryDirectory()
        for seq in 1...3 {
            let log = try WriteAheadLog(directory: directory.path, header: Self.header)
            log.append(.delta(slot: 0, epoch: 1, seq: UInt64(seq), bytes: []))
            try log.commit()
        }
        let seqs = try WalReader.read(directory: directory.path).records.compactMap { record in
            if case .delta(_, _, let seq, _) = record { seq } else { nil }
        }
        #expect(seqs == [1, 2, 3])
    }

    private static var whole: (bytes: [UInt8], ends: [Int]) {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for record in [.header(header)] + records {
            bytes += record.encoded
            ends.append(bytes.count)
        }
        return (bytes, ends)
    }

    @Test func tornAtEveryByte() throws {
        let (bytes, ends) = Self.whole
        for cut in 0...bytes.count {
            let (read, end) = try WalReader.read(Array(bytes.prefix(cut)), name: "t")
            let complete = ends.filter { $0 <= cut }
            #expect(read.count == complete.count, "cut at \(cut)")
            #expect(end == complete.last ?? 0, "cut at \(cut)")
        }
    }

    @Test func zerosBehindTheEndAreATornEnd() throws {
        let (bytes, _) = Self.whole
        let (read, end) = try WalReader.read(
            bytes + [UInt8](repeating: 0, count: 100), name: "t")
        #expect(read.count == Self.records.count + 1)
        #expect(end == bytes.count)
    }

    @Test func everyFlippedBitBeforeTheLastRecordIsRefused() throws {
        let (bytes, ends) = Self.whole
        for place in 0..<ends[ends.count - 2] {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            #expect(throws: WalDamage.self, "byte \(place)") {
                try WalReader.read(damaged, name: "t")
            }
        }
    }

    @Test func damageInTheLastRecordIsATornEnd() throws {
        let (bytes, ends) = Self.whole
        var damaged = bytes
        damaged[bytes.count - 1] ^= 1
        let (read, end) = try WalReader.read(damaged, name: "t")
        #expect(read.count == Self.records.count)
        #expect(end == ends[ends.count - 2])
    }

    @Test func aTornSegmentInTheMiddleNeedsAKnownFailure() throws {
        let directory = try TemporaryDirectory()
        func segment(_ number: Int, _ records: [WalRecord], torn: Int = 0) throws {
            let bytes = records.flatMap(\.encoded).dropLast(torn)
            let url = directory.url.appendingPathComponent("00000\(number).wal")
            try Data(bytes).write(to: url)
        }
        var after = Self.header
        after.afterFailure = true
        try segment(1, [.header(Self.header), Self.records[1]], torn: 2)
        try segment(2, [.header(Self.header), Self.records[1]])
        #expect(throws: WalDamage.self) { try WalReader.read(directory: directory.path) }
        try segment(2, [.header(after), Self.records[1]])
        let contents = try WalReader.read(directory: directory.path)
        #expect(contents.records.count == 3)
        #expect(contents.tornBytes > 0)
        try segment(2, [Self.records[1]])
        #expect(throws: WalDamage.self) { try WalReader.read(directory: directory.path) }
    }

    @Test func aMissingDirectoryIsAnEmptyLog() throws {
        #expect(try WalReader.read(directory: "/nonexistent/wal").records.isEmpty)
    }
}
