// Names that come from outside the flow: setup captures, secrets, the environment; `fail`, and what
// a hook says about its end.

import HarnessCore
import LoadGen
import ScenarioModel
import Testing

@Suite struct FlowNameTests {
    private static func show(_ names: Expression...) -> Step {
        let marks = names.indices.map { "${=\($0)}" }.joined(separator: "|")
        return FlowFixture.get { $0.body = .text(FlowFixture.template(marks, names)) }
    }

    @Test func setupCapturesAreSharedByAllIterations() throws {
        let bench = try FlowBench([
            Self.show(.name(.setup("a")), .name(.setup("b")), .fallback(.name(.setup("c")), "-")),
            FlowFixture.get {
                $0.body = .json(.text(FlowFixture.template("${=0}", [.name(.setup("b"))])))
            },
        ])
        #expect(bench.run() == .finished(failed: true))
        #expect(
            bench.drained() == [
                "iteration_errors{reason=\"undefined_name\",scenario=\"orders\"}": 1
            ])
        bench.context.provide(setup: [
            "a": SetupValue(kind: .text, text: "x"), "b": SetupValue(kind: .number, text: "1.50"),
            "other": SetupValue(kind: .json, text: "[]"),
        ])
        for _ in 0..<2 {
            bench.begin()
            #expect(bench.machine.next() == .request)
            #expect(bench.body == "x|1.50|-")
            _ = bench.complete()
            #expect(bench.machine.next() == .request)
            #expect(bench.body == "1.50")
            _ = bench.complete()
        }
    }

    @Test func secretsAreTextsAndNoNames() throws {
        let secret = Expression.name(.secret("KEY"))
        let step = FlowFixture.get {
            $0.headers = [
                HeaderField(name: "X-Key", value: FlowFixture.template("${=0}", [secret]))
            ]
            $0.body = .json(.text(FlowFixture.template("${=0}", [secret])))
            $0.name = FlowFixture.template("GET ${=0}", [secret])
        }
        let scenario = FlowFixture.scenario([step])
        let program = try FlowFixture.program(scenario, secrets: ["KEY": "12345678"])
        #expect(program.staticNames == ["GET ***"])
        let bench = FlowBench(program)
        bench.begin()
        #expect(bench.machine.next() == .request)
        #expect(bench.headers.first == "X-Key: 12345678")
        #expect(bench.body == "\"12345678\"")
        #expect(bench.name == "GET ***")
        // An agent without it.
        #expect(FlowBench(try FlowFixture.program(scenario)).run() == .finished(failed: true))
    }

    /// A target that sends a secret back does not get it into a request's name.
    @Test func echoedSecretsAreNoNames() throws {
        let first = FlowFixture.get { $0.captures = [FlowFixture.capture("$.e")] }
        let second = FlowFixture.get {
            $0.name = FlowFixture.template("n ${=0}", [.name(.variable(0))])
        }
        let bench = FlowBench(
            try FlowFixture.program(
                FlowFixture.scenario([first, second], variables: ["e"]),
                secrets: ["KEY": "s3cret!"]))
        bench.begin()
        _ = bench.machine.next()
        _ = bench.complete(body: #"{"e":"a s3cret! b"}"#)
        #expect(bench.machine.next() == .request)
        #expect(bench.name == "n a *** b")
    }

    @Test func failEndsTheIteration() throws {
        let bench = try FlowBench([
            .fail(FlowFixture.template("no ${=0}", [.name(.vu)])), FlowFixture.get(),
        ])
        #expect(bench.run() == .finished(failed: true))
        #expect(bench.machine.failureText == nil)
        #expect(bench.drained() == ["iteration_errors{reason=\"fail\",scenario=\"orders\"}": 1])
        bench.machine.explainsFailures = true
        #expect(bench.run() == .finished(failed: true))
        #expect(bench.machine.failureText == "no 7")
    }

    /// Status, body -> what is said about it.
    @Test(
        arguments: [
            (200, "{\"v\":1}", nil),
            (0, "", "request 'GET /x' got no response"),
            (503, "", "request 'GET /x' got status 503"),
            (503, "key s3cret!\n no", "request 'GET /x' got status 503: key ***  no"),
            (200, "{}", "undefined_name ${v} after request 'GET /x'"),
        ] as [(Int, String, String?)])
    func failuresInWords(status: Int, body: String, text: String?) throws {
        let first = FlowFixture.get { $0.captures = [FlowFixture.capture("$.v")] }
        let second = Self.show(.name(.variable(0)))
        let bench = FlowBench(
            try FlowFixture.program(
                FlowFixture.scenario([first, second], variables: ["v"]),
                secrets: ["KEY": "s3cret!"]))
        bench.machine.explainsFailures = true
        bench.begin()
        #expect(bench.machine.next() == .request)
        _ = bench.complete(status, body: body)
        if bench.machine.next() == .request {
            _ = bench.complete()
            #expect(bench.machine.next() == .finished(failed: false))
        }
        #expect(bench.machine.failureText == text)
        // The next iteration begins without.
        bench.begin()
        #expect(bench.machine.failureText == nil)
    }

    @Test func hooks() throws {
        var scenario = FlowFixture.scenario([])
        scenario.flows["setup"] = Flow(
            name: "setup",
            steps: [
                FlowFixture.get {
                    $0.captures = ["$.t", "$.n", "$.j", "$.none"].enumerated().map {
                        Capture(
                            variable: $0, source: .json(FlowFixture.path($1)), defaultValue: nil,
                            keep: false)
                    }
                    $0.headers = [
                        HeaderField(
                            name: "X", value: FlowFixture.template("${=0}", [.name(.scenario)]))
                    ]
                }
            ], variables: ["t", "n", "j", "none"])
        func program(_ hook: FlowHook) throws -> FlowProgram? {
            try FlowProgram(
                hook: hook, scenario: scenario, targetURL: "http://t:1", runID: "r", slot: 0,
                env: [:], runTag: "abcdef", secrets: [:])
        }
        #expect(try program(.teardown) == nil)
        guard let setup = try program(.setup) else {
            Issue.record("no setup")
            return
        }
        let bench = FlowBench(setup)
        bench.machine.explainsFailures = true
        #expect(
            bench.run(body: #"{"t":"a\nb","n":1.50,"j":[1,{"x":null}]}"#)
                == .finished(failed: false))
        #expect(bench.headers == ["X: setup"])
        #expect(bench.machine.failureText == nil)
        #expect(
            bench.machine.captures == [
                "t": SetupValue(kind: .text, text: "a\nb"),
                "n": SetupValue(kind: .number, text: "1.50"),
                "j": SetupValue(kind: .json, text: #"[1,{"x":null}]"#),
            ])
    }

    /// Order ids of hooks are those of no workload.
    @Test func hooksHaveOrderIDsOfTheirOwn() throws {
        var scenario = FlowFixture.scenario(FlowFixture.order())
        scenario.workloads += ["a", "z"].map {
            Workload(name: $0, exec: "main", executor: scenario.workloads[0].executor)
        }
        for hook in [FlowHook.setup, .teardown] {
            scenario.flows[hook.rawValue] = Flow(
                name: hook.rawValue, steps: FlowFixture.order(), variables: [])
        }
        var prefixes: [String] = []
        for hook in [FlowHook.setup, .teardown] {
            guard
                let program = try FlowProgram(
                    hook: hook, scenario: scenario, targetURL: "http://t:1", runID: "r", slot: 0,
                    env: [:], runTag: "abcdef")
            else { continue }
            let bench = FlowBench(program)
            bench.begin()
            #expect(bench.machine.next() == .request)
            let id = bench.body.split(separator: "\"").first { $0.hasPrefix("abcdef") }
            prefixes.append(String(id?.prefix { $0 != "." } ?? ""))
        }
        #expect(prefixes == ["abcdef3", "abcdef4"])
    }

    /// `$.code` of rejects, by number: at most 64 of them.
    @Test func rejectCodes() throws {
        let step = FlowFixture.get { $0.rejects = StatusSet([400...400]) }
        let bench = try FlowBench([step])
        func code(_ body: String, status: Int = 400) -> String? {
            bench.begin()
            _ = bench.machine.next()
            #expect(bench.complete(status, body: body) == (status == 400 ? .rejected : .ok))
            let id = bench.machine.rejectCode
            return id < 0 ? nil : bench.context.rejectCodeName(id)
        }
        for (body, expected) in [
            (#"{"code":-2010,"msg":"x"}"#, "-2010"), (#"{"code":"A\"b"}"#, "A\"b"),
            (#"{"code":true}"#, "true"), (#"{"code":null}"#, nil), (#"{"code":{}}"#, nil),
            ("", nil), ("{", nil),
            (
                #"{"code":"\#(String(repeating: "x", count: 90))"}"#,
                String(repeating: "x", count: 40)
            ),
            (#"{"code":"a\u0007b"}"#, "a b"), (#"{"code":-2010}"#, "-2010"),
        ] as [(String, String?)] {
            #expect(code(body) == expected, "\(body)")
        }
        let seen = Set((0..<100).compactMap { code("{\"code\":\($0)}") })
        #expect(seen.count == 64 - 5 + 1 && seen.contains("(other)") && seen.contains("0"))
        #expect(code(#"{"code":-2010}"#) == "-2010")
    }
}
