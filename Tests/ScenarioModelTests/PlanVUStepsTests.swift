// VU steps: the known answers of scenarios.md section 9, and a naive simulation, VU by VU.

import HarnessCore
import ScenarioModel
import Testing

@Suite struct PlanVUStepsTests {
    private static let waves: [(Double, Int)] = [
        (2, 6), (5, 1), (4, 5), (4, 1), (3, 4), (2, 4), (0, 1), (3, 1),
    ]

    /// `second:count`
    private static func text(_ steps: some Sequence<VUStep>) -> String {
        steps.map { step in
            let seconds = step.offset.seconds
            let whole = step.offset.ns % 1_000_000_000 == 0
            return (whole ? "\(Int(seconds))" : "\(seconds)") + ":\(step.vus)"
        }.joined(separator: " ")
    }

    private static func share(_ segment: String, _ sequence: String?) throws -> SegmentShare {
        let place = try SegmentPlace(segment: segment, sequence: sequence)
        return SegmentShare(place.striping, segment: place.segment)
    }

    @Test func rawSteps() {
        let ramp = PlanFixture.vus(from: 4, Self.waves)
        #expect(
            Self.text(ramp.rawSteps)
                == "0:4 1:5 2:6 3:5 4:4 5:3 6:2 7:1 8:2 9:3 10:4 11:5 12:4 13:3 14:2 15:1 16:2"
                + " 17:3 18:4 20:1")
    }

    @Test(arguments: [
        (Int64(30), Int64(30), "0:4 1:5 2:6 33:5 42:4 50:1 53:0"), (30, 3, "0:4 1:5 2:6 26:0"),
    ])
    func reservedSteps(rampDown: Int64, stop: Int64, expected: String) {
        let ramp = PlanFixture.vus(from: 4, Self.waves, rampDown: rampDown)
        #expect(Self.text(ramp.reservedSteps(gracefulStop: .seconds(stop))) == expected)
    }

    struct Shape: Sendable {
        let start: Int
        let stages: [(Double, Int)]
        let rampDown: Int64
        let raw: String
        let reserved: String

        init(
            _ start: Int, _ stages: [(Double, Int)], _ rampDown: Int64, _ raw: String,
            _ reserved: String
        ) {
            self.start = start
            self.stages = stages
            self.rampDown = rampDown
            self.raw = raw
            self.reserved = reserved
        }
    }

    static let shapes: [Shape] = [
        // No ramp-down copies the raw steps.
        Shape(2, [(2, 4), (2, 2)], 0, "0:2 1:3 2:4 3:3 4:2", "0:2 1:3 2:4 3:3 4:2 34:0"),
        Shape(0, [(2, 2), (2, 0)], 0, "0:0 1:1 2:2 3:1 4:0", "0:0 1:1 2:2 3:1 4:0"),
        // A jump at the start, up and down.
        Shape(0, [(0, 3), (1, 3)], 5, "0:0 0:3", "0:0 0:3 31:0"),
        Shape(5, [(0, 2), (1, 2)], 5, "0:5 0:2", "0:5 5:2 31:0"),
        // A level that stays.
        Shape(3, [(2, 3), (2, 3)], 5, "0:3", "0:3 34:0"),
        // Fractions are truncated away from the end.
        Shape(
            0, [(1, 3)], 0, "0:0 0.333333334:1 0.666666667:2 1:3",
            "0:0 0.333333334:1 0.666666667:2 1:3 31:0"),
        // Part of what a jump takes away is wanted again: steps stay in order.
        Shape(5, [(0, 1), (2, 3), (40, 3)], 10, "0:5 0:1 1:2 2:3", "0:5 10:3 72:0"),
    ]

    @Test(arguments: shapes)
    func shape(_ shape: Shape) {
        let ramp = PlanFixture.vus(from: shape.start, shape.stages, rampDown: shape.rampDown)
        #expect(Self.text(ramp.rawSteps) == shape.raw)
        #expect(Self.text(ramp.reservedSteps(gracefulStop: .seconds(30))) == shape.reserved)
    }

    /// VUs 2 and 5 where the segment stands alone, 1 and 4 in thirds.
    @Test(arguments: [
        ("0:1/3", nil, "0:1 1:2 4:1 7:0 8:1 11:2 12:1 15:0 16:1 20:0"),
        ("0:1/3", "0,1/3,2/3,1", "0:2 5:1 10:2 13:1 18:2 20:1"),
    ])
    func ofASegment(segment: String, sequence: String?, expected: String) throws {
        let ramp = PlanFixture.vus(from: 4, Self.waves)
        let share = try Self.share(segment, sequence)
        #expect(Self.text(ramp.rawSteps.owned(by: share)) == expected)
    }

    /// Each VU by itself: it is held from when it is wanted until gracefulRampDown after it is no
    /// longer, unless wanted again by then; nothing is held past the end and gracefulStop.
    @Test(arguments: 1...150)
    func againstEachVU(seed: UInt64) throws {
        var rng = SplitMix64(state: seed)
        func below(_ n: UInt64) -> Int { Int(Draw.below(rng.next(), n)) }
        let start = below(8)
        let stages = (0..<1 + below(6)).map { _ in (Double(below(4) * below(5)), below(9)) }
        let ramp = PlanFixture.vus(from: start, stages, rampDown: Int64(below(3) * below(12)))
        let stop = TimeSpan.seconds(Int64(below(20)))
        let raw = Array(ramp.rawSteps)
        let length = ramp.stages.reduce(.zero) { $0 + $1.duration }
        #expect(raw.first == VUStep(offset: .zero, vus: start))
        #expect(zip(raw, raw.dropFirst()).allSatisfy { $0.offset <= $1.offset && $0.vus != $1.vus })
        #expect(raw.last.map { $0.vus } == stages.last?.1 ?? start, "seed \(seed)")

        let naive = Self.naive(raw, ramp.gracefulRampDown, end: length + stop)
        let reserved = Array(ramp.reservedSteps(gracefulStop: stop))
        #expect(zip(reserved, reserved.dropFirst()).allSatisfy { $0.offset <= $1.offset })
        #expect(reserved.last?.vus == 0, "seed \(seed): \(reserved)")
        #expect(Self.settled(reserved) == naive, "seed \(seed): \(stages)")

        // What a segment owns of the whole's steps is what it would reserve by itself.
        let share = SegmentShare(Striping(weights: PlanFixture.weights(&rng)), segment: 0)
        #expect(
            Self.settled(Array(ramp.reservedSteps(gracefulStop: stop).owned(by: share)))
                == Self.naive(
                    Array(ramp.rawSteps.owned(by: share)), ramp.gracefulRampDown,
                    end: length + stop))
    }

    /// Of steps at one offset the last; none that changes nothing.
    private static func settled(_ steps: [VUStep]) -> [VUStep] {
        var settled: [VUStep] = []
        for step in steps {
            if settled.last?.offset == step.offset { settled.removeLast() }
            if settled.last?.vus != step.vus { settled.append(step) }
        }
        return settled
    }

    private static func naive(_ raw: [VUStep], _ rampDown: TimeSpan, end: TimeSpan) -> [VUStep] {
        var changes: [TimeSpan: Int] = [.zero: 0]
        for vu in 1...max(1, raw.map(\.vus).max() ?? 0) {
            var held: [(from: TimeSpan, to: TimeSpan)] = []
            var isWanted = false
            for step in raw where (step.vus >= vu) != isWanted {
                isWanted.toggle()
                if !isWanted {
                    held[held.count - 1].to = min(step.offset + rampDown, end)
                } else if let last = held.last, step.offset <= last.to {
                    held[held.count - 1].to = end
                } else {
                    held.append((step.offset, end))
                }
            }
            for span in held {
                changes[span.from, default: 0] += 1
                changes[span.to, default: 0] -= 1
            }
        }
        var count = 0
        return settled(
            changes.sorted { $0.key < $1.key }.map { offset, change in
                count += change
                return VUStep(offset: offset, vus: count)
            })
    }

    /// Steps are computed, not stored: the first of a huge ramp cost nothing.
    @Test func hugeRamps() {
        let ramp = PlanFixture.vus(
            from: 0, (0..<1_000).map { (86_400, $0 % 2 == 0 ? 1_000_000 : 0) })
        #expect(ramp.rawSteps.prefix(3).map(\.vus) == [0, 1, 2])
        let reserved = ramp.reservedSteps(gracefulStop: .seconds(30)).prefix(1_000_010)
        #expect(reserved.map(\.vus).max() == 1_000_000)
    }
}
