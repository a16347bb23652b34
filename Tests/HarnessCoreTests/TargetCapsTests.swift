// The caps of `--targets`: refused before the start, and held while it runs.

import HarnessCore
import Testing

@Suite struct TargetCapsTests {
    private static func caps(
        rate: Double? = nil, agents: Int? = nil, bytes: UInt64? = nil, seconds: Int64 = 3_600
    ) -> TargetCaps {
        var caps = TargetCaps()
        caps.maxRate = rate
        caps.maxAgents = agents
        caps.maxBytes = bytes
        caps.maxDuration = .seconds(seconds)
        return caps
    }

    /// caps, peak, agents, seconds (0: endless) -> words of the objection.
    @Test(arguments: [
        (caps(), 1e6, 1_000, 3_600 as Int64, nil as String?),
        (caps(), 1, 1, 3_601, "1h0m1s are over maxDuration, 1h"), (caps(), 1, 1, 0, nil),
        (caps(rate: 5_000), 5_000, 1, 10, nil),
        (caps(rate: 5_000), 5_000.5, 1, 10, "5000.5 iterations/s is over maxRate, 5000/s"),
        (caps(agents: 2), 1, 2, 10, nil),
        (caps(agents: 2), 1, 3, 10, "3 agents are over maxAgents"),
        (caps(seconds: 10), 1, 1, 11, "11s are over maxDuration, 10s"),
    ])
    func beforeTheStart(
        caps: TargetCaps, peak: Double, agents: Int, seconds: Int64, words: String?
    ) {
        let objection = caps.objection(
            peak: peak, agents: agents, duration: seconds == 0 ? nil : .seconds(seconds))
        #expect((objection == nil) == (words == nil), "\(objection ?? "")")
        if let words { #expect(objection?.contains(words) == true, "\(objection ?? "")") }
    }

    @Test func bytesAndTime() {
        var meter = CapMeter(Self.caps(bytes: 1_000, seconds: 10), share: 0.5)
        #expect(meter.note(windows: 1, requests: 5, bytes: 499) == nil)
        #expect(meter.note(windows: 2, requests: 5, bytes: 500) == "maxBytes is reached")
        #expect(meter.note(windows: 9, requests: 5, bytes: 0) == nil)
        #expect(meter.note(windows: 10, requests: 5, bytes: 0) == "maxDuration is reached")
    }

    /// (seconds, requests in each) -> the window at which the rate is too much; 0: never.
    private static let runs: [([(Int, Int)], Int)] = [
        ([(60, 100)], 0),
        // A burst that the next seconds make good.
        ([(1, 300), (20, 50)], 0),
        ([(10, 0), (1, 400), (5, 0)], 0),
        ([(10, 100), (10, 200)], 12),
        ([(10, 200)], 5),
    ]

    @Test(arguments: runs.indices)
    func rate(run: Int) {
        let (spans, stopsAt) = Self.runs[run]
        let requests = spans.flatMap { [Int](repeating: $0.1, count: $0.0) }
        var meter = CapMeter(Self.caps(rate: 200), share: 0.5)
        var sum: UInt64 = 0
        var stopped = 0
        for (i, count) in requests.enumerated() {
            sum += UInt64(count)
            if meter.note(windows: i + 1, requests: sum, bytes: 0) != nil, stopped == 0 {
                stopped = i + 1
            }
        }
        #expect(stopped == stopsAt)
    }

    /// A cutter that was frozen tells of many seconds at once.
    @Test func frozenCutter() {
        var meter = CapMeter(Self.caps(rate: 100), share: 1)
        #expect(meter.note(windows: 1, requests: 100, bytes: 0) == nil)
        #expect(meter.note(windows: 9, requests: 900, bytes: 0) == nil)
        #expect(meter.note(windows: 10, requests: 1_000, bytes: 0) == nil)
        #expect(meter.note(windows: 18, requests: 3_000, bytes: 0) == "maxRate is exceeded")
    }
}
