// The ingest without Redis: order, duplicates, refused deltas, durability before merging, and the
// closing of the books.

import Collector
import HarnessCore
import ScenarioModel
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite struct IngestLedgerTests {
    private static let run = "20260101T000000Z-00aa"

    /// Deltas of one epoch: each second `n` iterations, all of them completed, one sample each;
    /// `arrivals` of them of the open scenario, where there are others.
    private static func deltas(
        slot: UInt32 = 0, epoch: UInt64 = 1, seconds: Int, n: UInt64 = 10, withFinal: Bool = true,
        arrivals: UInt64? = nil
    ) -> [Delta] {
        var counters = RunCounters()
        return (0..<seconds).map { i in
            counters.scheduled += n
            counters.started += n
            counters.completed += n
            counters.transfersStarted += n
            counters.transfersEnded += n
            counters.samples += n
            var h = Synthetic.histogram((0..<n).map { 1_000_000 + $0 * 7_000 })
            h.cum = counters.samples
            let open = arrivals.map { count in
                SeriesDelta(
                    key: SeriesKey("arrivals", ["scenario": scenario().workloads[0].name]),
                    value: .counter(delta: count, cum: count * UInt64(i + 1)))
            }
            return Delta(
                flags: withFinal && i == seconds - 1 ? .final : [],
                runTag: Delta.runTag(of: run), slot: slot, epoch: epoch, seq: UInt64(i + 1),
                fromWindow: UInt32(i), toWindow: UInt32(i + 1), planRev: 1,
                cutAtUs: Int64(i + 1) * 1_000_000, counters: counters,
                series: [
                    SeriesDelta(
                        key: SeriesKey("iterations"),
                        value: .counter(delta: n, cum: counters.scheduled)),
                    SeriesDelta(key: SeriesKey("t"), value: .histogram(h)),
                ] + [open].compactMap(\.self))
        }
    }

    private final class Bench {
        let directory: TemporaryDirectory
        let ingest: DeltaIngest
        private let box: Box
        final class Box { var merged: [Delta] = [] }

        init() throws {
            directory = try TemporaryDirectory()
            let box = Box()
            self.box = box
            let log = try WriteAheadLog(
                directory: directory.path,
                header: .init(run: IngestLedgerTests.run, specSha256: "", token: 1))
            ingest = DeltaIngest(log: log, runID: IngestLedgerTests.run) { box.merged.append($0) }
        }

        var merged: [Delta] { box.merged }

        func stage(_ delta: Delta, seq: UInt64? = nil) throws {
            ingest.stage(
                slot: Int(delta.slot), id: StreamID(delta.epoch, seq ?? delta.seq),
                bytes: try DeltaCodec.encode(delta))
        }
    }

    @Test func mergesOnlyWhatIsDurable() throws {
        let bench = try Bench()
        let deltas = Self.deltas(seconds: 3)
        for delta in deltas { try bench.stage(delta) }
        #expect(bench.merged.isEmpty)
        #expect(bench.ingest.durable(0) == nil)
        try bench.ingest.commit()
        #expect(bench.merged == deltas)
        #expect(bench.ingest.durable(0) == StreamID(1, 3))
        let logged = try WalReader.read(directory: bench.directory.path).records
        #expect(logged.count == 1 + 3)
    }

    @Test func readTwiceIsMergedOnce() throws {
        let bench = try Bench()
        let deltas = Self.deltas(seconds: 2)
        for delta in deltas + deltas { try bench.stage(delta) }
        try bench.ingest.commit()
        try bench.stage(deltas[1])
        try bench.ingest.commit()
        #expect(bench.merged == deltas)
        #expect(bench.ingest.duplicates == 3)
    }

    /// What is done to the second of three deltas; none of them may be merged as it is.
    static let damages: [(String, @Sendable (inout Delta) -> Void)] = [
        ("run", { $0.runTag[0] ^= 1 }),
        ("slot", { $0.slot = 9 }),
        ("epoch", { $0.epoch = 5 }),
        ("seq", { $0.seq = 3 }),
        ("relay", { $0.flags = .relay }),
        ("counter went back", { $0.counters.started = 1 }),
        (
            "windows go back",
            {
                $0.fromWindow = 0; $0.toWindow = 0
            }
        ),
        ("cum of a counter", { $0.series[0].value = .counter(delta: 10, cum: 21) }),
        ("a counter too few", { $0.series[0].value = .counter(delta: 9, cum: 20) }),
    ]

    @Test(arguments: damages.map(\.0))
    func refusesAndGoesOn(name: String) throws {
        let damage = try #require(Self.damages.first { $0.0 == name }?.1)
        let bench = try Bench()
        var deltas = Self.deltas(seconds: 3)
        let (slot, epoch) = (0, UInt64(1))
        damage(&deltas[1])
        for (i, delta) in deltas.enumerated() {
            bench.ingest.stage(
                slot: slot, id: StreamID(epoch, UInt64(i + 1)),
                bytes: try DeltaCodec.encode(delta))
        }
        try bench.ingest.commit()
        #expect(bench.merged.map(\.seq) == [1, 3])
        #expect(bench.ingest.badDeltas == 1)
        #expect(bench.ingest.durable(0) == StreamID(1, 3), "acknowledged all the same")
        let ledger = try #require(bench.ingest.ledger(0, epoch: 1))
        #expect(!ledger.disagreements.isEmpty)
        #expect(bench.ingest.refusals.count == 1)
    }

    @Test func garbageIsCountedAndLogged() throws {
        let bench = try Bench()
        bench.ingest.stage(slot: 0, id: StreamID(1, 1), bytes: [1, 2, 3])
        bench.ingest.stage(slot: 0, id: StreamID(1, 2), bytes: nil)
        bench.ingest.stage(slot: 0, id: .first, bytes: nil)
        try bench.ingest.commit()
        #expect(bench.ingest.badDeltas == 2)
        #expect(bench.merged.isEmpty)
    }

    private static func scenario() -> Scenario {
        Synthetic.scenario([], seconds: 10)
    }

    private static func accounts(
        _ bench: Bench, losses: [Int: String] = [:], agents: Int = 2, cum: [UInt64]? = nil
    ) -> FleetAccounts {
        FleetAccounts(
            ledgers: bench.ingest.allLedgers,
            slots: (0..<agents).map {
                SlotAccount(
                    slot: $0, epoch: 1, owedUntil: .seconds(10), heartbeatCounters: cum,
                    loss: losses[$0])
            },
            planned: PlannedArrivals(
                scenario: scenario(), weights: Array(repeating: 1, count: agents)),
            deltas: bench.ingest.deltas, duplicates: bench.ingest.duplicates,
            badDeltas: bench.ingest.badDeltas)
    }

    /// Iterations of a closed scenario do not stand in for arrivals that are missing.
    @Test func aVanishedAgentBesideAClosedScenario() throws {
        let bench = try Bench()
        let deltas = Self.deltas(slot: 0, seconds: 4, n: 50, withFinal: false, arrivals: 20)
        for delta in deltas { try bench.stage(delta) }
        try bench.ingest.commit()
        var mixed = Self.scenario()
        mixed.workloads.append(
            Workload(
                name: "readers", exec: "trade",
                executor: .constantVUs(ConstantVUs(vus: 1, duration: .seconds(10)))))
        let accounts = FleetAccounts(
            ledgers: bench.ingest.allLedgers,
            slots: [
                SlotAccount(
                    slot: 0, epoch: 1, owedUntil: .seconds(10), heartbeatCounters: nil,
                    loss: "gone")
            ],
            planned: PlannedArrivals(scenario: mixed, weights: [1]), deltas: 4, duplicates: 0,
            badDeltas: 0)
        // 1,000 owed; 200 iterations were begun, 80 of them arrivals.
        #expect(accounts.summary.unaccounted == 920)
    }

    @Test func closedBooks() throws {
        let bench = try Bench()
        for slot in 0..<2 {
            for delta in Self.deltas(slot: UInt32(slot), seconds: 10, n: 50) {
                try bench.stage(delta)
            }
        }
        try bench.ingest.commit()
        let accounts = Self.accounts(bench)
        #expect(accounts.losses.isEmpty)
        #expect(
            accounts.summary
                == AccountingSummary(
                    planned: 1_000, started: 1_000, dropped: 0, missed: 0, unaccounted: 0,
                    finalsEqualMerged: true, agentsFinal: 2, agents: 2, deltas: 20))
    }

    @Test func aVanishedAgentIsNamedWithItsBound() throws {
        let bench = try Bench()
        for delta in Self.deltas(slot: 0, seconds: 10, n: 50) { try bench.stage(delta) }
        for delta in Self.deltas(slot: 1, seconds: 4, n: 50, withFinal: false) {
            try bench.stage(delta)
        }
        try bench.ingest.commit()
        var cum = RunCounters()
        cum.samples = 238
        let accounts = Self.accounts(
            bench, losses: [1: "no heartbeat for 15s"], cum: cum.values)
        #expect(
            accounts.losses == [
                1: "slot 1: no heartbeat for 15s: windows 4-9 unaccounted, "
                    + "at most 300 arrivals, 38 samples known lost"
            ])
        #expect(accounts.summary.planned == 1_000)
        #expect(accounts.summary.unaccounted == 300)
        #expect(accounts.summary.agentsFinal == 1)
        #expect(accounts.summary.finalsEqualMerged)
        #expect(accounts.summary.brokenIdentities.isEmpty)
    }

    @Test func brokenIdentitiesAreNamed() throws {
        let bench = try Bench()
        var delta = Self.deltas(seconds: 1)[0]
        delta.counters.scheduled += 1
        delta.counters.interrupted += 2
        delta.counters.transfersEnded -= 1
        delta.counters.samples += 5
        try bench.stage(delta)
        try bench.ingest.commit()
        let broken = Self.accounts(bench, agents: 1).summary.brokenIdentities
        #expect(broken.count == 4)
        #expect(
            broken.contains(
                "slot 0, epoch 1: scheduled = started + dropped + missed: 11 is not 10"))
        #expect(
            broken.contains("slot 0, epoch 1: samples = sum of histogram counts: 15 is not 10"))
    }

    @Test(arguments: [1, 2, 3, 7])
    func plannedArrivalsPartitionTheSchedule(agents: Int) {
        let planned = PlannedArrivals(
            scenario: Self.scenario(), weights: Array(repeating: 1, count: agents))
        for ms in [Int64(0), 1, 10, 995, 3_141, 10_000, 20_000] {
            let end = TimeSpan.milliseconds(ms)
            let sum = planned.counts(before: end).reduce(0, +)
            // 100/s for 10 s: g x 10 ms < end.
            #expect(sum == UInt64(min((ms + 9) / 10, 1_000)))
        }
    }

    /// Of every arrival executor, and shared as agents share them: by VUs, not by agents.
    @Test func plannedArrivalsOfEveryExecutor() {
        var poisson = ConstantArrivalRate(
            rate: 500, duration: .seconds(4), preAllocatedVUs: 5, maxVUs: 5)
        poisson.isPoisson = true
        let executors: [Executor] = [
            .constantArrivalRate(
                ConstantArrivalRate(
                    rate: 50, duration: .seconds(2), preAllocatedVUs: 20, maxVUs: 20)),
            .rampingArrivalRate(
                RampingArrivalRate(
                    stages: [
                        Stage(duration: .seconds(5), target: 1),
                        Stage(duration: .seconds(1), target: 1),
                        Stage(duration: .seconds(5), target: 0),
                    ], preAllocatedVUs: 3, maxVUs: 3)),
            .replay(
                Replay(file: "t.csv", offsetsNs: [0, 5, 9], preAllocatedVUs: 1, maxVUs: 1)),
            .constantArrivalRate(poisson),
            .constantVUs(ConstantVUs(vus: 3, duration: .seconds(9))),
        ]
        func counts(_ executor: Executor, before end: TimeSpan) -> [UInt64] {
            var workload = Workload(name: "x", exec: "x", executor: executor)
            workload.startTime = .seconds(1)
            let scenario = Scenario(name: "s", workloads: [workload], flows: [:])
            return PlannedArrivals(scenario: scenario, weights: [1, 1, 1]).counts(before: end)
        }
        #expect(counts(executors[0], before: .seconds(60)) == [35, 35, 30])
        // Arrivals at 3.162, 4.472, 5.5, 6.528, 7.838 and, at the very end, 11 s of the ramp.
        #expect(counts(executors[1], before: .milliseconds(5_500)) == [1, 1, 0])
        #expect(counts(executors[1], before: .seconds(12)) == [2, 2, 2])
        #expect(counts(executors[2], before: .seconds(60)) == [3, 0, 0])
        let drawn = Arrivals(executors[3], seed: 1, scenario: "x")
        #expect(counts(executors[3], before: .seconds(60)).reduce(0, +) == drawn?.total)
        #expect(
            counts(executors[3], before: .seconds(2)).reduce(0, +)
                == drawn?.count(before: .seconds(1)))
        #expect(counts(executors[4], before: .seconds(60)) == [0, 0, 0])
    }
}
