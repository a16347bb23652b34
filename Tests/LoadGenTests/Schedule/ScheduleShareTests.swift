// Who does which arrival: the known answers of scenarios.md section 9, and the property that makes
// totals exact: whatever the number of agents and workers, their shares partition the whole.

import HarnessCore
import LoadGen
import ScenarioModel
import Testing

@Suite struct ScheduleShareTests {
    private static func arrivals(
        _ executor: Executor, _ weights: [Int], _ segment: Int, _ worker: Int, _ workers: Int
    ) -> [OwnArrivals.Arrival] {
        let share = WorkloadShare(
            executor, weights: weights, segment: segment, worker: worker, workers: workers)
        guard
            var schedule = OwnArrivals(executor, seed: 1, scenario: "orders", share: share)
        else { return [] }
        var all: [OwnArrivals.Arrival] = []
        while let arrival = schedule.next {
            all.append(arrival)
            schedule.advance()
        }
        return all
    }

    /// 50/s for 2 s, maxVUs 20: first ms, the gaps, how many.
    @Test(arguments: [
        ([1, 2], 0, 20, [40, 60, 60, 60, 60, 60, 60], 35),
        ([1, 1, 1], 0, 0, [60, 60, 60, 60, 60, 60, 40], 35),
        ([1, 1, 1], 2, 40, [60, 60, 60, 60, 60, 100], 30),
        ([1], 0, 0, [20], 100),
    ])
    func constantRateInThirds(
        weights: [Int], segment: Int, first: Int64, gaps: [Int64], count: Int
    ) {
        let executor = ConstantArrivalRate(
            rate: 50, duration: .seconds(2), preAllocatedVUs: 20, maxVUs: 20)
        let offsets = Self.arrivals(
            .constantArrivalRate(executor), weights, segment, 0, 1
        ).map { $0.offset.ns }
        #expect(offsets.count == count)
        #expect(offsets.first == first * 1_000_000)
        for (i, pair) in zip(offsets, offsets.dropFirst()).enumerated() {
            #expect(pair.1 - pair.0 == gaps[i % gaps.count] * 1_000_000, "gap \(i)")
        }
    }

    @Test func lastArrivalIsBeforeTheEnd() {
        let executor = ConstantArrivalRate(
            rate: 3, duration: .seconds(1), preAllocatedVUs: 1, maxVUs: 1)
        // P = 333,333,333 ns: four arrivals are before 1 s, as in the formula, not three.
        #expect(
            Self.arrivals(.constantArrivalRate(executor), [1], 0, 0, 1).map { $0.offset.ns }
                == [0, 333_333_333, 666_666_666, 999_999_999])
        let tenths = ConstantArrivalRate(
            rate: 10, duration: .seconds(1), preAllocatedVUs: 1, maxVUs: 1)
        #expect(Self.arrivals(.constantArrivalRate(tenths), [1], 0, 0, 1).count == 10)
    }

    @Test(arguments: 1...60)
    func sharesPartitionTheWhole(seed: UInt64) {
        var random = SplitMix64(state: seed)
        func below(_ n: UInt64) -> Int { Int(Draw.below(random.next(), n)) }
        let weights = (0...below(7)).map { _ in 1 + (below(2) == 0 ? 0 : below(5)) }
        let workers = 1 + below(5)
        let maxVUs = 1 + below(60)
        let executor = ConstantArrivalRate(
            rate: Double(1 + below(400)), duration: .milliseconds(Int64(500 + below(3_000))),
            preAllocatedVUs: below(UInt64(maxVUs) + 1), maxVUs: maxVUs)
        let note = "seed \(seed): weights \(weights), \(workers) workers, \(executor)"

        var numbers: [UInt64] = []
        var vus: [UInt64] = []
        var ready = 0
        for segment in weights.indices {
            for worker in 0..<workers {
                let share = WorkloadShare(
                    .constantArrivalRate(executor), weights: weights, segment: segment,
                    worker: worker, workers: workers)
                vus += share.vuNumbers
                ready += share.preAllocated
                let mine = Self.arrivals(
                    .constantArrivalRate(executor), weights, segment, worker, workers)
                if share.vuNumbers.isEmpty { #expect(mine.isEmpty, "\(note)") }
                for pair in zip(mine, mine.dropFirst()) {
                    #expect(pair.0.number < pair.1.number, "\(note)")
                }
                for arrival in mine {
                    #expect(
                        arrival.offset.ns == Int64(arrival.number) * executor.periodNs, "\(note)")
                }
                numbers += mine.map(\.number)
            }
        }
        let total = (executor.duration.ns + executor.periodNs - 1) / executor.periodNs
        #expect(numbers.sorted() == (0..<UInt64(total)).map { $0 }, "\(note)")
        #expect(vus.sorted() == (1...UInt64(maxVUs)).map { $0 }, "\(note)")
        #expect(ready == executor.preAllocatedVUs, "\(note)")
    }

    @Test(arguments: 1...40)
    func loopingVUsPartition(seed: UInt64) {
        var random = SplitMix64(state: seed)
        func below(_ n: UInt64) -> Int { Int(Draw.below(random.next(), n)) }
        let weights = (0...below(5)).map { _ in 1 + below(3) }
        let workers = 1 + below(4)
        let executor = ConstantVUs(vus: 1 + below(50), duration: .seconds(1))
        var vus: [UInt64] = []
        var iterations: [UInt64] = []
        for segment in weights.indices {
            for worker in 0..<workers {
                let share = WorkloadShare(
                    .constantVUs(executor), weights: weights, segment: segment, worker: worker,
                    workers: workers)
                vus += share.vuNumbers
                #expect(share.preAllocated == share.vuNumbers.count)
                if share.isEmpty { continue }
                iterations += (0..<20).map { share.iterationInTest($0) }
            }
        }
        #expect(vus.sorted() == (1...UInt64(executor.vus)).map { $0 })
        #expect(Set(iterations).count == iterations.count, "a number was given twice")
    }

    /// Ramping 0 -> 1 -> 1 -> 0 with maxVUs 3, in ms; the last arrival lies at the very end.
    @Test(arguments: [
        ([1], 0, [3_162, 4_472, 5_499, 6_527, 7_837, 11_000]), ([1, 1, 1], 0, [3_162, 6_527]),
        ([1, 1, 1], 1, [4_472, 7_837]), ([1, 1, 1], 2, [5_499, 11_000]),
    ])
    func rampingRateInThirds(weights: [Int], segment: Int, offsets: [Int64]) {
        let ramp = RampingArrivalRate(
            stages: [
                Stage(duration: .seconds(5), target: 1), Stage(duration: .seconds(1), target: 1),
                Stage(duration: .seconds(5), target: 0),
            ], preAllocatedVUs: 3, maxVUs: 3)
        #expect(
            Self.arrivals(.rampingArrivalRate(ramp), weights, segment, 0, 1)
                .map { $0.offset.ns / 1_000_000 } == offsets)
    }

    /// Every kind of arrival: agents and workers together do what one alone would.
    @Test(arguments: 1...30)
    func anyArrivalsPartition(seed: UInt64) {
        var random = SplitMix64(state: seed)
        func below(_ n: UInt64) -> Int { Int(Draw.below(random.next(), n)) }
        let maxVUs = 1 + below(20)
        var constant = ConstantArrivalRate(
            rate: Double(1 + below(300)), duration: .seconds(2), preAllocatedVUs: 1, maxVUs: maxVUs)
        var poisson = RampingArrivalRate(
            stages: [
                Stage(duration: .seconds(1), target: below(200)),
                Stage(duration: .seconds(1), target: below(200)),
            ], preAllocatedVUs: 1, maxVUs: maxVUs)
        poisson.isPoisson = true
        var ramp = poisson
        ramp.isPoisson = false
        let replay = Replay(
            file: "times.csv", offsetsNs: (0..<below(300)).map { Int64($0 / 2) * 1_000_000 },
            preAllocatedVUs: 1, maxVUs: maxVUs)
        constant.hawkes = Hawkes()
        let weights = (0...below(4)).map { _ in 1 + below(3) }
        let workers = 1 + below(4)
        for executor in [
            Executor.constantArrivalRate(constant), .rampingArrivalRate(poisson),
            .rampingArrivalRate(ramp), .replay(replay),
        ] {
            let whole = Self.arrivals(executor, [1], 0, 0, 1)
            var parts: [OwnArrivals.Arrival] = []
            for segment in weights.indices {
                for worker in 0..<workers {
                    parts += Self.arrivals(executor, weights, segment, worker, workers)
                }
            }
            #expect(parts.sorted { $0.number < $1.number } == whole, "seed \(seed), \(executor)")
            #expect(whole.map(\.number) == (0..<UInt64(whole.count)).map { $0 })
        }
    }

    /// Of 22 iterations on 12 VUs: how many each segment has, and its VUs.
    @Test(
        arguments: [
            ([1, 1, 1], 22, 12, [8, 7, 7], [4, 4, 4]), ([1], 22, 12, [22], [12]),
            ([2, 1], 7, 1, [7, 0], [1, 0]), ([1, 1, 1], 2, 1, [2, 0, 0], [1, 0, 0]),
            ([1, 1, 1], 3, 3, [1, 1, 1], [1, 1, 1]), ([2, 1, 1], 9, 4, [5, 2, 2], [2, 1, 1]),
        ] as [([Int], UInt64, Int, [UInt64], [Int])])
    func sharedIterations(
        weights: [Int], total: UInt64, vus: Int, iterations: [UInt64], owned: [Int]
    ) {
        var shared = SharedIterations()
        shared.vus = vus
        shared.iterations = total
        for workers in 1...5 {
            var numbers: [UInt64] = []
            for segment in weights.indices {
                let shares = (0..<workers).map {
                    WorkloadShare(
                        .sharedIterations(shared), weights: weights, segment: segment, worker: $0,
                        workers: workers)
                }
                let counts = shares.map { $0.iterations(below: total) }
                #expect(counts.reduce(0, +) == iterations[segment], "\(workers) workers")
                #expect(shares.reduce(0) { $0 + $1.vuNumbers.count } == owned[segment])
                for (share, count) in zip(shares, counts) {
                    numbers += (0..<count).map { share.iterationInTest($0) }
                }
            }
            #expect(numbers.sorted() == (0..<total).map { $0 }, "\(workers) workers")
        }
    }

    /// 12/13:1 of thirteenths has none of 12 VUs, and so no iteration.
    @Test func noUserNoIteration() {
        var shared = SharedIterations()
        shared.vus = 12
        shared.iterations = 22
        let counts = (0..<13).map {
            WorkloadShare(
                .sharedIterations(shared), weights: [Int](repeating: 1, count: 13), segment: $0,
                worker: 0, workers: 1
            ).iterations(below: 22)
        }
        #expect(counts == [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 0])
    }

    @Test func fractionsAddUp() {
        let executor = Executor.constantArrivalRate(
            ConstantArrivalRate(
                rate: 1, duration: .seconds(1), preAllocatedVUs: 7, maxVUs: 7))
        var sum = 0.0
        for segment in 0..<3 {
            for worker in 0..<4 {
                sum +=
                    WorkloadShare(
                        executor, weights: [2, 1, 1], segment: segment, worker: worker, workers: 4
                    ).fraction
            }
        }
        #expect(abs(sum - 1) < 1e-9)
    }
}
