// Who does which arrival: the known answers of scenarios.md section 9, and the property that makes
// totals exact: whatever the number of agents and workers, their shares partition the whole.

import HarnessCore
import LoadGen
import ScenarioModel
import Testing

@Suite struct ScheduleShareTests {
    private static func arrivals(
        _ executor: ConstantArrivalRate, _ weights: [Int], _ segment: Int, _ worker: Int,
        _ workers: Int
    ) -> [ConstantArrivals.Arrival] {
        let share = WorkloadShare(
            .constantArrivalRate(executor), weights: weights, segment: segment, worker: worker,
            workers: workers)
        var schedule = ConstantArrivals(executor, share: share)
        var all: [ConstantArrivals.Arrival] = []
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
        let offsets = Self.arrivals(executor, weights, segment, 0, 1).map { $0.offset.ns }
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
            Self.arrivals(executor, [1], 0, 0, 1).map { $0.offset.ns }
                == [0, 333_333_333, 666_666_666, 999_999_999])
        let tenths = ConstantArrivalRate(
            rate: 10, duration: .seconds(1), preAllocatedVUs: 1, maxVUs: 1)
        #expect(Self.arrivals(tenths, [1], 0, 0, 1).count == 10)
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
                let mine = Self.arrivals(executor, weights, segment, worker, workers)
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

    @Test(arguments: 1...40)
    func stripeAgainstItsTwin(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let weights = (0...Draw.below(random.next(), 6)).map { _ in
            Int(Draw.below(random.next(), 9)) + 1
        }
        let striping = Striping(weights: weights)
        for segment in weights.indices {
            let slow = (0..<500).filter { striping.owners[$0 % striping.period] == segment }
            let stripe = Stripe(striping, segment: segment)
            #expect(stripe.numbers(below: 500) == slow.map(UInt64.init), "seed \(seed)")
            for (i, number) in slow.enumerated() {
                #expect(stripe.number(UInt64(i)) == UInt64(number))
            }
        }
        #expect(Stripe(striping, segment: -1).isEmpty)
        #expect(Stripe(striping, segment: -1).numbers(below: 10).isEmpty)
    }
}
