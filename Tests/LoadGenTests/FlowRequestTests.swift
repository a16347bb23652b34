import HarnessCore
import LoadGen
import ScenarioModel
import Testing

/// What a templated request looks like, and what ends an iteration instead.
@Suite struct FlowRequestTests {
    private static let order = OrderField.allCases

    /// Expression -> text in a url. Iteration 4 of VU 7, arrival 9 of the test.
    static let expressions: [(Expression, String?)] = [
        (.integer(-5), "-5"),
        (.number(2.5), "2.5"),
        (.text("a b"), "a b"),
        (.name(.vu), "7"),
        (.name(.iteration), "4"),
        (.name(.iterationInTest), "9"),
        (.name(.scenario), "orders"),
        (.name(.agent), "3"),
        (.name(.run), "run-1"),
        (.name(.env("HOST")), "alpha"),
        (.name(.env("OWN")), "workload"),
        (.name(.env("NONE")), nil),
        (.name(.setup("x")), nil),
        (.name(.variable(0)), nil),
        (.name(.order(.price)), nil),
        (.name(.responseStatus), "0"),
        (.name(.responseTime), "0"),
        (.fallback(.name(.env("NONE")), "else"), "else"),
        (.fallback(.name(.variable(0)), "else"), "else"),
        (.fallback(.name(.vu), "else"), "7"),
        (.fallback(.arithmetic(.add, .name(.variable(0)), .integer(1)), "else"), "else"),
        (.arithmetic(.add, .integer(2), .integer(3)), "5"),
        (.arithmetic(.subtract, .integer(2), .number(0.5)), "1.5"),
        (.arithmetic(.multiply, .integer(6), .name(.vu)), "42"),
        (.arithmetic(.divide, .integer(7), .integer(2)), "3.5"),
        (.arithmetic(.divide, .integer(6), .integer(2)), "3"),
        (.arithmetic(.remainder, .integer(-7), .integer(4)), "-3"),
        (.arithmetic(.remainder, .number(7.5), .integer(2)), "1.5"),
        (.arithmetic(.add, .text("1.5"), .integer(1)), "2.5"),
        (.arithmetic(.add, .text("x"), .integer(1)), nil),
        (.arithmetic(.add, .text(""), .integer(1)), nil),
        (.arithmetic(.add, .integer(.max), .integer(1)), nil),
        (.arithmetic(.multiply, .integer(.min), .integer(-1)), nil),
        (.arithmetic(.remainder, .integer(1), .integer(0)), nil),
        (.arithmetic(.remainder, .integer(.min), .integer(-1)), nil),
        (.arithmetic(.divide, .integer(1), .integer(0)), nil),
        (.arithmetic(.multiply, .number(1e308), .integer(10)), nil),
        (.negate(.integer(4)), "-4"),
        (.negate(.integer(.min)), nil),
        (.random(.integer(3), .integer(3)), "3"),
        (.random(.integer(4), .integer(3)), nil),
        (.random(.number(0.5), .integer(3)), nil),
        (.random(.integer(.min), .integer(.max)), nil),
        (.base64(.text("")), ""),
        (.base64(.text("f")), "Zg=="),
        (.base64(.text("fo")), "Zm8="),
        (.base64(.text("foo")), "Zm9v"),
        (.urlencode(.text("a b/ü~")), "a%20b%2F%C3%BC~"),
        (.arithmetic(.add, .arithmetic(.multiply, .integer(2), .integer(3)), .integer(1)), "7"),
    ]

    @Test(arguments: expressions)
    func expression(_ expression: Expression, _ expected: String?) throws {
        let step = FlowFixture.get { $0.url = FlowFixture.template("/<${=0}>", [expression]) }
        var scenario = FlowFixture.scenario([step], variables: ["x"])
        scenario.workloads[0].env = ["OWN": "workload"]
        let program = try FlowFixture.program(
            scenario, env: ["HOST": "alpha", "OWN": "coordinator"])
        let bench = FlowBench(program)
        bench.machine.begin(iteration: 4, global: nil, iterationInTest: 9, isWarmup: false)
        let action = bench.machine.next()
        if let expected {
            #expect(action == .request)
            #expect(bench.url == "http://t:1/<\(expected)>")
        } else {
            #expect(action == .finished(failed: true))
            let isName =
                bench.drained()["iteration_errors{reason=\"undefined_name\",scenario=\"orders\"}"]
            let isArithmetic: Bool =
                switch expression {
                case .name: false
                default: true
                }
            #expect((isName == nil) == isArithmetic)
        }
    }

    @Test func clockAndIdentity() throws {
        let step = FlowFixture.get {
            $0.url = FlowFixture.template(
                "/${=0}|${=1}|${=2}", [.name(.uuid), .name(.now), .name(.nowISO)])
        }
        let bench = try FlowBench([step])
        bench.begin()
        #expect(bench.machine.next() == .request)
        let parts = bench.url.dropFirst("http://t:1/".count).split(separator: "|")
        let uuid = try Regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
        #expect(parts[0].wholeMatch(of: uuid) != nil)
        #expect((Int(parts[1]) ?? 0) > 1_700_000_000_000)
        #expect(parts[2].wholeMatch(of: try Regex("[0-9-]{10}T[0-9:]{8}Z")) != nil)
    }

    /// Target, url, query -> absolute url.
    @Test(arguments: [
        ("http://t:1", "/a", "http://t:1/a?q=1%262"),
        ("http://t:1/", "/a", "http://t:1/a?q=1%262"),
        ("http://t:1/base", "a", "http://t:1/base/a?q=1%262"),
        ("http://t:1", "", "http://t:1/?q=1%262"),
        ("http://t:1", "/a?b=c", "http://t:1/a?b=c&q=1%262"),
        ("http://t:1", "https://u:2/a", "https://u:2/a?q=1%262"),
        ("http://t:1", "HTTP://u:2/a", "HTTP://u:2/a?q=1%262"),
    ])
    func urls(target: String, url: String, expected: String) throws {
        let step = FlowFixture.get(url) { $0.query = [("q", Template(literal: "1&2"))] }
        let program = try FlowFixture.program(FlowFixture.scenario([step]), target: target)
        let bench = FlowBench(program)
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(bench.url == expected)
    }

    /// A url that begins with a captured value is looked at when it is known.
    @Test(arguments: [
        ("http://u:2/b", "http://u:2/b"), ("/b", "http://t:1/b"), ("b", "http://t:1/b"),
    ])
    func capturedURLs(captured: String, expected: String) throws {
        let first = FlowFixture.get { $0.captures = [FlowFixture.capture("$.next")] }
        let second = FlowFixture.get {
            $0.url = FlowFixture.template("${=0}", [.name(.variable(0))])
        }
        let bench = try FlowBench([first, second], variables: ["next"])
        bench.begin()
        #expect(bench.machine.next() == .request)
        _ = bench.complete(body: "{\"next\":\"\(captured)\"}")
        #expect(bench.machine.next() == .request)
        #expect(bench.url == expected)
    }

    @Test func headersAreMergedIgnoringCase() throws {
        let step = FlowFixture.get {
            $0.method = "POST"
            $0.headers = [
                HeaderField(name: "accept", value: Template(literal: "text/plain")),
                HeaderField(name: "X-VU", value: FlowFixture.template("v${=0}", [.name(.vu)])),
            ]
            $0.body = .json(.object([]))
        }
        let bench = try FlowBench([step]) {
            $0.defaults.headers = [
                HeaderField(name: "Accept", value: Template(literal: "*/*")),
                HeaderField(name: "X-Team", value: Template(literal: "trading")),
            ]
            $0.defaults.timeout = .seconds(2)
        }
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(
            bench.headers == [
                "X-Team: trading", "accept: text/plain", "Content-Type: application/json",
                "X-VU: v7",
            ])
        #expect(bench.machine.request.timeout == .seconds(2))
        #expect(bench.machine.request.method == .post)
    }

    @Test func jsonBodiesKeepTypesAndEscape() throws {
        let vu = FlowFixture.template("${=0}", [.name(.vu)])
        let run = FlowFixture.template("${=0}", [.name(.run)])
        let mixed = FlowFixture.template("a\"${=0}\n", [.name(.variable(0))])
        let captured = FlowFixture.template("${=0}", [.name(.variable(1))])
        let member = { (key: String, value: JSONTemplate) in
            JSONTemplate.Member(key: key, value: value)
        }
        let body = JSONTemplate.object([
            member("n", .number("1.10")), member("vu", .text(vu)), member("run", .text(run)),
            member("t", .text(mixed)), member("o", .text(captured)),
            member("l", .array([.null, .bool(true), .text(Template(literal: "\\"))])),
        ])
        let first = FlowFixture.get {
            $0.captures = [FlowFixture.capture("$.s"), FlowFixture.capture("$.o", into: 1)]
        }
        let second = FlowFixture.get { $0.body = .json(body) }
        let bench = try FlowBench([first, second], variables: ["s", "o"])
        bench.begin()
        #expect(bench.machine.next() == .request)
        _ = bench.complete(body: #"{"s":"q\"\u00e9","o":{"k":[1, 2]}}"#)
        #expect(bench.machine.next() == .request)
        #expect(
            bench.body == #"{"n":1.10,"vu":7,"run":"run-1","t":"a\"q\"é\n","o":{"k":[1, 2]},"#
                + #""l":[null,true,"\\"]}"#)
    }

    @Test func formsArePercentEncoded() throws {
        let step = FlowFixture.get {
            $0.method = "put"
            $0.body = .form([
                ("a b", FlowFixture.template("x=${=0}&", [.name(.run)])),
                ("c", Template(literal: "")),
            ])
        }
        let bench = try FlowBench([step])
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(bench.body == "a%20b=x%3Drun-1%26&c=")
        #expect(bench.headers == ["Content-Type: application/x-www-form-urlencoded"])
        #expect(bench.machine.request.method == .put)
    }

    /// What would start another header or request ends the iteration.
    @Test(arguments: ["a\\r\\nX: y", "a\\n", "\\u0000"])
    func lineBreaksAreBadValues(json: String) throws {
        let value = FlowFixture.template("${=0}", [.name(.variable(0))])
        let inHeader = FlowFixture.get { $0.headers = [HeaderField(name: "X", value: value)] }
        let inURL = FlowFixture.get { $0.url = FlowFixture.template("/${=0}", value.expressions) }
        for step in [inHeader, inURL] {
            let first = FlowFixture.get { $0.captures = [FlowFixture.capture("$.v")] }
            let bench = try FlowBench([first, step], variables: ["v"])
            #expect(bench.run(body: "{\"v\":\"\(json)\"}") == .finished(failed: true))
            #expect(
                bench.drained() == [
                    "iteration_errors{reason=\"bad_value\",scenario=\"orders\"}": 1
                ])
        }
    }

    @Test func namesAreStaticOrBounded() throws {
        let named = FlowFixture.get("/a") { $0.name = Template(literal: "first") }
        let templated = FlowFixture.get("/b") {
            $0.name = FlowFixture.template("n${=0}", [.name(.iteration)])
        }
        let steps = [named, templated] + FlowFixture.order()
        let program = try FlowFixture.program(FlowFixture.scenario(steps))
        #expect(
            program.staticNames == [
                "first", "order new", "order cancel", "order replace", "order query",
            ])
        let bench = FlowBench(program)
        var seen: Set<String> = []
        for _ in 0..<300 {
            bench.begin()
            for _ in 0..<3 {
                #expect(bench.machine.next() == .request)
                seen.insert(bench.name)
                _ = bench.complete()
            }
        }
        #expect(seen.contains("(other)") && seen.contains("n0") && !seen.contains("n299"))
        // Those of templates are bounded, whatever the static ones are.
        let most = program.staticNames.count + Limits.requestNames + 1
        #expect(bench.names.names.count == most)
    }

    @Test func badProgramsAreRefused() {
        let bad: [(Step, String)] = [
            (FlowFixture.get { $0.method = "BREW" }, "unknown method 'BREW'"),
            (
                FlowFixture.get {
                    $0.captures = [
                        Capture(
                            variable: 0, source: .regex("(?=x)", group: 0), defaultValue: nil,
                            keep: false)
                    ]
                }, "look-around is not supported in the pattern '(?=x)'"
            ),
            (.think(.uniform(.seconds(2), .seconds(1))), "a think has a negative or empty range"),
        ]
        for (step, message) in bad {
            #expect {
                try FlowBench([step], variables: ["x"])
            } throws: { error in
                (error as? CommandFailure)?.message == message
            }
        }
        var scenario = FlowFixture.scenario([])
        scenario.workloads[0].exec = "nowhere"
        #expect(throws: CommandFailure.self) { try FlowFixture.program(scenario) }
    }
}

extension Template {
    /// The expressions in it, in order.
    var expressions: [Expression] {
        parts.compactMap { part in
            if case .expression(let expression) = part { return expression }
            return nil
        }
    }
}
