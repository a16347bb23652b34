// `parallel`: rendered in order before anything is sent, completed in any order.

import HarnessCore
import LoadGen
import ScenarioModel
import Testing

@Suite struct FlowBatchTests {
    private static func request(
        _ url: String, _ change: (inout RequestStep) -> Void = { _ in }
    ) -> RequestStep {
        var step = RequestStep(
            id: 0, method: "GET", url: FlowFixture.template(url), name: Template(literal: url))
        change(&step)
        return step
    }

    private static func urls(_ bench: FlowBench, _ count: Int) -> [String] {
        bench.machine.batch.prefix(count).map { String(decoding: $0.url, as: UTF8.self) }
    }

    /// Requests, limit -> the width of the program.
    @Test(arguments: [(0, 6, 0), (1, 6, 1), (4, 6, 4), (9, 6, 6), (9, 1, 1)])
    func width(requests: Int, limit: Int, width: Int) throws {
        let list = (0..<requests).map { Self.request("/\($0)") }
        let scenario = FlowFixture.scenario([
            .group(name: "g", steps: [.parallel(limit: limit, requests: list)])
        ])
        let program = try FlowFixture.program(scenario)
        #expect(program.batchWidth == width)
        let bench = FlowBench(program)
        bench.begin()
        let action = bench.machine.next()
        #expect(
            action
                == (requests == 0
                    ? .finished(failed: false) : .batch(count: requests, limit: limit))
        )
    }

    @Test func widthIsTheWidest() throws {
        let two = Step.parallel(limit: 9, requests: [Self.request("/1"), Self.request("/2")])
        let one = Step.parallel(limit: 9, requests: [Self.request("/3")])
        let program = try FlowFixture.program(FlowFixture.scenario([one, two, one]))
        #expect(program.batchWidth == 2)
        #expect(try FlowFixture.program(FlowFixture.scenario([FlowFixture.get()])).batchWidth == 0)
    }

    @Test func rendersInOrderAndEndsInAny() throws {
        let draw = Expression.random(.integer(1), .integer(1_000_000))
        let list = (0..<3).map { i in
            Self.request("/\(i)") {
                $0.url = FlowFixture.template("/\(i)/${=0}", [draw])
                $0.captures = [FlowFixture.capture("$.v", into: i)]
                $0.tags = ["leg": "\(i)"]
            }
        }
        let after = FlowFixture.get {
            $0.url = FlowFixture.template(
                "/${=0}-${=1}-${=2}-${=3}",
                (0..<3).map { .name(.variable($0)) } + [.name(.responseStatus)])
        }
        let program = try FlowFixture.program(
            FlowFixture.scenario(
                [.group(name: "g", steps: [.parallel(limit: 2, requests: list)]), after],
                variables: ["a", "b", "c"]))
        #expect(program.stepTags == [["leg": "0"], ["leg": "1"], ["leg": "2"], [:]])
        #expect(program.groupNames == ["::g"])
        let bench = FlowBench(program)
        for iteration in 0..<3 as Range<UInt64> {
            var stream = RandomStreams(seed: 1, scenario: "orders")
                .stream(.flows, 7 << 32 + iteration, 0)
            bench.begin()
            #expect(bench.machine.next() == .batch(count: 3, limit: 2))
            #expect(
                Self.urls(bench, 3)
                    == (0..<3).map {
                        "http://t:1/\($0)/\(1 + Draw.below(stream.next(), 1_000_000))"
                    })
            #expect(bench.machine.batch.map(\.stepID) == [0, 1, 2])
            #expect(bench.machine.batch.map(\.groupID) == [0, 0, 0])
            for position in [2, 0, 1] {
                #expect(
                    bench.complete(200 + position, of: position, body: "{\"v\":\(position)}") == .ok
                )
            }
            #expect(bench.machine.next() == .request)
            #expect(bench.machine.request.groupID == -1 && bench.machine.request.stepID == 3)
            #expect(bench.url == "http://t:1/0-1-2-201")
            _ = bench.complete()
            #expect(bench.machine.next() == .finished(failed: false))
        }
    }

    /// One failure stops the iteration once all have ended; `continue` does not.
    @Test(arguments: [RequestStep.OnFail.stop, .continue])
    func failures(onFail: RequestStep.OnFail) throws {
        let list = (0..<3).map { i in Self.request("/\(i)") { $0.onFail = onFail } }
        let bench = try FlowBench([.parallel(limit: 3, requests: list), FlowFixture.get("/after")])
        bench.begin()
        #expect(bench.machine.next() == .batch(count: 3, limit: 3))
        #expect(bench.complete(0, of: 1) == .failed)
        #expect(bench.complete(200, of: 0) == .ok)
        #expect(bench.complete(200, of: 2) == .ok)
        #expect(
            bench.machine.next() == (onFail == .stop ? .finished(failed: true) : .request))
    }

    /// A batch that cannot be rendered sends nothing.
    @Test func aBatchIsAllOrNothing() throws {
        let bad = Self.request("/b") {
            $0.url = FlowFixture.template("/${=0}", [.name(.env("NONE"))])
        }
        let bench = try FlowBench([.parallel(limit: 3, requests: [Self.request("/a"), bad])])
        bench.begin()
        #expect(bench.machine.next() == .finished(failed: true))
        #expect(
            bench.drained() == [
                "iteration_errors{reason=\"undefined_name\",scenario=\"orders\"}": 1
            ])
    }

    /// An iteration cut off in a batch leaves nothing behind.
    @Test func beginStartsClean() throws {
        let list = [Self.request("/0"), Self.request("/1")]
        let bench = try FlowBench([.parallel(limit: 2, requests: list)])
        bench.begin()
        #expect(bench.machine.next() == .batch(count: 2, limit: 2))
        _ = bench.complete(200, of: 0)
        bench.begin()
        #expect(bench.machine.next() == .batch(count: 2, limit: 2))
        _ = bench.complete(200, of: 1)
        _ = bench.complete(200, of: 0)
        #expect(bench.machine.next() == .finished(failed: false))
    }
}
