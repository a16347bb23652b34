// Executors and small walks that the tests of the plan share.

import HarnessCore
import ScenarioModel
import Testing

enum PlanFixture {
    static func constant(
        _ rate: Double, for duration: TimeSpan, maxVUs: Int = 20
    ) -> ConstantArrivalRate {
        ConstantArrivalRate(
            rate: rate, duration: duration, preAllocatedVUs: maxVUs, maxVUs: maxVUs)
    }

    static func poisson(_ rate: Double, for duration: TimeSpan) -> Executor {
        var executor = constant(rate, for: duration)
        executor.isPoisson = true
        return .constantArrivalRate(executor)
    }

    static func hawkes(
        _ rate: Double, for duration: TimeSpan, _ parameters: Hawkes = Hawkes()
    ) -> Executor {
        var executor = constant(rate, for: duration)
        executor.hawkes = parameters
        return .constantArrivalRate(executor)
    }

    /// Stages as (seconds, target).
    static func ramp(
        from start: Int = 0, _ stages: [(Double, Int)], maxVUs: Int = 3, poisson: Bool = false
    ) -> Executor {
        var ramp = RampingArrivalRate(
            stages: Self.stages(stages), preAllocatedVUs: maxVUs, maxVUs: maxVUs)
        ramp.startRate = start
        ramp.isPoisson = poisson
        return .rampingArrivalRate(ramp)
    }

    static func vus(
        from start: Int, _ stages: [(Double, Int)], rampDown seconds: Int64 = 30
    ) -> RampingVUs {
        var ramp = RampingVUs(stages: Self.stages(stages))
        ramp.startVUs = start
        ramp.gracefulRampDown = .seconds(seconds)
        return ramp
    }

    static func stages(_ stages: [(Double, Int)]) -> [Stage] {
        stages.map { Stage(duration: .nanoseconds(Int64($0.0 * 1e9)), target: $0.1) }
    }

    /// Offsets in ns of the numbers a share owns; of all without one.
    static func offsets(
        _ executor: Executor,
        share: SegmentShare = SegmentShare(Striping(weights: [1]), segment: 0),
        seed: UInt64 = 1, limit: Int = 1_000_000
    ) throws -> [Int64] {
        var arrivals = try #require(Arrivals(executor, seed: seed, scenario: "orders"))
        var offsets: [Int64] = []
        guard !share.isEmpty else { return [] }
        while offsets.count < limit, let number = share.number(UInt64(offsets.count)),
            let offset = arrivals.offset(of: number)
        {
            offsets.append(offset.ns)
        }
        return offsets
    }

    /// The share of arrivals that a segment, as the command line names it, has.
    static func share(
        _ executor: Executor, _ segment: String, _ sequence: String? = nil
    ) throws -> SegmentShare {
        let place = try SegmentPlace(segment: segment, sequence: sequence)
        return SegmentShare(executor.numbering(place.striping), segment: place.segment)
    }

    /// Weights of 1 to 8 segments, not all equal.
    static func weights(_ rng: inout SplitMix64) -> [Int] {
        (0...Draw.below(rng.next(), 8)).map { _ in 1 + Int(Draw.below(rng.next(), 20)) }
    }
}
