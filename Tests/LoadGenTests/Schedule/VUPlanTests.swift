// Levels of VUs: the known answers of scenarios.md section 9, what operators' counts become, and
// the property that workers together hold what the whole test does.

import HarnessCore
import LoadGen
import ScenarioModel
import Testing

@Suite struct VUPlanTests {
    private static let ramp: RampingVUs = {
        var ramp = RampingVUs(
            stages: [(2, 6), (5, 1), (4, 5), (4, 1), (3, 4), (2, 4), (0, 1), (3, 1)].map {
                Stage(duration: .seconds($0.0), target: $0.1)
            })
        ramp.startVUs = 4
        return ramp
    }()

    /// `second:wanted/kept` of each step.
    private static func text(_ plan: VUPlan) -> String {
        var plan = plan
        var parts: [String] = []
        while let step = plan.next {
            parts.append("\(step.offset.ns / 1_000_000_000):\(step.wanted)/\(step.kept)")
            plan.advance()
        }
        return parts.joined(separator: " ")
    }

    @Test(
        arguments: [
            (
                30, 30, Array(1...6),
                "0:4/4 1:5/5 2:6/6 3:5/6 4:4/6 5:3/6 6:2/6 7:1/6 8:2/6 9:3/6 10:4/6 11:5/6 12:4/6 "
                    + "13:3/6 14:2/6 15:1/6 16:2/6 17:3/6 18:4/6 20:1/6 33:1/5 42:1/4 50:1/1"
            ),
            (
                0, 30, Array(1...6),
                "0:4/4 1:5/5 2:6/6 3:5/5 4:4/4 5:3/3 6:2/2 7:1/1 8:2/2 9:3/3 10:4/4 11:5/5 12:4/4 "
                    + "13:3/3 14:2/2 15:1/1 16:2/2 17:3/3 18:4/4 20:1/1"
            ),
            // VUs 2 and 5 of the test are ours.
            (0, 30, [2, 5], "0:1/1 1:2/2 4:1/1 7:0/0 8:1/1 11:2/2 12:1/1 15:0/0 16:1/1 20:0/0"),
        ] as [(Int64, Int64, [UInt64], String)])
    func knownRamp(down: Int64, stop: Int64, vuNumbers: [UInt64], expected: String) {
        var ramp = Self.ramp
        ramp.gracefulRampDown = .seconds(down)
        let text = Self.text(
            VUPlan(ramp, gracefulStop: .seconds(stop), vuNumbers: vuNumbers))
        #expect(text == expected)
    }

    /// Jumps, and a ramp of which nothing is ours.
    @Test(
        arguments: [
            ([(0, 5)], 1, Array(1...5), "0:5/5"),
            ([(0, 5), (2, 5), (0, 0)], 0, Array(1...5), "0:5/5"),
            ([(3, 3)], 0, [], ""),
        ] as [([(Int64, Int)], Int, [UInt64], String)])
    func jumps(stages: [(Int64, Int)], startVUs: Int, vuNumbers: [UInt64], beginning: String) {
        var ramp = RampingVUs(
            stages: stages.map { Stage(duration: .seconds($0.0), target: $0.1) })
        ramp.startVUs = startVUs
        let text = Self.text(VUPlan(ramp, gracefulStop: .zero, vuNumbers: vuNumbers))
        #expect(text.hasPrefix(beginning) && (beginning != "" || text == ""), "\(text)")
    }

    @Test(arguments: 1...40)
    func workersTogetherAreTheRamp(seed: UInt64) {
        var random = SplitMix64(state: seed)
        func below(_ n: UInt64) -> Int { Int(Draw.below(random.next(), n)) }
        var ramp = RampingVUs(
            stages: (0...below(6)).map { _ in
                Stage(duration: .seconds(Int64(below(5))), target: below(30))
            })
        ramp.startVUs = 1 + below(20)
        ramp.gracefulRampDown = .seconds(Int64(below(4)))
        let (agents, workers) = (1 + below(3), 1 + below(3))
        var plans: [VUPlan] = []
        for agent in 0..<agents {
            for worker in 0..<workers {
                let share = WorkloadShare(
                    .rampingVUs(ramp), weights: [Int](repeating: 1, count: agents),
                    segment: agent, worker: worker, workers: workers)
                plans.append(
                    VUPlan(ramp, gracefulStop: .seconds(3), vuNumbers: share.vuNumbers))
            }
        }
        var raw = 0
        var wanted = [Int](repeating: 0, count: plans.count)
        var kept = wanted
        let steps = Array(ramp.rawSteps)
        for step in steps {
            raw = step.vus
            for i in plans.indices {
                while let own = plans[i].next, own.offset <= step.offset {
                    wanted[i] = own.wanted
                    kept[i] = own.kept
                    plans[i].advance()
                }
            }
            // Steps at one moment: only the last counts.
            if steps.last(where: { $0.offset == step.offset })?.vus != raw { continue }
            #expect(wanted.reduce(0, +) == raw, "seed \(seed), \(step)")
            #expect(zip(wanted, kept).allSatisfy { $0 <= $1 }, "seed \(seed), \(step)")
        }
    }

    /// Counts of operators, of which three VUs of six are ours; what has passed is not done again.
    @Test(
        arguments: [
            ([], 0, "0:1/1"), ([(5, 6)], 0, "0:1/1 5:3/3"), ([(5, 6)], 5, "5:3/3"),
            ([(5, 6), (7, 0), (9, 2)], 8, "7:0/0 9:1/1"),
            ([(9, 2), (5, 6)], 4, "0:1/1 5:3/3 9:1/1"),
            ([(0, 5)], -3, "0:3/3"),
        ] as [([(Int64, Int)], Int64, String)])
    func scaled(scales: [(Int64, Int)], passed: Int64, expected: String) {
        let plan = VUPlan(
            initial: 2,
            scales: scales.map {
                ScheduleControl.Scale(scenario: "load", from: .seconds($0.0), vus: $0.1)
            }, vuNumbers: [1, 3, 5], passed: .seconds(passed))
        #expect(Self.text(plan) == expected)
    }

    @Test func budgets() {
        var shared = IterationBudget.shared(2)
        #expect(shared.rest == 2 && shared.allows(0) && shared.allows(7))
        shared.take()
        shared.take()
        #expect(shared.isSpent && shared.rest == 0 && !shared.allows(0))

        var each = IterationBudget.each(3, vus: 2)
        #expect(each.total == 6 && each.allows(2) && !each.allows(3))
        for _ in 0..<6 { each.take() }
        #expect(each.isSpent && !each.allows(0))
        #expect(IterationBudget.each(.max, vus: 2).total == .max)
        #expect(IterationBudget.each(1, vus: 0).isSpent)

        var endless = IterationBudget.endless
        endless.take()
        #expect(!endless.isSpent && endless.rest == 0 && endless.allows(.max))
    }
}
