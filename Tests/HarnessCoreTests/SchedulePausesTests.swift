// Run time and schedule time against a twin that walks through the windows one by one.

import HarnessCore
import Testing

@Suite struct SchedulePausesTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let pairs: [[Int?]]
        let isValid: Bool
        var testDescription: String { "\(pairs)" }
    }

    static let forms: [Case] = [
        Case(pairs: [], isValid: true),
        Case(pairs: [[3, nil]], isValid: true),
        Case(pairs: [[0, 1], [1, 5], [7, nil]], isValid: true),
        Case(pairs: [[3, 3]], isValid: false),
        Case(pairs: [[5, 3]], isValid: false),
        Case(pairs: [[3, nil], [5, 6]], isValid: false),
        Case(pairs: [[3, 6], [5, 7]], isValid: false),
        Case(pairs: [[-1, 6]], isValid: false),
        Case(pairs: [[nil, 6]], isValid: false),
        Case(pairs: [[3]], isValid: false),
        Case(pairs: [[3, 4, 5]], isValid: false),
    ]

    @Test(arguments: forms)
    func pairs(_ c: Case) {
        let pauses = SchedulePauses(c.pairs)
        #expect((pauses != nil) == c.isValid)
        if let pauses { #expect(pauses.pairs == c.pairs) }
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func agreesWithATwin(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        for _ in 0..<200 {
            var pairs: [[Int?]] = []
            var at = 0
            for _ in 0..<random.next() % 4 {
                let from = at + Int(random.next() % 5)
                at = from + 1 + Int(random.next() % 5)
                pairs.append([from, at])
            }
            if random.next() % 3 == 0 { pairs.append([at + Int(random.next() % 5), nil]) }
            let pauses = try #require(SchedulePauses(pairs))
            var schedule: Int64 = 0
            for window in 0..<40 {
                let runTime = TimeSpan.seconds(Int64(window))
                #expect(pauses.scheduleTime(at: runTime) == .seconds(schedule), "\(pairs)")
                let isPaused = pairs.contains { $0[0]! <= window && window < $0[1] ?? .max }
                #expect(pauses.contains(runTime) == isPaused)
                // Half a second into a window that runs is half a second further.
                if !isPaused {
                    let half = TimeSpan.milliseconds(500)
                    #expect(pauses.scheduleTime(at: runTime + half) == .seconds(schedule) + half)
                    #expect(pauses.runTime(of: .seconds(schedule) + half) == runTime + half)
                    schedule += 1
                }
            }
            if pauses.isOpen {
                #expect(pauses.runTime(of: .seconds(schedule) + .milliseconds(1)) == nil)
            }
        }
    }

    @Test func whatEndsAsAPauseBeginsHasEnded() {
        #expect(SchedulePauses([[5, 8]])?.runTime(of: .seconds(5)) == .seconds(5))
        #expect(
            SchedulePauses([[5, 8]])?.runTime(of: TimeSpan(ns: 5_000_000_001))
                == TimeSpan(ns: 8_000_000_001))
    }

    @Test func pausedPartOfASpan() {
        let pauses = SchedulePauses([[2, 4], [6, nil]])
        #expect(pauses?.paused(from: .zero, to: .seconds(10)) == .seconds(6))
        #expect(pauses?.paused(from: .seconds(3), to: .milliseconds(6_500)) == .milliseconds(1_500))
        #expect(pauses?.paused(from: .seconds(4), to: .seconds(6)) == .zero)
    }

    @Test func requests() throws {
        let request = OperatorRequest(.scale, .init(scenario: "s", vus: 3), by: "me@h:1")
        let fields = request.fields
        #expect(fields.count == 6)
        let again = try OperatorRequest(op: fields[1], args: fields[3], by: fields[5])
        #expect(again == request)
        let error = #expect(throws: FleetRecordError.self) {
            try OperatorRequest(op: Array("explode".utf8), args: nil, by: nil)
        }
        #expect(error?.description == "unknown operation \"explode\"")
        #expect(throws: FleetRecordError.self) {
            try OperatorRequest(op: Array("scale".utf8), args: Array("{".utf8), by: nil)
        }
    }
}
