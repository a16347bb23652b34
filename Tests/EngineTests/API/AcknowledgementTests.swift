// The bytes of an ACK against the same text by interpolation.

import HarnessCore
import Testing

@testable import Engine

@Suite struct AcknowledgementTests {
    private static func text(_ symbol: String, _ id: InlineText, _ ns: UInt64) -> String {
        String(
            decoding: Acknowledgement.json(symbol: symbol, clientOrderID: id, receivedNs: ns),
            as: UTF8.self)
    }

    @Test func known() {
        #expect(
            Self.text("BTCUSDT", "q1.7", 1_507_725_176_595_999_999)
                == #"{"symbol":"BTCUSDT","orderId":-1,"orderListId":-1,"clientOrderId":"q1.7","#
                + #""transactTime":1507725176595}"#)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func asInterpolated(seed: UInt64) throws {
        var rng = SplitMix64(state: seed)
        let letters = Array("abzAZ019_.:/-".utf8)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...39, using: &rng)
            let id = try #require(
                InlineText((0..<count).map { _ in letters.randomElement(using: &rng) ?? 48 }))
            let symbol = String(repeating: "S", count: Int.random(in: 1...40, using: &rng))
            let ns =
                UInt64.random(in: 0 ... .max, using: &rng) >> UInt64.random(in: 0..<64, using: &rng)
            #expect(
                Self.text(symbol, id, ns)
                    == "{\"symbol\":\"\(symbol)\",\"orderId\":-1,\"orderListId\":-1,"
                    + "\"clientOrderId\":\"\(id)\",\"transactTime\":\(ns / 1_000_000)}")
        }
    }
}

@Suite struct DurationHistogramTests {
    /// Each span falls in the first bucket that is not below it; the finer ones come first.
    @Test(
        arguments: [
            (31_250, 1, 1), (31_251, 0, 1), (500_000, 0, 1), (500_001, 0, 0), (-5, 1, 1),
        ] as [(Int64, UInt64, UInt64)])
    func buckets(ns: Int64, lowest: UInt64, halfMillisecond: UInt64) {
        let histogram = DurationHistogram(finer: 4)
        histogram.record(.nanoseconds(ns))
        let text = histogram.exposition("x")
        #expect(text.contains("x_bucket{le=\"3.125e-05\"} \(lowest)\n"))
        #expect(text.contains("x_bucket{le=\"0.0005\"} \(halfMillisecond)\n"))
        #expect(text.contains("x_bucket{le=\"8.192\"} 1\n") && text.contains("x_count 1\n"))
        #expect(histogram.count == 1)
    }

    @Test func theUsualBounds() {
        let histogram = DurationHistogram()
        histogram.record(.seconds(9))
        let lines = histogram.exposition("x", label: "route=\"/a\"").split(separator: "\n")
        #expect(lines.count == 18 && lines[0] == "x_bucket{route=\"/a\",le=\"0.0005\"} 0")
        #expect(lines[14] == "x_bucket{route=\"/a\",le=\"8.192\"} 0")
        #expect(lines[15] == "x_bucket{route=\"/a\",le=\"+Inf\"} 1")
    }
}
