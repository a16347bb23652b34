// The sampler over files of a made-up machine, on the real one, and through a real plane.

import Foundation
import HarnessCore
import ScenarioModel
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import LoadGen

@Suite struct HealthSamplerTests {
    /// A `/proc` and a `/sys/fs/cgroup` of the test.
    private final class Machine {
        let folder: TemporaryDirectory
        var paths: HealthSampler.Paths {
            .init(proc: folder.path + "/proc", cgroups: folder.path + "/cgroup")
        }

        init() throws {
            folder = try TemporaryDirectory()
            for path in [
                "proc/pressure", "proc/net", "proc/self/task/7", "proc/self/task/8", "cgroup/run",
            ] {
                try FileManager.default.createDirectory(
                    atPath: folder.path + "/" + path, withIntermediateDirectories: true)
            }
            try write("0::/run\n", "proc/self/cgroup")
        }

        /// In place: the sampler keeps its files open.
        func write(_ text: String, _ path: String) throws {
            let file = try #require(fopen(folder.path + "/" + path, "w"))
            fputs(text, file)
            fclose(file)
        }

        func write(
            busy: Int, idle: Int, stolen: Int, waitedMs: [Int], throttled: Int, sent: Int,
            again: Int
        ) throws {
            try write(
                "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 \(busy) 0 0 \(idle) 0 0 0 \(stolen) 0 0\n"
                    + "cpu1 0 0 0 \(busy + idle + stolen) 0 0 0 0 0 0\nintr 1\n", "proc/stat")
            try write("some avg10=12.50 avg60=0 avg300=0 total=9\n", "proc/pressure/cpu")
            try write("Tcp: OutSegs RetransSegs\nTcp: \(sent) \(again)\n", "proc/net/snmp")
            for (thread, ms) in zip([7, 8], waitedMs) {
                try write("5 \(ms * 1_000_000) 1\n", "proc/self/task/\(thread)/schedstat")
            }
            try write("nr_periods 9\nnr_throttled \(throttled)\n", "cgroup/run/cpu.stat")
        }
    }

    private static func values(_ series: [SeriesDelta]) -> [String: Int64] {
        var values: [String: Int64] = [:]
        for item in series {
            guard case .gauge(let gauge) = item.value, gauge.n == 1 else { continue }
            values[item.key.metric] = gauge.max
        }
        return values
    }

    @Test func sharesOfAWindow() throws {
        let machine = try Machine()
        try machine.write(
            busy: 1_000, idle: 1_000, stolen: 10, waitedMs: [50, 70], throttled: 3, sent: 100,
            again: 1)
        let sampler = HealthSampler(threads: [7, 8], paths: machine.paths)
        let first = Self.values(sampler.read(now: Instant(ns: 0)))
        #expect(first == ["health_pressure": 125_000], "what has no window before it has no share")
        // In 2 s: core 0 was busy for 75 of 100 ticks, 5 of them stolen; worker 8 waited 100 ms.
        try machine.write(
            busy: 1_070, idle: 1_025, stolen: 15, waitedMs: [60, 170], throttled: 5, sent: 300,
            again: 2)
        #expect(
            Self.values(sampler.read(now: Instant(ns: 2_000_000_000))) == [
                "health_coreBusy": 750_000, "health_steal": 25_000, "health_runQueue": 50_000,
                "health_throttled": 2, "health_pressure": 125_000, "health_retransmits": 5_000,
            ])
    }

    @Test func whatIsNotThereIsNotTold() throws {
        let empty = try TemporaryDirectory()
        let paths = HealthSampler.Paths(proc: empty.path, cgroups: empty.path)
        let sampler = HealthSampler(threads: [7], paths: paths)
        for second in 0..<3 {
            #expect(sampler.read(now: Instant(ns: Int64(second) * 1_000_000_000)).isEmpty)
        }
    }

    @Test func aWorkerThatEndedIsNotTold() throws {
        let machine = try Machine()
        try machine.write(
            busy: 1, idle: 1, stolen: 0, waitedMs: [1, 1], throttled: 0, sent: 1, again: 0)
        let sampler = HealthSampler(threads: [7, 8], paths: machine.paths)
        _ = sampler.read(now: Instant(ns: 0))
        try machine.write("", "proc/self/task/8/schedstat")
        let values = Self.values(sampler.read(now: Instant(ns: 1_000_000_000)))
        #expect(values["health_runQueue"] == nil && values["health_throttled"] == 0)
    }

    /// A thread that wants to run beside others that do.
    @Test func thisMachine() {
        let sampler = HealthSampler(threads: [DedicatedThread.currentID])
        _ = sampler.read(now: Instant.now())
        let until = Instant.now() + .milliseconds(50)
        while Instant.now() < until {}
        let values = Self.values(sampler.read(now: Instant.now()))
        #expect(values["health_coreBusy"].map { (0...1_000_000).contains($0) } ?? false)
        #expect(values["health_steal"] != nil && values["health_retransmits"] != nil)
        #expect(values.values.allSatisfy { $0 >= 0 })
    }

    @Test func cost() {
        let sampler = HealthSampler(threads: [DedicatedThread.currentID])
        let before = DedicatedThread.cpuTime()
        let rounds: Int64 = 200
        for _ in 0..<rounds { _ = sampler.read(now: Instant.now()) }
        let each = (DedicatedThread.cpuTime() - before).ns / rounds / 1_000
        print("a reading of the machine's health: \(each) us of CPU")
        // A thousandth of a window would be 1,000 us; a debug build on a slow machine is far below.
        #expect(each < 10_000)
    }

    private static func gauges(_ run: PlaneRun, _ metric: String) -> [GaugeDelta] {
        run.series.compactMap { item in
            guard item.key.metric == metric, case .gauge(let gauge) = item.value else { return nil }
            return gauge
        }
    }

    @Test func throughAPlane() throws {
        let server = try ScriptedServer()
        let run = try PlaneRun(
            PlaneScenario.make(PlaneScenario.arrivals(perSecond: 100, for: .seconds(1), vus: 5)),
            url: server.url, workers: 2)
        run.plane.windowsBegin()
        run.run()
        let sockets = Self.gauges(run, "health_sockets")
        #expect(!sockets.isEmpty && sockets.allSatisfy { $0.max == 0 })
        for metric in ["health_coreBusy", "health_steal"] {
            let gauges = Self.gauges(run, metric)
            #expect(!gauges.isEmpty && gauges.allSatisfy { (0...1_000_000).contains($0.max) })
        }
    }

    /// An address this machine does not have: the connection fails here, not at the target.
    @Test func noAddressToConnectFrom() throws {
        let server = try ScriptedServer()
        var scenario = PlaneScenario.make(
            PlaneScenario.arrivals(perSecond: 20, for: .milliseconds(500), vus: 5))
        scenario.defaults.localAddress = "192.0.2.7"
        let run = try PlaneRun(scenario, url: server.url).run()
        let failures = Self.gauges(run, "health_sockets").reduce(0) { $0 + $1.sum }
        #expect(run.counters.transfersFailed == 10)
        #expect(failures == 10, "EADDRNOTAVAIL, each once")
    }

    /// A refused connection is the target's doing.
    @Test func aRefusalIsNoFailureOfThisMachine() throws {
        let port = try RefusingPort()
        let run = try PlaneRun(
            PlaneScenario.make(
                PlaneScenario.arrivals(perSecond: 20, for: .milliseconds(500), vus: 5)),
            url: port.url
        ).run()
        #expect(run.counters.transfersFailed == 10)
        #expect(Self.gauges(run, "health_sockets").allSatisfy { $0.max == 0 })
    }
}
