// Segments as the command line names them, and that shares of numbers are a partition.

import HarnessCore
import ScenarioModel
import Testing

@Suite struct PlanSegmentTests {
    @Test(arguments: [
        ("1/3:2/3", "1/3:2/3"), ("0:0.5", "0:1/2"), ("20%", "0:1/5"), ("0.2:50%", "1/5:1/2"),
        ("1", "0:1"), (".25:1", "1/4:1"), ("2/6:4/6", "1/3:2/3"),
    ])
    func segmentTexts(text: String, canonical: String) {
        #expect(ExecutionSegment(text: text)?.description == canonical)
    }

    @Test(arguments: [
        "", ":", "0:", ":1", "0", "1:0", "0:0", "1/2:1/2", "0:2", "-1:1", "0:1:2", "a:b", "0:1/0",
        "1e-1", "0:1/3x", " 0:1", "0:101%",
    ])
    func badSegments(text: String) {
        #expect(ExecutionSegment(text: text) == nil)
        #expect(throws: CommandFailure.self) { try SegmentPlace(segment: text, sequence: nil) }
    }

    @Test(arguments: [
        ("0:1/3", "0,1/3,2/3,1", 0, 3), ("1/3:2/3", "1/3,2/3", 1, 3), ("2/3:1", "1/3,2/3", 2, 3),
        ("0:1/3", "1/3", 0, 3), ("1/3:5/6", "0,1/3,5/6", 1, 6), ("0:1", "0,1", 0, 1),
        ("1/10:50%", nil, 1, 10), ("0:1", nil, 0, 1), ("1/2:1", nil, 1, 2),
    ])
    func places(segment: String, sequence: String?, index: Int, period: Int) throws {
        let place = try SegmentPlace(segment: segment, sequence: sequence)
        #expect(place.segment == index && place.striping.period == period)
    }

    static let refused: [(String, String?, ExitCode, String)] = [
        ("0:1/3", "0,1/2,1", .badConfiguration, "not in the sequence: it has 0:1/2, 1/2:1"),
        ("0:1/3", "1/2,1/3", .usage, "rise"), ("0:1/3", "0,,1", .usage, "no sequence"),
        ("0:1/3", "", .usage, "no sequence"), ("0:2", "0,1", .usage, "no segment"),
        ("0:0.000000001", nil, .badConfiguration, "cannot be striped"),
        ("0:1/999983", "0,1/999983,1/999979,1", .badConfiguration, "cannot be striped"),
    ]

    @Test(arguments: refused)
    func badPlaces(segment: String, sequence: String?, code: ExitCode, words: String) {
        let failure = #expect(throws: CommandFailure.self) {
            try SegmentPlace(segment: segment, sequence: sequence)
        }
        #expect(failure?.code == code)
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }

    @Test func leadingPoint() {
        #expect(Rational(text: ".3") == Rational(3, 10))
        #expect(Rational(text: ".") == nil)
        #expect(Rational(text: ".3.3") == nil)
    }

    @Test(arguments: [
        ("0:1/4", "0,1/4,1/2,3/4,1", 1, 1_000), ("0:1/4", "0,1/4,1/2,3/4,1", 25, 1_000),
    ])
    func planned(segment: String, sequence: String, ready: Int, most: Int) throws {
        let place = try SegmentPlace(segment: segment, sequence: sequence)
        let given = ready == 1 ? 1 : 100
        #expect(place.striping.scale(given)[place.segment] == ready)
        #expect(place.striping.scale(4_000)[place.segment] == most)
    }

    /// 0:1/3 of 0,1/3,2/3,1 re-segmented from 20 VUs is 0:7/20, and so without a sequence.
    @Test func resegmentedLengths() throws {
        for sequence in ["0,1/3,2/3,1", nil] {
            let place = try SegmentPlace(segment: "0:1/3", sequence: sequence)
            let again = try #require(place.striping.resegmented(from: 20))
            #expect(again.period == 20)
            #expect(again.owners.count { $0 == 0 } == 7)
        }
    }

    /// The rule as the specification writes it, slot after slot.
    @Test(arguments: 1...60)
    func stripingAgainstTheRule(seed: UInt64) {
        var rng = SplitMix64(state: seed)
        let weights = (0...Draw.below(rng.next(), 90)).map { _ in Int(Draw.below(rng.next(), 12)) }
        guard weights.contains(where: { $0 > 0 }) else { return }
        let striping = Striping(weights: weights)
        let period = striping.period
        let unit = weights.reduce(0, +) / period
        let shares = weights.map { $0 / unit }
        let order = shares.indices.sorted { (-shares[$0], $0) < (-shares[$1], $1) }
        var taken = [Int](repeating: 0, count: shares.count)
        for slot in 0..<period {
            let owner = order.first { shares[$0] > 0 && taken[$0] * period <= slot * shares[$0] }
            #expect(striping.owners[slot] == owner, "seed \(seed), slot \(slot) of \(shares)")
            taken[striping.owners[slot]] += 1
        }
    }

    /// Shares of any striping and its re-segmentations partition the numbers, with exact counts.
    @Test(arguments: 1...40)
    func sharesPartition(seed: UInt64) throws {
        var rng = SplitMix64(state: seed)
        var striping = Striping(weights: PlanFixture.weights(&rng))
        if Draw.chance(rng.next(), 0.5) {
            let vus = 1 + Int(Draw.below(rng.next(), 300))
            striping = try #require(striping.resegmented(from: vus))
        }
        let shares = (0..<striping.count).map { SegmentShare(striping, segment: $0) }
        let limit = Draw.below(rng.next(), 3_000)
        var owned: [UInt64] = []
        for (segment, share) in shares.enumerated() where !share.isEmpty {
            var ordinal: UInt64 = 0
            while let number = share.number(ordinal), number < limit {
                #expect(share.count(below: number) == ordinal, "seed \(seed)")
                owned.append(number)
                ordinal += 1
            }
            #expect(share.count(below: limit) == ordinal)
            #expect(striping.scale(Int(limit))[segment] == Int(ordinal))
            #expect(striping.scale(Int(limit), segment: segment) == Int(ordinal))
        }
        #expect(owned.sorted() == Array(0..<limit), "seed \(seed)")
    }

    @Test func sharesOfNothing() {
        #expect(SegmentShare(nil, segment: 0).isEmpty)
        #expect(SegmentShare(nil, segment: 0).count(below: 10) == 0)
        let last = SegmentShare(Striping(weights: [1, 1]), segment: 1)
        #expect(last.number(.max / 2) == .max)
        #expect(last.number(.max / 2 + 1) == nil)
    }

    /// Who owns an arrival follows from the VUs; each is somebody's and nobody else's.
    @Test(arguments: PlanArrivalsTests.processes, [1, 2, 3, 7])
    func arrivalsOfAgentsPartition(executor: Executor, agents: Int) throws {
        let all = try PlanFixture.offsets(executor)
        let numbering = executor.numbering(Striping(weights: Array(repeating: 1, count: agents)))
        var seen: [Int64] = []
        for agent in 0..<agents {
            let share = SegmentShare(numbering, segment: agent)
            let own = try PlanFixture.offsets(executor, share: share)
            #expect(UInt64(own.count) == share.count(below: UInt64(all.count)))
            seen += own
        }
        #expect(seen.sorted() == all)
    }

    /// A million VUs over a thousand agents: still a moment.
    @Test func theLargestPeriod() throws {
        let equal = Striping(weights: Array(repeating: 1, count: Limits.slots))
        let striping = try #require(equal.resegmented(from: Limits.vus - 1))
        #expect(striping.period == Limits.vus - 1)
        #expect(striping.owners.count { $0 == Limits.slots - 1 } == 999)
    }
}
