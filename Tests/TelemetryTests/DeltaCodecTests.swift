import HarnessCore
import Telemetry
import Testing

@Suite struct DeltaCodecTests {
    /// The known answer of fleet.md section 3.
    private static var known: Delta {
        var counters = RunCounters()
        counters.scheduled = 3
        counters.started = 3
        counters.completed = 3
        counters.transfersStarted = 3
        counters.transfersEnded = 3
        counters.bytesSent = 900
        counters.bytesReceived = 1_200
        counters.samples = 3
        return Delta(
            flags: .final, runTag: Delta.runTag(of: "20260101T000000Z-00aa"), slot: 7, epoch: 2,
            seq: 1, fromWindow: 0, toWindow: 1, planRev: 1, cutAtUs: 1_000_250, counters: counters,
            series: [
                SeriesDelta(key: SeriesKey("iterations"), value: .counter(delta: 3, cum: 3)),
                SeriesDelta(
                    key: SeriesKey("http_req_duration"),
                    value: .histogram(histogram([1_000_000, 1_000_000, 2_500_000], over: [1]))),
            ])
    }

    private static func histogram(_ values: [UInt64], over: [UInt64] = []) -> HistogramDelta {
        var counts: [Int: UInt64] = [:]
        for value in values { counts[HistogramLayout.index(value), default: 0] += 1 }
        let n = UInt64(values.count)
        return HistogramDelta(
            count: n, cum: n, min: values.min() ?? 0, max: values.max() ?? 0,
            sum: values.reduce(0, +), over: over,
            buckets: counts.sorted { $0.key < $1.key }.map {
                .init(index: UInt32($0.key), count: $0.value)
            })
    }

    @Test func knownAnswer() throws {
        let bytes = try DeltaCodec.encode(Self.known)
        #expect(bytes.count == 236)
        #expect(Hex.text(bytes[4..<12]) == "3be1c46cab0a0ef3")
        #expect(
            Hex.text(bytes[176..<232])
                == "0a697465726174696f6e7301030311687474705f7265715f6475726174696f6e"
                + "03010303c0843da0cb9801a0d49202010102a10f02a20a01")
        #expect(Hex.text(bytes[232...]) == "feffed63")
        #expect(try DeltaCodec.decode(bytes) == Self.known)
    }

    private static func random(_ rng: inout SplitMix64) -> Delta {
        var delta = known
        delta.flags = Draw.below(rng.next(), 2) == 0 ? [] : .coalesced
        delta.seq = Draw.below(rng.next(), 1 << 40) + 1
        delta.series = (0..<Draw.below(rng.next(), 12)).map { i in
            let key = SeriesKey("m\(i)", ["name": "a \"quoted\" \\ \(i)", "scenario": "é,{}="])
            switch Draw.below(rng.next(), 3) {
            case 0:
                return SeriesDelta(key: key, value: .counter(delta: rng.next(), cum: rng.next()))
            case 1:
                let value = Int64(bitPattern: rng.next())
                return SeriesDelta(
                    key: key,
                    value: .gauge(GaugeDelta(n: 2, last: value, min: .min, max: .max, sum: -1)))
            default:
                let values = (0..<Draw.below(rng.next(), 400)).map { _ in
                    Draw.below(rng.next(), 1 << Draw.below(rng.next(), 42))
                }
                return SeriesDelta(key: key, value: .histogram(histogram(values, over: [7, 0])))
            }
        }
        return delta
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomDeltasRoundTrip(seed: UInt64) throws {
        var rng = SplitMix64(state: seed)
        for _ in 0..<100 {
            let delta = Self.random(&rng)
            #expect(try DeltaCodec.decode(DeltaCodec.encode(delta)) == delta, "seed \(seed)")
        }
    }

    /// Mutated bytes with a repaired checksum: a typed error or a delta, never a trap.
    @Test(arguments: [11, 12] as [UInt64])
    func hostileBytesNeverTrap(seed: UInt64) throws {
        var rng = SplitMix64(state: seed)
        var refused = 0
        for _ in 0..<4_000 {
            var bytes = try DeltaCodec.encode(Self.random(&rng))
            for _ in 0...Draw.below(rng.next(), 4) {
                let at = Int(Draw.below(rng.next(), UInt64(bytes.count)))
                switch Draw.below(rng.next(), 3) {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: rng.next())
                case 1: bytes.remove(at: at)
                default: bytes.insert(UInt8(truncatingIfNeeded: rng.next()), at: at)
                }
            }
            if bytes.count > 4 {
                let crc = CRC32C.checksum(Array(bytes.dropLast(4)))
                bytes.replaceSubrange(
                    (bytes.count - 4)..., with: withUnsafeBytes(of: crc, Array.init))
            }
            do { _ = try DeltaCodec.decode(bytes) } catch { refused += 1 }
        }
        #expect(refused > 1_000, "seed \(seed)")
    }

    @Test func damageIsNoticed() throws {
        let bytes = try DeltaCodec.encode(Self.known)
        for i in bytes.indices {
            var damaged = bytes
            damaged[i] ^= 1
            #expect(throws: DeltaError.self) { try DeltaCodec.decode(damaged) }
        }
        for length in 0..<bytes.count {
            #expect(throws: DeltaError.self) { try DeltaCodec.decode(Array(bytes[..<length])) }
        }
    }

    @Test func limitsAreEnforced() {
        var long = Self.known
        long.series = [
            SeriesDelta(
                key: SeriesKey(String(repeating: "k", count: 513)),
                value: .counter(delta: 1, cum: 1))
        ]
        #expect(throws: DeltaError.self) { try DeltaCodec.encode(long) }
    }

    @Test(arguments: [
        ("a", "a"), (#"a{b="c"}"#, #"a{b="c"}"#), (#"a{b="\"",c="\\"}"#, #"a{b="\"",c="\\"}"#),
    ])
    func keysRoundTrip(text: String, expected: String) {
        #expect(SeriesKey(text: text)?.text == expected)
    }

    @Test(arguments: [
        "", "{", "a{", "a{}", #"a{b}"#, #"a{b="c"}x"#, #"a{c="1",b="2"}"#, #"a{b="1",b="2"}"#,
        #"{b="c"}"#, #"a{b="c",}"#, #"a{b="c}"#,
    ])
    func malformedKeysAreRefused(text: String) {
        #expect(SeriesKey(text: text) == nil)
    }
}
