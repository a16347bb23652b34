// Rows of `data`: every rule against the formula of the specification, worked out here anew.

import HarnessCore
import LoadGen
import ScenarioModel
import Testing

@Suite struct FlowFeederTests {
    private static let cell = Expression.name(.data(feeder: 0, column: 0))

    private static func rows(_ count: Int) -> [[String]] { (0..<count).map { ["r\($0)"] } }

    /// Cells two requests of an iteration read; nil: the iteration ended with an error.
    private static func read(
        _ bench: FlowBench, iteration: UInt64, g: UInt64
    ) -> [String]? {
        bench.machine.begin(iteration: iteration, global: nil, iterationInTest: g, isWarmup: false)
        var cells: [String] = []
        while bench.machine.next() == .request {
            cells.append(String(bench.url.dropFirst("http://t:1/".count)))
            _ = bench.complete()
        }
        return cells.count == 2 ? cells : nil
    }

    private static func bench(
        _ pick: Feeder.Pick, rows: [[String]], name: String = "accounts", seed: UInt64 = 1
    ) throws -> FlowBench {
        let get = FlowFixture.get { $0.url = FlowFixture.template("/${=0}", [cell]) }
        return try FlowBench([get, get]) { scenario in
            scenario.seed = seed
            scenario.feeders = [FlowFixture.feeder(name, pick, rows: rows)]
        }
    }

    /// Row of n by each rule, straight from scenarios.md section 1; nil: exhausted.
    private static func twin(
        _ pick: Feeder.Pick, name: String, seed: UInt64, iteration: UInt64, g: UInt64, n: UInt64
    ) -> UInt64? {
        switch pick {
        case .sequential: return iteration % n
        case .roundRobin: return g % n
        case .unique: return g < n ? g : nil
        case .random:
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            var stream = RandomStreams(seed: seed, scenario: "orders").stream(.feeders, g, hash)
            return stream.next().multipliedFullWidth(by: n).high
        case .by: return (iteration &+ n - 1) % n
        }
    }

    @Test(arguments: [
        Feeder.Pick.sequential, .roundRobin, .random, .unique, .by(.iteration),
    ])
    func rowsFollowTheRule(pick: Feeder.Pick) throws {
        var random = SplitMix64(state: 99)
        for (n, name, seed) in [(1, "a", 1), (7, "accounts", 1), (64, "b", 42)] {
            let bench = try Self.bench(
                pick, rows: Self.rows(n), name: name, seed: UInt64(seed))
            for _ in 0..<200 {
                let iteration = random.next() % 1_000
                let g = random.next() % UInt64(2 * n)
                let row = Self.twin(
                    pick, name: name, seed: UInt64(seed), iteration: iteration, g: g, n: UInt64(n))
                let cells = Self.read(bench, iteration: iteration, g: g)
                // One row per iteration: both requests read the same.
                #expect(
                    cells == row.map { ["r\($0)", "r\($0)"] }, "n \(n), i \(iteration), g \(g)")
            }
        }
    }

    @Test func uniqueRunsOut() throws {
        let bench = try Self.bench(.unique, rows: Self.rows(2))
        #expect(Self.read(bench, iteration: 0, g: 1) == ["r1", "r1"])
        #expect(Self.read(bench, iteration: 1, g: 2) == nil)
        #expect(
            bench.drained() == [
                "iteration_errors{reason=\"data_exhausted\",scenario=\"orders\"}": 1
            ])
    }

    @Test func anEmptyTableIsExhausted() throws {
        for pick in [Feeder.Pick.sequential, .roundRobin, .random, .unique, .by(.vu)] {
            let bench = try Self.bench(pick, rows: [])
            #expect(Self.read(bench, iteration: 0, g: 0) == nil)
            #expect(bench.drained().keys.first?.contains("data_exhausted") == true)
        }
    }

    /// Value of the name -> row of 3; an error otherwise.
    @Test(
        arguments: [
            ("1", "r0"), ("3", "r2"), ("4", "r0"), ("0", "r2"), ("-1", "r1"), ("\"2\"", "r1"),
            ("1.5", nil), ("\"x\"", nil), ("9223372036854775807", "r0"),
        ] as [(String, String?)])
    func byName(value: String, row: String?) throws {
        let first = FlowFixture.get { $0.captures = [FlowFixture.capture("$.n")] }
        let second = FlowFixture.get { $0.url = FlowFixture.template("/${=0}", [Self.cell]) }
        let bench = try FlowBench([first, second], variables: ["n"]) { scenario in
            scenario.feeders = [
                FlowFixture.feeder("f", .by(.variable(0)), rows: Self.rows(3))
            ]
        }
        bench.begin()
        #expect(bench.machine.next() == .request)
        _ = bench.complete(body: "{\"n\":\(value)}")
        guard let row else {
            #expect(bench.machine.next() == .finished(failed: true))
            #expect(bench.drained().keys.first?.contains("arithmetic") == true)
            return
        }
        #expect(bench.machine.next() == .request)
        #expect(bench.url == "http://t:1/\(row)")
    }

    /// The row of a name without a value is asked for again once it has one.
    @Test func byNameThatComesLater() throws {
        let fallback = Expression.fallback(Self.cell, "none")
        let first = FlowFixture.get {
            $0.url = FlowFixture.template("/${=0}", [fallback])
            $0.captures = [FlowFixture.capture("$.n")]
        }
        let second = FlowFixture.get { $0.url = FlowFixture.template("/${=0}", [fallback]) }
        let bench = try FlowBench([first, second], variables: ["n"]) { scenario in
            scenario.feeders = [FlowFixture.feeder("f", .by(.variable(0)), rows: Self.rows(3))]
        }
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(bench.url == "http://t:1/none")
        _ = bench.complete(body: "{\"n\":2}")
        #expect(bench.machine.next() == .request)
        #expect(bench.url == "http://t:1/r1")
    }

    @Test func byOrderAccount() throws {
        let get = FlowFixture.get {
            $0.url = FlowFixture.template("/${=0}/${=1}", [.name(.order(.account)), Self.cell])
        }
        let bench = try FlowBench([.order(FlowFixture.steady { $0.accounts = 9 }), get]) {
            $0.feeders = [
                FlowFixture.feeder("f", .by(.order(.account)), rows: Self.rows(4))
            ]
        }
        for g in 0..<50 as Range<UInt64> {
            bench.begin(global: g)
            #expect(bench.machine.next() == .request)
            let parts = bench.url.split(separator: "/").suffix(2).map(String.init)
            #expect(parts[1] == "r\(((Int(parts[0]) ?? 0) - 1) % 4)")
            _ = bench.complete()
        }
    }

    /// A feeder picked by itself has no row; the flow goes on to say so.
    @Test func selfReferenceIsUndefined() throws {
        let get = FlowFixture.get { $0.url = FlowFixture.template("/${=0}", [Self.cell]) }
        let bench = try FlowBench([get]) {
            $0.feeders = [
                FlowFixture.feeder("f", .by(.data(feeder: 0, column: 0)), rows: [["1"]])
            ]
        }
        #expect(bench.run() == .finished(failed: true))
        #expect(bench.drained().keys.first?.contains("undefined_name") == true)
    }

    /// A feeder picked by another one's column; columns, and types in JSON.
    @Test func columnsAndTypes() throws {
        let pairs = FlowFixture.feeder(
            "a", .sequential, columns: ["name", "age", "ok", "ref"],
            rows: [["ann", "7", "true", "2"], ["bob \"b\"", "8.5", "null", "1"]],
            typed: [1, 2, 3, 5, 6, 7])
        let other = FlowFixture.feeder(
            "b", .by(.data(feeder: 0, column: 3)), rows: [["one"], ["two"]])
        func whole(_ feeder: Int, _ column: Int) -> JSONTemplate {
            .text(FlowFixture.template("${=0}", [.name(.data(feeder: feeder, column: column))]))
        }
        let get = FlowFixture.get {
            $0.body = .json(
                .array([whole(0, 0), whole(0, 1), whole(0, 2), whole(1, 0)]))
        }
        let bench = try FlowBench([get]) { $0.feeders = [pairs, other] }
        for expected in [#"["ann",7,true,"two"]"#, #"["bob \"b\"",8.5,null,"one"]"#] {
            bench.begin()
            #expect(bench.machine.next() == .request)
            #expect(bench.body == expected)
            _ = bench.complete()
        }
    }

    @Test func unknownFeedersAreRefused() {
        #expect(throws: CommandFailure.self) {
            try FlowBench([
                FlowFixture.get { $0.url = FlowFixture.template("/${=0}", [Self.cell]) }
            ])
        }
    }
}
