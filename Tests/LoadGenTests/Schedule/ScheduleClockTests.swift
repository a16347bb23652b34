// Schedule time under pauses: a table, and a twin that counts nanoseconds one by one.

import HarnessCore
import LoadGen
import Testing

@Suite struct ScheduleClockTests {
    private typealias Pause = ScheduleControl.Pause

    private static func clock(_ pauses: [(Int64, Int64?)]) -> ScheduleClock {
        ScheduleClock(
            start: Instant(ns: 1_000),
            pauses: pauses.map {
                Pause(from: TimeSpan(ns: $0.0), to: $0.1.map { TimeSpan(ns: $0) })
            })
    }

    /// Pauses, what is planned, when it is due (nil: not before somebody resumes).
    @Test(
        arguments: [
            ([], 0, 0), ([], 7, 7), ([(2, 5)], 1, 1), ([(2, 5)], 2, 5), ([(2, 5)], 3, 6),
            ([(0, 4)], 0, 4), ([(2, 5), (6, 8)], 2, 5), ([(2, 5), (6, 8)], 3, 8),
            ([(2, 5), (5, 8)], 2, 8), ([(2, nil)], 1, 1), ([(2, nil)], 2, nil),
            ([(2, nil)], 9, nil),
            ([(2, 4), (6, nil)], 3, 5), ([(2, 4), (6, nil)], 4, nil),
        ] as [([(Int64, Int64?)], Int64, Int64?)])
    func due(pauses: [(Int64, Int64?)], offset: Int64, runTime: Int64?) {
        let clock = Self.clock(pauses)
        let expected = runTime.map { Instant(ns: 1_000 + $0) } ?? .distantFuture
        #expect(clock.instant(of: TimeSpan(ns: offset)) == expected)
    }

    /// An end that meets the begin of a pause has come; what lies behind it has not.
    @Test(
        arguments: [
            ([], 7, 7), ([(2, 5)], 2, 2), ([(2, 5)], 3, 6), ([(2, nil)], 2, 2),
            ([(2, nil)], 3, nil),
            ([(2, 5), (6, 9)], 3, 6),
        ] as [([(Int64, Int64?)], Int64, Int64?)])
    func ends(pauses: [(Int64, Int64?)], offset: Int64, runTime: Int64?) {
        let expected = runTime.map { Instant(ns: 1_000 + $0) } ?? .distantFuture
        #expect(Self.clock(pauses).end(at: TimeSpan(ns: offset)) == expected)
    }

    /// Out of order, empty, overlapping, behind an open one.
    @Test(
        arguments: [
            ([(6, 8), (2, 5)], [(2, 5), (6, 8)]), ([(3, 3), (4, 2)], []),
            ([(2, 5), (4, 9)], [(2, 9)]), ([(2, 9), (4, 5)], [(2, 9)]),
            ([(2, 5), (5, 6)], [(2, 6)]),
            ([(2, nil), (4, 5)], [(2, nil)]), ([(2, 5), (4, nil)], [(2, nil)]),
        ] as [([(Int64, Int64?)], [(Int64, Int64?)])])
    func normalised(pauses: [(Int64, Int64?)], expected: [(Int64, Int64?)]) {
        #expect(Self.clock(pauses) == Self.clock(expected))
        #expect(Self.clock(pauses).pauses.count == expected.count)
    }

    @Test(arguments: 1...60)
    func againstItsTwin(seed: UInt64) {
        var random = SplitMix64(state: seed)
        func below(_ n: UInt64) -> Int64 { Int64(Draw.below(random.next(), n)) }
        let pauses = (0..<below(5)).map { _ in
            let from = below(60)
            return (from, below(9) == 0 ? nil : Int64?(from + below(12)))
        }
        let clock = Self.clock(pauses)
        let note = "seed \(seed): \(pauses)"
        var offset: Int64 = 0
        for runTime in Int64(0)..<200 {
            let now = Instant(ns: 1_000 + runTime)
            let isPaused = pauses.contains { $0.0 <= runTime && runTime < $0.1 ?? .max }
            #expect(clock.isPaused(at: now) == isPaused, "\(note), \(runTime)")
            #expect(clock.offset(at: now) == TimeSpan(ns: offset), "\(note), \(runTime)")
            if isPaused { continue }
            #expect(clock.instant(of: TimeSpan(ns: offset)) == now, "\(note), \(runTime)")
            offset += 1
        }
    }
}
