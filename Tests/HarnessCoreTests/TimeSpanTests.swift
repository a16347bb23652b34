import HarnessCore
import Testing

@Suite struct TimeSpanTests {
    @Test(arguments: [
        ("0", 0), ("250", 250_000_000), ("1.5", 1_500_000), ("250ms", 250_000_000),
        ("1s", 1_000_000_000), ("0.3s", 300_000_000), ("1m40s", 100_000_000_000),
        ("1h2m3.5s", 3_723_500_000_000), ("1d12h3m4.5s500ms", 129_785_000_000_000),
        ("10us", 10_000), ("10µs", 10_000), ("7ns", 7), (".5s", 500_000_000),
        ("-2s", -2_000_000_000),
    ])
    func readsDurations(text: String, ns: Int64) {
        #expect(TimeSpan(text: text)?.ns == ns)
    }

    @Test(arguments: [
        "", "-", "s", "1x", "1s2", "1.s", "1..5s", "1 s", "1e3", "+1s", "99999999999999999999s",
        "9223372036854775808", "1s1", "ten",
    ])
    func refusesOtherText(text: String) {
        #expect(TimeSpan(text: text) == nil)
    }

    @Test(arguments: [
        (0, "0s"), (1, "1ns"), (1_500, "1.5µs"), (250_000_000, "250ms"), (1_500_000_000, "1.5s"),
        (100_000_000_000, "1m40s"), (600_000_000_000, "10m0s"), (7_200_000_000_000, "2h0m0s"),
        (-3_000_000_000, "-3s"), (60_050_000_000, "1m0.05s"),
    ])
    func writesGoDurations(ns: Int64, text: String) {
        #expect(TimeSpan(ns: ns).goText == text)
    }

    @Test(arguments: [(0, 0), (1, 1), (1_000_000, 1), (1_000_001, 2), (-5, 0)])
    func pollRoundsUp(ns: Int64, milliseconds: Int32) {
        #expect(TimeSpan(ns: ns).pollMilliseconds == milliseconds)
    }

    @Test func wallClockLabels() {
        let ns: Int64 = 1_798_848_900_250_000_000
        #expect(WallClock.compactUTC(unixNs: ns) == "20270102T001500Z")
        #expect(WallClock.iso8601(unixNs: ns) == "2027-01-02T00:15:00Z")
        #expect(RunID.make(unixNs: ns, random: 0x7C1E) == "20270102T001500Z-7c1e")
    }
}
