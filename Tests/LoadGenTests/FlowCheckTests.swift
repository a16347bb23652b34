import HarnessCore
import LoadGen
import ScenarioModel
import Testing

/// Checks and captures, on good and on hostile answers.
@Suite struct FlowCheckTests {
    static let body = #"""
        {"code":-1121,"price":"100.50","big":9007199254740993,"text":"caf\u00e9 \"x\"","t":true,
         "nil":null,"list":[{"id":1},{"id":2,"tag":"b"},{"id":3}],"empty":[],"o":{"a":1,"b":2}}
        """#
    static let headers = "HTTP/1.1 200 OK\r\nContent-Type:  text/html \r\nX-N: 12\r\n\r\n"

    private static func op(
        _ op: Check.Operator, _ operands: String..., nested: [Check.Condition] = []
    ) -> Check.Condition {
        Check.Condition(
            op: op, operands: operands.map(Template.init(literal:)), nested: nested)
    }

    private static func json(_ path: String) -> Check.Subject { .json(FlowFixture.path(path)) }

    /// Subject, conditions, whether they hold of a 200 of 150 ms.
    static let table: [(Check.Subject, [Check.Condition], Bool)] = [
        (.status, [op(.equals, "200")], true),
        (.status, [op(.equals, "404")], false),
        (.status, [op(.in, "404", "200")], true),
        (.status, [op(.greaterOrEqual, "200"), op(.less, "300")], true),
        (.statusIn(StatusSet([200...299])), [], true),
        (.statusIn(StatusSet([400...499])), [], false),
        (.time, [op(.less, "200ms")], true),
        (.time, [op(.less, "150")], false),
        (.time, [op(.lessOrEqual, "150")], true),
        (.time, [op(.greater, "0.1s")], true),
        (.header("content-type"), [op(.equals, "text/html")], true),
        (.header("X-N"), [op(.greater, "3")], true),
        (.header("X-M"), [op(.exists, "false")], true),
        (.header("X-M"), [op(.exists, "true")], false),
        (.header("X-M"), [op(.equals, "1")], false),
        (.header("X-M"), [op(.notEquals, "1")], false),
        (.header("X"), [op(.exists, "true")], false),
        (.body, [op(.contains, "caf")], true),
        (.body, [op(.contains, "tea")], false),
        (.body, [op(.contains, "")], true),
        (.body, [op(.matches, "\"code\":-[0-9]+")], true),
        (.body, [op(.matches, "^x")], false),
        (.body, [op(.length, nested: [op(.greater, "10")])], true),
        (json("$.code"), [op(.equals, "-1121.0")], true),
        (json("$.code"), [op(.less, "0")], true),
        (json("$.price"), [op(.equals, "100.5")], true),
        (json("$.price"), [op(.greater, "99.999")], true),
        (json("$.big"), [op(.equals, "9007199254740992")], false),
        (json("$.big"), [op(.greater, "9007199254740992")], true),
        (json("$.text"), [op(.equals, "café \"x\"")], true),
        (json("$.text"), [op(.length, "8")], true),
        (json("$.text"), [op(.matches, "f. ")], true),
        (json("$.t"), [op(.equals, "true")], true),
        (json("$.nil"), [op(.exists, "true")], true),
        (json("$.nil"), [op(.equals, "null")], true),
        (json("$.list"), [op(.length, "3")], true),
        (json("$.list[*].id"), [op(.length, "3")], true),
        (json("$.list[*].tag"), [op(.equals, "b"), op(.length, "1")], true),
        (json("$.list[*].none"), [op(.length, "0")], true),
        (json("$.list[-1].id"), [op(.equals, "3")], true),
        (json("$.list[-4].id"), [op(.exists, "false")], true),
        (json("$.list[3]"), [op(.exists, "false")], true),
        (json("$.empty"), [op(.length, "0")], true),
        (json("$.empty[0]"), [op(.exists, "true")], false),
        (json("$.o[*]"), [op(.equals, "1")], true),
        (json("$.o"), [op(.length, "2")], true),
        (json("$.none"), [op(.length, "0")], false),
        (json("$.o"), [op(.contains, "\"b\":2")], true),
        (json("$.text.x"), [op(.exists, "true")], false),
        (json("$.text"), [op(.less, "5")], false),
    ]

    @Test(arguments: table.indices)
    func checks(row: Int) throws {
        let (subject, conditions, holds) = Self.table[row]
        let step = FlowFixture.get {
            $0.checks = [Check(name: "c", subject: subject, conditions: conditions)]
        }
        let bench = try FlowBench([step])
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(
            bench.complete(200, body: Self.body, headers: Self.headers, ms: 150) == .ok)
        let key = "checks{check=\"c\",rate=\"\(holds)\",scenario=\"orders\"}"
        #expect(bench.drained() == [key: 1], "row \(row)")
    }

    @Test func operandsMayBeTemplates() throws {
        let operand = FlowFixture.template("${=0}", [.name(.variable(0))])
        let check = Check(
            name: "same", subject: .body,
            conditions: [Check.Condition(op: .equals, operands: [operand])])
        let first = FlowFixture.get { $0.captures = [FlowFixture.capture("$")] }
        let second = FlowFixture.get { $0.checks = [check] }
        let bench = try FlowBench([first, second], variables: ["x"])
        #expect(bench.run(body: "42") == .finished(failed: false))
        #expect(bench.drained() == ["checks{check=\"same\",rate=\"true\",scenario=\"orders\"}": 1])
        // Nothing captured: the operand is undefined, the iteration an error.
        #expect(bench.run(body: "{") == .finished(failed: true))
        #expect(
            bench.drained() == [
                "capture_misses{scenario=\"orders\"}": 1,
                "iteration_errors{reason=\"undefined_name\",scenario=\"orders\"}": 1,
            ])
    }

    /// Path, body -> captured text, nil for a miss.
    @Test(
        arguments: [
            ("$.a", #"{"a":1.50}"#, "1.50"),
            ("$.a", #" { "b" : [1,{"a":2}] , "a" : "x\ty" } "#, "x\ty"),
            ("$.a", #"{"\u0061":1}"#, "1"),
            ("$.a", #"{"a":1,"a":2}"#, "1"),
            ("$.a", #"{"a":"\ud83d\ude00\ud83d"}"#, "😀\u{FFFD}"),
            ("$.a.b", #"{"a":{"b":false}}"#, "false"),
            ("$[1]", "[1,2]", "2"),
            ("$[-1]", "[1,2]", "2"),
            ("$[*]", "[]", nil),
            ("$", "7", "7"),
            ("$.a", #"{"a":[1,{"b":2}]}"#, #"[1,{"b":2}]"#),
            // Hostile or cut off.
            ("$.a", "", nil),
            ("$.a", "   ", nil),
            ("$.a", "{", nil),
            ("$.a", #"{"a""#, nil),
            ("$.a", #"{"a":"#, nil),
            ("$.a", #"{"a":12"#, nil),
            ("$.a", #"{"a":12,"b"#, "12"),
            ("$.a", #"{"a":"x"#, nil),
            ("$.a", #"{"a":"x\"#, nil),
            ("$.a", #"{"a":"x\u12"}"#, "x\u{FFFD}12"),
            ("$.a", #"{"a":tru"#, nil),
            ("$.a", #"{"a":[1,2"#, nil),
            ("$.a", #"{,"a":1}"#, nil),
            ("$.a", #"{"a" 1}"#, nil),
            ("$.a", #"{"a":}"#, nil),
            ("$.a", #"{"a":-}"#, nil),
            ("$.a", "<html></html>", nil),
            ("$[0]", "[", nil),
            ("$[0]", "[]", nil),
            ("$[1]", "[1,]", nil),
            ("$[9223372036854775807]", "[1]", nil),
            ("$[-9223372036854775808]", "[1]", nil),
            ("$.a", "]]]]}}}}", nil),
            ("$.a", #"{"a":1e99999999999999999999}"#, "1e99999999999999999999"),
        ] as [(String, String, String?)])
    func captures(path: String, body: String, expected: String?) throws {
        let first = FlowFixture.get { $0.captures = [FlowFixture.capture(path)] }
        let second = FlowFixture.get {
            $0.body = .text(FlowFixture.template("${=0}", [.name(.variable(0))]))
        }
        let bench = try FlowBench([first, second], variables: ["x"])
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(bench.complete(body: body) == .ok)
        let action = bench.machine.next()
        #expect((action == .request) == (expected != nil))
        if let expected { #expect(bench.body == expected) }
        let misses = bench.drained()["capture_misses{scenario=\"orders\"}"]
        #expect(misses == (expected == nil ? 1 : nil))
    }

    /// Depth and length are no matter: nothing recurses over a body.
    @Test func hugeBodies() throws {
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        let open = String(repeating: "{\"a\":", count: 10_000)
        let number = String(repeating: "9", count: 100_000)
        let step = FlowFixture.get {
            $0.checks = [
                Check(
                    name: "n", subject: Self.json("$.n"),
                    conditions: [Self.op(.greater, "1e50000")])
            ]
            $0.captures = [FlowFixture.capture("$.x")]
        }
        let bench = try FlowBench([step], variables: ["x"])
        for body in [deep, open, "{\"d\":\(deep),\"n\":\(number),\"x\":1}"] {
            #expect(bench.run(body: body) == .finished(failed: false))
        }
        let counts = bench.drained()
        #expect(counts["checks{check=\"n\",rate=\"true\",scenario=\"orders\"}"] == 1)
        #expect(counts["capture_misses{scenario=\"orders\"}"] == 2)
    }

    /// Any bytes at all: never a crash. Mutations of a good body, seeded.
    @Test(arguments: [1, 2, 3])
    func mutatedBodies(seed: UInt64) throws {
        let paths = ["$.list[*].tag", "$.list[-1].id", "$.text", "$.o.b", "$.big", "$[*][*]"]
        let step = FlowFixture.get {
            $0.checks = paths.map { path in
                Check(
                    name: path, subject: Self.json(path),
                    conditions: [Self.op(.length, "1"), Self.op(.greater, "2")])
            }
            $0.captures = paths.enumerated().map { FlowFixture.capture($1, into: $0) }
        }
        let bench = try FlowBench([step], variables: paths)
        var random = SplitMix64(state: seed)
        let good = Array(Self.body.utf8)
        let alphabet = Array("{}[]\",:\\u0e-1 \n\u{FF}".utf8)
        for _ in 0..<3_000 {
            var bytes = good
            for _ in 0..<(1 + random.next() % 4) {
                let i = Int(random.next() % UInt64(bytes.count))
                bytes[i] = alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            bytes.removeLast(Int(random.next() % UInt64(bytes.count / 4)))
            bench.begin()
            #expect(bench.machine.next() == .request, "seed \(seed)")
            _ = bench.complete(bytes: bytes)
        }
    }

    @Test func headerAndRegexCaptures() throws {
        let first = FlowFixture.get {
            $0.captures = [
                Capture(variable: 0, source: .header("x-n"), defaultValue: nil, keep: false),
                Capture(
                    variable: 1, source: .regex("id=([0-9]+)", group: 1), defaultValue: nil,
                    keep: false),
                Capture(
                    variable: 2, source: .regex("id=([0-9]+)", group: 5), defaultValue: "none",
                    keep: false),
                Capture(variable: 3, source: .header("none"), defaultValue: "0", keep: false),
            ]
        }
        let second = FlowFixture.get {
            let all = (0..<4).map { Expression.name(.variable($0)) }
            $0.body = .text(FlowFixture.template("${=0} ${=1} ${=2} ${=3}", all))
        }
        let bench = try FlowBench([first, second], variables: ["a", "b", "c", "d"])
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(bench.machine.request.needsBody && bench.machine.request.needsHeaders)
        _ = bench.complete(body: "<a href='?id=77'>", headers: Self.headers)
        #expect(bench.machine.next() == .request)
        #expect(bench.body == "12 77 none 0")
        #expect(!bench.machine.request.needsBody && !bench.machine.request.needsHeaders)
    }

    @Test(arguments: [(true, "1"), (false, nil)])
    func keptVariablesStay(keep: Bool, expected: String?) throws {
        let use = FlowFixture.get {
            $0.body = .text(
                FlowFixture.template("${=0}", [.fallback(.name(.variable(0)), "gone")]))
        }
        let take = FlowFixture.get {
            $0.captures = [FlowFixture.capture("$.a", keep: keep)]
        }
        let bench = try FlowBench([use, take], variables: ["x"])
        #expect(bench.run(body: "{\"a\":1}") == .finished(failed: false))
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(bench.body == expected ?? "gone")
    }

    /// Decimals are compared as integers of 10^-6 are; the seed is in the message.
    @Test(arguments: [1 as UInt64, 2])
    func decimalsEqualTheSlowTwin(seed: UInt64) throws {
        let second = FlowFixture.template("${=0}", [.name(.variable(0))])
        let operators: [(Check.Operator, (Int, Int) -> Bool)] = [
            (.less, { $0 < $1 }), (.lessOrEqual, { $0 <= $1 }), (.greater, { $0 > $1 }),
            (.greaterOrEqual, { $0 >= $1 }), (.equals, { $0 == $1 }), (.notEquals, { $0 != $1 }),
        ]
        let take = FlowFixture.get { $0.captures = [FlowFixture.capture("$")] }
        let compare = FlowFixture.get {
            $0.checks = operators.map { op, _ in
                Check(
                    name: op.rawValue, subject: Self.json("$"),
                    conditions: [Check.Condition(op: op, operands: [second])])
            }
        }
        let bench = try FlowBench([take, compare], variables: ["x"])
        var random = SplitMix64(state: seed)
        /// A number of 10^-6, written in one of several ways.
        func number() -> (value: Int, text: String) {
            let digits = [1, 9, 10, 100, 123_456, 1_000_000, 20_500_000]
            let value = digits[Int(random.next() % 7)] * Int(random.next() % 3)
            let isNegative = random.next() % 2 == 0
            let zeros = String(repeating: "0", count: Int(random.next() % 3))
            let rest = String(value % 1_000_000)
            let fraction = String(repeating: "0", count: 6 - rest.count) + rest
            let sign = isNegative ? "-" : ""
            let text =
                switch random.next() % 3 {
                case 0: "\(sign)\(value / 1_000_000).\(fraction)\(zeros)"
                case 1: "\(sign)\(zeros)\(value)e-6"
                default: "\(sign)0.\(zeros)\(value)E+\(String(value).count + zeros.count - 6)"
                }
            return (isNegative ? -value : value, text.replacing("E+-", with: "E-"))
        }
        for _ in 0..<2_000 {
            let b = number()
            let a = number()
            bench.begin()
            #expect(bench.machine.next() == .request)
            _ = bench.complete(body: b.text)
            #expect(bench.machine.next() == .request, "\(b.text)")
            _ = bench.complete(body: a.text)
            let counts = bench.drained()
            for (op, test) in operators {
                let result = test(a.value, b.value)
                let tags = "check=\"\(op.rawValue)\",rate=\"\(result)\",scenario=\"orders\""
                #expect(
                    counts["checks{\(tags)}"] == 1,
                    "seed \(seed): \(a.text) \(op) \(b.text)")
            }
        }
    }
}
