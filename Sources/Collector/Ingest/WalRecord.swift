// Records of the collector's write-ahead log (fleet.md section 2), little-endian:
//
//   u32 payload length | u32 CRC-32C of (type, payload) | u8 type | payload
//
//   1 header {run, specSha256, token, afterFailure}   JSON; first of every segment
//   2 delta  u32 slot | u64 epoch | u64 seq | the entry's bytes as they came, good or bad
//   3 slot event, 4 plan, 5 end                        JSON
//
// Changing the layout changes the test of its bytes.

import Foundation
import HarnessCore

package enum WalRecord: Sendable, Equatable {
    package struct Header: Codable, Sendable, Equatable {
        package var run: String
        package var specSha256: String
        package var token: UInt64
        /// The segment before this one ends where its last sync was good.
        package var afterFailure: Bool
        package init(run: String, specSha256: String, token: UInt64, afterFailure: Bool = false) {
            self.run = run
            self.specSha256 = specSha256
            self.token = token
            self.afterFailure = afterFailure
        }
    }
    package struct SlotEvent: Codable, Sendable, Equatable {
        package var slot: Int
        package var epoch: UInt64
        /// `seated`, `lost`, `left`.
        package var event: String
        package var agent: String
        package init(slot: Int, epoch: UInt64, event: String, agent: String) {
            self.slot = slot
            self.epoch = epoch
            self.event = event
            self.agent = agent
        }
    }

    case header(Header)
    case delta(slot: UInt32, epoch: UInt64, seq: UInt64, bytes: [UInt8])
    case slotEvent(SlotEvent)
    /// The plan's JSON.
    case plan([UInt8])
    case end

    static let prefixBytes = 9
    /// Longest payload: an entry over its limit is kept too, up to what Redis may send.
    static let payloadMax = Limits.redisReplyBytes

    private var type: UInt8 {
        switch self {
        case .header: 1
        case .delta: 2
        case .slotEvent: 3
        case .plan: 4
        case .end: 5
        }
    }

    private var payload: [UInt8] {
        switch self {
        case .header(let header): Self.json(header)
        case .delta(let slot, let epoch, let seq, let bytes):
            Self.bytes(slot) + Self.bytes(epoch) + Self.bytes(seq) + bytes
        case .slotEvent(let event): Self.json(event)
        case .plan(let json): json
        case .end: Array("{}".utf8)
        }
    }

    package var encoded: [UInt8] {
        let payload = payload
        let checksum = CRC32C.checksum(payload, seed: CRC32C.checksum([type]))
        return Self.bytes(UInt32(payload.count)) + Self.bytes(checksum) + [type] + payload
    }

    /// The record at `offset` and where the next one begins; nil where there is no whole, intact
    /// one.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) -> (record: WalRecord, next: Int)? {
        guard offset >= 0, bytes.count - offset >= prefixBytes else { return nil }
        let length = Int(
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        let checksum = UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        let type = bytes[offset + 8]
        guard (1...5).contains(type), length >= 1, length <= payloadMax,
            length <= bytes.count - offset - prefixBytes
        else { return nil }
        let end = offset + prefixBytes + length
        guard
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[(offset + 8)..<end])) == checksum
        else { return nil }
        let payload = Array(bytes[(offset + prefixBytes)..<end])
        guard let record = record(type, payload) else { return nil }
        return (record, end)
    }

    private static func record(_ type: UInt8, _ payload: [UInt8]) -> WalRecord? {
        // Losing the decoder's error is right: a record that is whole but says nothing we know is
        // reported as damaged, with its place.
        switch type {
        case 1:
            return (try? JSONDecoder().decode(Header.self, from: Data(payload))).map { .header($0) }
        case 2:
            guard payload.count >= 20 else { return nil }
            return payload.withUnsafeBytes { raw in
                .delta(
                    slot: UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)),
                    epoch: UInt64(
                        littleEndian: raw.loadUnaligned(fromByteOffset: 4, as: UInt64.self)),
                    seq: UInt64(
                        littleEndian: raw.loadUnaligned(fromByteOffset: 12, as: UInt64.self)),
                    bytes: Array(raw[20...]))
            }
        case 3:
            return (try? JSONDecoder().decode(SlotEvent.self, from: Data(payload)))
                .map { .slotEvent($0) }
        case 4: return .plan(payload)
        default: return .end
        }
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(value))
        } catch {
            preconditionFailure("integers and strings encode: \(error)")
        }
    }
}
