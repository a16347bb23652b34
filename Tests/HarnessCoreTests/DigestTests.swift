import HarnessCore
import Testing

@Suite struct DigestTests {
    @Test func knownChecksums() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([]) == 0)
        #expect(FNV1a64.hash("".utf8) == 0xCBF2_9CE4_8422_2325)
        #expect(FNV1a64.hash("a".utf8) == 0xAF63_DC4C_8601_EC8C)
        for text in ["", "a", "http_req_response_time", "Größe \u{1F600}"] {
            #expect(FNV1a64.hash(text: text) == FNV1a64.hash(text.utf8))
            #expect(FNV1a64.hash(text: text, from: 7) == FNV1a64.hash(text.utf8, from: 7))
        }
        #expect(
            Sha256.hex(Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    /// Slicing by eight against the bit-by-bit definition, over all lengths and split points.
    @Test func crcEqualsBitByBit() {
        var stream = SplitMix64(state: 3)
        let bytes = (0..<67).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
        for length in 0...bytes.count {
            let part = Array(bytes[..<length])
            let expected = Self.slow(part)
            #expect(CRC32C.checksum(part) == expected)
            let split = length / 3
            let seed = CRC32C.checksum(Array(part[..<split]))
            #expect(CRC32C.checksum(Array(part[split...]), seed: seed) == expected)
        }
    }

    private static func slow(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }

    @Test(arguments: [("", []), ("00ff", [0, 255]), ("A0", [160])] as [(String, [UInt8])])
    func hexReads(text: String, bytes: [UInt8]) {
        #expect(Hex.bytes(text) == bytes)
    }

    @Test(arguments: ["0", "0g", "zz", " 00"])
    func hexRefuses(text: String) {
        #expect(Hex.bytes(text) == nil)
    }
}
