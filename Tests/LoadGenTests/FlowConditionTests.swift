// Conditions: which branch is taken, against a table and against a slow obvious twin.

import HarnessCore
import LoadGen
import ScenarioModel
import Testing

@Suite struct FlowConditionTests {
    private static let x = Expression.name(.variable(0))
    private static let y = Expression.name(.variable(1))

    /// Whether the branch of a flow with this condition is taken; nil: an iteration error.
    private static func outcome(
        _ condition: Condition, x: String, y: String = "0"
    ) throws -> Bool? {
        let first = FlowFixture.get {
            $0.captures = [FlowFixture.capture("$.x"), FlowFixture.capture("$.y", into: 1)]
        }
        let branch = Step.branch(
            if: condition, then: [FlowFixture.get("/then")], else: [FlowFixture.get("/else")])
        let bench = try FlowBench([first, branch], variables: ["x", "y"])
        bench.begin()
        #expect(bench.machine.next() == .request)
        _ = bench.complete(body: "{\"x\":\(x),\"y\":\(y)}")
        guard bench.machine.next() == .request else { return nil }
        return bench.url == "http://t:1/then"
    }

    /// Left and right as JSON, and -1, 0 or 1.
    static let pairs: [(String, String, Int)] = [
        ("1", "2", -1), ("2", "10", -1), ("10", "2", 1), ("1.0", "1", 0), ("-0", "0", 0),
        ("1e2", "100", 0), ("0.1", "0.10000000000000000001", -1), ("-2", "-10", 1),
        ("9007199254740993", "9007199254740992", 1), ("\"2\"", "10", -1),
        ("\"2\"", "\"10\"", -1), ("\"2x\"", "\"10x\"", 1), ("\"a\"", "\"b\"", -1),
        ("\"a\"", "\"a\"", 0), ("\"a\"", "\"ab\"", -1), ("\"\"", "\"a\"", -1), ("\"\"", "0", -1),
        ("\"ä\"", "\"z\"", 1), ("true", "true", 0), ("true", "\"true\"", 0),
        ("null", "\"null\"", 0),
        ("\"1\"", "\"1 \"", -1), ("\"+1\"", "1", -1), ("\"1,0\"", "1", 1), ("\"A\"", "\"a\"", -1),
        ("[1]", "\"[1]\"", 0), ("1E400", "1e399", 1), ("-1e400", "0", -1),
    ]

    @Test(arguments: pairs.indices)
    func comparisons(row: Int) throws {
        let (a, b, order) = Self.pairs[row]
        for (left, right, order) in [(a, b, order), (b, a, -order)] {
            for op in Condition.Comparison.allCases {
                let expected =
                    switch op {
                    case .equal: order == 0
                    case .notEqual: order != 0
                    case .less: order < 0
                    case .lessOrEqual: order <= 0
                    case .greater: order > 0
                    case .greaterOrEqual: order >= 0
                    }
                let found = try Self.outcome(.compare(op, Self.x, Self.y), x: left, y: right)
                #expect(found == expected, "\(left) \(op.rawValue) \(right)")
            }
        }
    }

    /// The twin: texts of whole numbers as Int, all else as arrays of bytes.
    @Test(arguments: [11, 12, 13] as [UInt64])
    func randomComparisons(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let alphabet = Array("0019-. ae")
        for _ in 0..<200 {
            let texts = (0..<2).map { _ in
                String((0..<Int(random.next() % 4)).map { _ in alphabet[Int(random.next() % 9)] })
            }
            let numbers = texts.map { text in
                text.allSatisfy { $0.isNumber || $0 == "-" } && !text.hasPrefix("--")
                    ? Int(text) : nil
            }
            // Fractions and exponents are the table's.
            guard numbers.allSatisfy({ $0 != nil }) || texts.allSatisfy({ !Self.isNumeric($0) })
            else { continue }
            let isLess =
                if let a = numbers[0], let b = numbers[1] { a < b } else {
                    texts[0].utf8.lexicographicallyPrecedes(texts[1].utf8)
                }
            let found = try Self.outcome(
                .compare(.less, Self.x, Self.y), x: "\"\(texts[0])\"", y: "\"\(texts[1])\"")
            #expect(found == isLess, "seed \(seed): \(texts)")
        }
    }

    private static func isNumeric(_ text: String) -> Bool {
        Double(text) != nil
    }

    /// JSON of x -> its truth.
    @Test(arguments: [
        ("\"\"", false), ("0", false), ("0.00", false), ("-0", false), ("0e5", false),
        ("\"0\"", false), ("false", false), ("\"false\"", false), ("null", false), ("1", true),
        ("0.01", true), ("\"no\"", true), ("\" \"", true), ("true", true), ("[]", true),
        ("{}", true), ("\"FALSE\"", true),
    ])
    func truth(json: String, expected: Bool) throws {
        #expect(try Self.outcome(.truth(Self.x), x: json) == expected)
        #expect(try Self.outcome(.not(.truth(Self.x)), x: json) == !expected)
    }

    private static let undefined = Condition.truth(.name(.env("NONE")))
    private static let yes = Condition.truth(.integer(1))
    private static let no = Condition.truth(.integer(0))

    /// Condition -> whether it holds; nil: the iteration error `undefined_name`.
    static let logic: [(Condition, Bool?)] = [
        (.and(yes, yes), true), (.and(yes, no), false), (.and(no, yes), false),
        (.or(no, no), false), (.or(no, yes), true), (.or(yes, no), true),
        (.and(no, undefined), false), (.or(yes, undefined), true),
        (.and(yes, undefined), nil), (.or(no, undefined), nil), (undefined, nil),
        (.not(undefined), nil), (.not(no), true),
        (.exists(.env("NONE")), false), (.exists(.vu), true), (.exists(.variable(0)), true),
        (.exists(.variable(2)), false), (.not(.exists(.order(.id))), true),
        (.and(.exists(.env("NONE")), undefined), false), (.exists(.loop), false),
        (.exists(.setup("x")), false), (.exists(.secret("x")), false),
        (.matches(x, pattern: "^[0-9]+$"), true), (.matches(x, pattern: "5"), false),
        (.matches(.text("order 12"), pattern: "er [0-9]"), true),
        (.compare(.equal, .arithmetic(.divide, .integer(7), .integer(2)), .text("3.50")), true),
    ]

    @Test(arguments: logic.indices)
    func logicalOperators(row: Int) throws {
        let (condition, expected) = Self.logic[row]
        let first = FlowFixture.get { $0.captures = [FlowFixture.capture("$.x")] }
        let branch = Step.branch(if: condition, then: [FlowFixture.get("/then")], else: [])
        let bench = try FlowBench([first, branch], variables: ["x", "y", "z"])
        let action = { () -> FlowAction in
            bench.begin()
            _ = bench.machine.next()
            _ = bench.complete(body: "{\"x\":42}")
            return bench.machine.next()
        }()
        switch expected {
        case true?: #expect(action == .request, "row \(row)")
        case false?: #expect(action == .finished(failed: false), "row \(row)")
        case nil:
            #expect(action == .finished(failed: true), "row \(row)")
            #expect(
                bench.drained() == [
                    "iteration_errors{reason=\"undefined_name\",scenario=\"orders\"}": 1
                ])
        }
    }

    /// What is not evaluated draws nothing.
    @Test func shortCircuitsDrawNothing() throws {
        let draw = Condition.compare(
            .greaterOrEqual, .random(.integer(1), .integer(9)), .integer(1))
        let then = FlowFixture.get {
            $0.url = FlowFixture.template("/${=0}", [.random(.integer(1), .integer(1_000_000))])
        }
        for (condition, draws) in [(Condition.or(Self.yes, draw), 0), (.and(Self.yes, draw), 1)] {
            let bench = try FlowBench([.branch(if: condition, then: [then], else: [])])
            var stream = RandomStreams(seed: 1, scenario: "orders").stream(.flows, 7 << 32, 0)
            for _ in 0..<draws { _ = stream.next() }
            bench.begin()
            #expect(bench.machine.next() == .request)
            #expect(bench.url == "http://t:1/\(1 + Draw.below(stream.next(), 1_000_000))")
        }
    }

    /// A pattern looks at the first 64 KiB.
    @Test func matchedTextIsBounded() throws {
        let inside = String(repeating: "a", count: Limits.matchedBytes - 1) + "b"
        #expect(try Self.outcome(.matches(Self.x, pattern: "b"), x: "\"\(inside)\"") == true)
        #expect(try Self.outcome(.matches(Self.x, pattern: "b"), x: "\"a\(inside)\"") == false)
    }
}
