// The clock mapping and the start lead, on made-up samples; and what a Redis server must be.

import Collector
import HarnessCore
import ScenarioModel
import Testing

@Suite struct CoordinateClockTests {
    private static func sample(
        at ms: Int64, rtt: Int64, offsetUs: Int64, skewUs: Int64 = 0
    ) -> ClockSample {
        let sentAt = Instant(ns: ms * 1_000_000)
        let receivedAt = sentAt + .microseconds(rtt)
        let server = sentAt.ns / 1_000 + rtt / 2 + offsetUs + skewUs
        return ClockSample(sentAt: sentAt, receivedAt: receivedAt, serverUs: server)
    }

    @Test func offsetAndErrorOfASample() {
        let sample = Self.sample(at: 5_000, rtt: 400, offsetUs: 1_000_000)
        #expect(sample.rttUs == 400)
        #expect(sample.mapping.offsetUs == 1_000_000)
        #expect(sample.mapping.errorUs == 200)
    }

    @Test func mappingGoesBothWays() {
        let mapping = ClockMapping(offsetNs: 1_700_000_000_123_456_000, errorNs: 10)
        let instant = Instant(ns: 77_000_000_000)
        #expect(mapping.instant(serverUs: mapping.serverUs(at: instant)) == instant)
    }

    @Test func theLeastRoundTripOfAMinuteCounts() {
        var samples = ClockSamples()
        #expect(samples.best == nil)
        samples.add(Self.sample(at: 0, rtt: 100, offsetUs: 10))
        samples.add(Self.sample(at: 1_000, rtt: 900, offsetUs: 20))
        #expect(samples.best?.mapping.offsetUs == 10)
        samples.add(Self.sample(at: 61_000, rtt: 500, offsetUs: 30))
        #expect(samples.best?.mapping.offsetUs == 30, "the first is too old")
        samples.clear()
        #expect(samples.best == nil)
    }

    /// Whatever the delays of the two ways, the true offset lies within the error.
    @Test func theErrorIsABound() {
        var random = SplitMix64(state: 5)
        for _ in 0..<10_000 {
            let there = Int64(random.next() % 200_000)
            let back = Int64(random.next() % 200_000)
            let trueOffset = Int64(random.next() % 2_000_000) - 1_000_000
            let sentAt = Instant(ns: Int64(random.next() % 1_000_000) * 1_000)
            let sample = ClockSample(
                sentAt: sentAt, receivedAt: sentAt + .microseconds(there + back),
                serverUs: sentAt.ns / 1_000 + there + trueOffset)
            #expect(abs(sample.mapping.offsetUs - trueOffset) <= sample.mapping.errorUs + 1)
        }
    }

    @Test func startLeads() {
        var scenario = Synthetic.scenario([], seconds: 10)
        #expect(
            FleetTimings(scenario: scenario).startLead(worstRttUs: 100) == .milliseconds(2_000)
                + .microseconds(500))
        scenario.fleet.heartbeat = .milliseconds(100)
        #expect(FleetTimings(scenario: scenario).startLead(worstRttUs: 100) == .seconds(2))
        #expect(
            FleetTimings(scenario: scenario).startLead(worstRttUs: 1_000_000)
                == .milliseconds(5_200))
    }

    @Test func theEndCoversEveryGracefulStop() {
        var scenario = Synthetic.scenario([], seconds: 10)
        scenario.workloads[0].startTime = .milliseconds(500)
        scenario.workloads[0].gracefulStop = .seconds(3)
        let timings = FleetTimings(scenario: scenario)
        #expect(timings.scheduleEnd == .milliseconds(10_500))
        #expect(timings.endWindow == 14)
    }

    @Test func anEndlessScenarioDoesNotEndTheRun() {
        var scenario = Synthetic.scenario([], seconds: 10)
        scenario.workloads[0].executor = .externallyControlled(
            ExternallyControlled(maxVUs: 5, duration: .zero))
        #expect(FleetTimings(scenario: scenario).scheduleEnd.ns == Limits.durationNs)
        #expect(FleetTimings(scenario: scenario).endWindow > 366 * 86_400)
        #expect(RunAggregate(scenario: scenario).throughputEnd.ns == Limits.durationNs)
    }

    static let servers: [([String: String], String?)] = [
        (["redis_version": "7.0.15", "role": "master", "cluster_enabled": "0"], nil),
        (["redis_version": "6.2.1"], "version 6.2.1"),
        ([:], "version unknown"),
        (["cluster_enabled": "1"], "cluster-enabled no"),
        (["role": "slave"], "is a slave"),
        (["maxmemory_policy": "allkeys-lru"], "maxmemory-policy is allkeys-lru"),
    ]

    @Test(arguments: servers.indices)
    func requirements(row: Int) {
        let (fields, objection) = Self.servers[row]
        var info = ["redis_version": "7.2.0", "maxmemory_policy": "noeviction"]
        if fields.isEmpty { info = [:] }
        info.merge(fields) { $1 }
        let found = RedisRequirements.objection(info)
        if let objection {
            #expect(found?.contains(objection) == true)
        } else {
            #expect(found == nil)
        }
    }
}
