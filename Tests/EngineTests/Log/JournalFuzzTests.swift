// Seeded mutations of journal and snapshot bytes. Of a journal: no crash, every command that is
// read is the one that was written, and a durable record is never lost in silence. Of a snapshot:
// refused or a sound matcher, never a crash, also where the checksums are made to fit.
//
// 20,000 in the suite; SPOTLOAD_MUTATIONS asks for more (`make test-long`).

import Engine
import Foundation
import Glibc
import HarnessCore
import TestSupport
import Testing

@Suite(.serialized) struct JournalFuzzTests {
    private static let count =
        ProcessInfo.processInfo.environment["SPOTLOAD_MUTATIONS"].flatMap { Int($0) } ?? 20_000

    /// Cuts, flips, runs, splices, false numbers, zeroed tails; keeps the length.
    static func mutate(_ bytes: inout [UInt8], in range: Range<Int>, _ rng: inout SplitMix64) {
        for _ in 0...Draw.below(rng.next(), 3) {
            let at = range.lowerBound + Int(Draw.below(rng.next(), UInt64(range.count)))
            let length = min(
                range.upperBound - at, Int(Draw.below(rng.next(), 96)) + 1)
            switch Draw.below(rng.next(), 6) {
            case 0: bytes[at] ^= 1 << UInt8(Draw.below(rng.next(), 8))
            case 1: bytes[at] = UInt8(truncatingIfNeeded: rng.next())
            case 2: for i in at..<at + length { bytes[i] = 0 }
            case 3: for i in at..<range.upperBound { bytes[i] = 0 }
            case 4:
                let from =
                    range.lowerBound + Int(Draw.below(rng.next(), UInt64(range.count - length + 1)))
                let piece = Array(bytes[from..<from + length])
                bytes.replaceSubrange(at..<at + length, with: piece)
            default:
                let number = (UInt64(1) << Draw.below(rng.next(), 64)) &- Draw.below(rng.next(), 2)
                let field = withUnsafeBytes(of: number.littleEndian, Array.init)
                for (i, byte) in field.enumerated() where at + i < range.upperBound {
                    bytes[at + i] = byte
                }
            }
        }
    }

    private struct Sample {
        var bytes: [UInt8]
        var commands: [Command]
        /// Where each record begins and ends, and the first seq of its batch.
        var records: [(range: Range<Int>, batch: UInt64)]
        var end: Int { records.last?.range.upperBound ?? 64 }
    }

    /// A segment of batches of 1 to 5 commands.
    private static func sample(_ seed: UInt64) throws -> Sample {
        let directory = try TemporaryDirectory()
        let recovery = try JournalReader.recover(directory: directory.path) { _ in }
        let writer = try JournalWriter(
            directory: directory.path, recovery: recovery, segmentBytes: 1 << 12)
        var flow = LogFlow(seed: seed)
        var commands: [Command] = []
        var records: [(range: Range<Int>, batch: UInt64)] = []
        var offset = 64
        while offset < 2_600 {
            let batch = flow.commands(Int(Draw.below(flow.rng.next(), 5)) + 1)
            try writer.append(batch[...])
            for (i, command) in batch.enumerated() {
                var record: [UInt8] = []
                JournalRecord.append(command, back: UInt16(i), to: &record)
                records.append((offset..<offset + record.count, batch[0].seq))
                offset += record.count
            }
            commands += batch
        }
        let path = directory.path + "/00000000000000000001.slj"
        return Sample(
            bytes: Array(try Data(contentsOf: URL(fileURLWithPath: path))), commands: commands,
            records: records)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        try #require(pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func journals() throws {
        // Memory instead of a disk where there is one: 20,000 files are written and synced.
        let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
        let directory = folder + "/spotload-fuzz-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        // What is left of it is swept with the folder.
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/00000000000000000001.slj"
        let samples = try (1...8 as ClosedRange<UInt64>).map { try Self.sample($0) }
        var (refused, torn, whole) = (0, 0, 0)
        for i in 0..<Self.count {
            var rng = SplitMix64(state: SplitMix64.fold(20_261_127, UInt64(i)))
            let sample = samples[i % samples.count]
            var bytes = sample.bytes
            Self.mutate(&bytes, in: 0..<sample.end, &rng)
            try Self.write(bytes, to: path)
            var commands: [Command] = []
            do {
                _ = try JournalReader.recover(directory: directory) { commands.append($0) }
            } catch {
                refused += 1
                #expect(error.code == .internalError && error.message.contains(path))
                let after = try Self.read(path)
                try #require(after == bytes, "mutation \(i): refused, yet changed")
                continue
            }
            try Self.check(i, sample, bytes, commands)
            if commands.count < sample.commands.count { torn += 1 } else { whole += 1 }
        }
        // All three happen, or the fuzzer tests nothing.
        #expect(refused > Self.count / 10 && torn > Self.count / 50 && whole > 0)
    }

    /// What was read is what was written; what was not read had nothing valid of a later batch.
    private static func check(
        _ i: Int, _ sample: Sample, _ bytes: [UInt8], _ commands: [Command]
    ) throws {
        try #require(
            commands == Array(sample.commands.prefix(commands.count)), "mutation \(i)")
        let lost = commands.count
        guard lost < sample.commands.count else { return }
        let expected = sample.commands[lost].seq
        for (n, record) in sample.records.enumerated() where n > lost && record.batch > expected {
            let isWhole = bytes[record.range] == sample.bytes[record.range]
            try #require(
                !isWhole, "mutation \(i): seq \(sample.commands[n].seq) stood, \(expected) was lost"
            )
        }
    }

    @Test func snapshots() throws {
        var refused = 0
        for i in 0..<Self.count {
            var rng = SplitMix64(state: SplitMix64.fold(20_261_128, UInt64(i)))
            let sample = Self.snapshots[i % Self.snapshots.count]
            var bytes = sample
            Self.mutate(&bytes, in: 0..<bytes.count, &rng)
            // Half of them with checksums that fit, so that the damage gets further in.
            if i % 2 == 0 { Self.seal(&bytes) }
            let matcher = bytes.withUnsafeBytes { raw -> Matcher? in
                do throws(SnapshotError) {
                    return try SnapshotFile.read(raw, options: MatcherOptions()).matcher
                } catch {
                    return nil
                }
            }
            guard let matcher else {
                refused += 1
                continue
            }
            try #require(matcher.firstBrokenInvariant() == nil, "mutation \(i)")
        }
        #expect(refused > Self.count / 2)
    }

    private static let snapshots: [[UInt8]] = (1...6 as ClosedRange<UInt64>).map { n in
        var flow = LogFlow(seed: n)
        guard let market = try? LogFlow.market() else { return [] }
        let matcher = Matcher(market: market)
        var effects = Effects()
        for command in flow.commands(40) { _ = matcher.apply(command, effects: &effects) }
        return SnapshotFile.bytes(matcher, position: LogPosition(segment: 1, offset: 64))
    }

    /// Checksums of header and sections as far as their lengths lead.
    private static func seal(_ bytes: inout [UInt8]) {
        func put(_ value: UInt32, _ at: Int) {
            bytes.replaceSubrange(
                at..<at + 4, with: withUnsafeBytes(of: value.littleEndian, Array.init))
        }
        put(CRC32C.checksum(Array(bytes[..<60])), 60)
        var offset = 64
        while offset + 16 <= bytes.count {
            let size = bytes.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self).littleEndian
            }
            guard size <= UInt64(bytes.count - offset - 16) else { return }
            let head = Array(bytes[offset..<offset + 4] + bytes[offset + 8..<offset + 16])
            let payload = Array(bytes[offset + 16..<offset + 16 + Int(size)])
            put(CRC32C.checksum(payload, seed: CRC32C.checksum(head)), offset + 4)
            offset += 16 + (Int(size) + 7) & ~7
        }
    }
}
