// Loops and branches: how many rounds, which number, what ends them.

import HarnessCore
import LoadGen
import ScenarioModel
import Testing

@Suite struct FlowLoopTests {
    private static let loop = Expression.name(.loop)

    private static func get(_ source: String) -> Step {
        FlowFixture.get {
            $0.url = FlowFixture.template(source, [loop])
            $0.captures = [FlowFixture.capture("$.left")]
        }
    }

    /// Urls of one iteration; answers count down from `left` in `$.left`.
    private static func urls(
        _ steps: [Step], left: Int = 0
    ) throws -> (urls: [String], end: FlowAction, errors: [String: UInt64]) {
        let bench = try FlowBench(steps, variables: ["left"])
        var left = left
        var urls: [String] = []
        bench.begin()
        while true {
            let action = bench.machine.next()
            guard action == .request else { return (urls, action, bench.drained()) }
            urls.append(String(bench.url.dropFirst("http://t:1".count)))
            left -= 1
            _ = bench.complete(body: "{\"left\":\(left)}")
        }
    }

    @Test(arguments: [0, 1, 3]) func timesRepeats(rounds: Int) throws {
        let run = try Self.urls([.repeatTimes(rounds, steps: [Self.get("/${=0}")])])
        #expect(run.urls == (0..<rounds).map { "/\($0)" })
        #expect(run.end == .finished(failed: false))
    }

    @Test func theInnermostLoopCounts() throws {
        let inner = Step.repeatTimes(2, steps: [Self.get("/i${=0}")])
        let grouped = Step.group(name: "g", steps: [Self.get("/o${=0}"), inner])
        let run = try Self.urls([.repeatTimes(2, steps: [grouped, Self.get("/p${=0}")])])
        #expect(
            run.urls == ["/o0", "/i0", "/i1", "/p0", "/o1", "/i0", "/i1", "/p1"])
    }

    /// Answers left when the loop begins, most rounds -> rounds, and whether it is an error.
    @Test(arguments: [(1, 5, 0, false), (4, 5, 3, false), (4, 3, 3, false), (5, 3, 3, true)])
    func whileRepeats(left: Int, most: Int, rounds: Int, isError: Bool) throws {
        let goesOn = Condition.compare(.greater, .name(.variable(0)), .integer(0))
        let run = try Self.urls(
            [Self.get("/first"), .repeatWhile(goesOn, max: most, steps: [Self.get("/${=0}")])],
            left: left)
        #expect(run.urls == ["/first"] + (0..<rounds).map { "/\($0)" })
        #expect(run.end == .finished(failed: isError))
        let key = "iteration_errors{reason=\"loop_limit\",scenario=\"orders\"}"
        #expect(run.errors == (isError ? [key: 1] : [:]))
    }

    /// In its condition `${loop}` is the round to come.
    @Test func conditionsSeeTheRound() throws {
        let condition = Condition.compare(.less, Self.loop, .integer(2))
        let inner = Step.repeatWhile(condition, max: 9, steps: [Self.get("/${=0}")])
        let run = try Self.urls([.repeatTimes(2, steps: [inner])])
        #expect(run.urls == ["/0", "/1", "/0", "/1"])
    }

    @Test func noLoopNoRound() throws {
        let run = try Self.urls([.repeatTimes(1, steps: []), Self.get("/${=0}")])
        #expect(run.end == .finished(failed: true))
        #expect(
            run.errors == ["iteration_errors{reason=\"undefined_name\",scenario=\"orders\"}": 1])
    }

    @Test func failuresLeaveLoops() throws {
        let step = FlowFixture.get("/x")
        let bench = try FlowBench([.repeatTimes(5, steps: [step]), step])
        bench.begin()
        for status in [200, 200, 500] {
            #expect(bench.machine.next() == .request)
            _ = bench.complete(status)
        }
        #expect(bench.machine.next() == .finished(failed: true))
    }

    /// Loops that send nothing let the worker have a turn, and go on after it.
    @Test func endlessWorkYields() throws {
        let inner = Step.repeatTimes(1_000, steps: [])
        let bench = try FlowBench([.repeatTimes(1_000, steps: [inner]), FlowFixture.get("/end")])
        bench.begin()
        var turns = 0
        while bench.machine.next() == .think(.zero) { turns += 1 }
        // At least one step a round, and no more steps a turn than 4,096.
        #expect((1_000_000 / 4_096...3_000_000 / 4_096).contains(turns))
        #expect(bench.url == "http://t:1/end")
    }

    @Test func branches() throws {
        let isFirst = Condition.compare(.equal, .name(.iteration), .integer(0))
        let bench = try FlowBench([
            .branch(if: isFirst, then: [FlowFixture.get("/1"), FlowFixture.get("/2")], else: []),
            .branch(if: .not(isFirst), then: [], else: [FlowFixture.get("/3")]),
            FlowFixture.get("/4"),
        ])
        for expected in [["/1", "/2", "/3", "/4"], ["/4"]] {
            bench.begin()
            for path in expected {
                #expect(bench.machine.next() == .request)
                #expect(bench.url == "http://t:1" + path)
                _ = bench.complete()
            }
            #expect(bench.machine.next() == .finished(failed: false))
        }
    }

    @Test func badLoopsAreRefused() {
        for step in [
            Step.repeatTimes(-1, steps: []), .parallel(limit: 0, requests: []),
            .repeatWhile(.truth(.integer(1)), max: -1, steps: []),
        ] {
            #expect(throws: CommandFailure.self) { try FlowBench([step]) }
        }
    }
}
