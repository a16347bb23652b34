// Control steps, conditions, names, metrics: accepted and refused, where, in which words.

import HarnessCore
import ScenarioModel
import Testing

@Suite struct StepTableTests {
    private static func document(_ steps: String) -> String {
        """
        name: t
        target: http://h
        scenarios: { s: { executor: constant-vus, duration: 1s } }
        flows:
          default:
            \(steps)

        """
    }

    private static func condition(_ text: String) -> String {
        document(
            """
            - get: { url: /x, capture: { a: $.a } }
                - { if: \(text), then: [{ fail: x }] }
            """)
    }

    @Test(
        arguments: [
            ("- repeat: { times: 0, steps: [] }", nil),
            ("- repeat: { while: 'loop < 3', max: 5, steps: [{ get: '/${loop}' }] }", nil),
            ("- »repeat: { times: 1, while: '1', steps: [] }", nil),
            ("- repeat: »{ steps: [] }", "either times or while"),
            ("- repeat: »{ times: 1 }", "steps is required"),
            ("- repeat: { times: 1, »max: 3, steps: [] }", "max: only with while"),
            ("- repeat: { times: »-1, steps: [] }", "\"-1\" is not in 0...1000000"),
            ("- repeat: { while: »'1 +', steps: [] }", "the condition ends in the middle"),
            ("- get: »'/${loop}'", "${loop} outside a repeat"),
            ("- parallel: { steps: [{ get: /a }, { post: /b }] }", nil),
            ("- batch: { max: 2, steps: [{ request: { url: /a } }] }", nil),
            ("- parallel: { max: »0, steps: [{ get: /a }] }", "\"0\" is not in 1...64"),
            ("- parallel: { steps: »[] }", "at least one request"),
            ("- parallel: { steps: [{ »think: 1 }] }", "only requests run in parallel"),
            (
                "- parallel: { steps: [{ get: { url: /a, capture: { q: $.q } } }, "
                    + "{ get: »'/${q}' }] }", "nothing defines \"q\""
            ),
            (
                "- parallel: { steps: [{ get: { url: /a, capture: { q: $.q } } }] }\n"
                    + "    - get: '/${q}'", nil
            ),
            ("- group: { name: g, »stps: [] , steps: [] }", "did you mean \"steps\"?"),
            ("- »then: [{ log: x }]", nil),
            ("- { if: '1', »els: [], then: [] }", "unknown key \"els\""),
            ("- »{ if: '1', else: [] }", "then is required"),
            ("- { if: »a, then: [{ log: x }] }", "nothing defines \"a\" in \"a\""),
            ("- fail: 'no ${vu}'", nil), ("- log: »[a]", "expected a text, not a list"),
            ("- metric: { name: m1, type: counter, value: 1 }", nil),
            ("- metric: { name: m1, type: rate, value: 'true', tags: { a: b } }", nil),
            ("- metric: { name: m1, type: trend, value: '${vu}', time: true }", nil),
            ("- metric: »{ type: counter, value: 1 }", "name is required"),
            ("- metric: »{ name: m1, value: 1 }", "type is required"),
            ("- metric: »{ name: m1, type: gauge }", "value is required"),
            ("- metric: { name: »m, type: gauge, value: 1 }", "1 to 128 letters"),
            ("- metric: { name: »1m, type: gauge, value: 1 }", "1 to 128 letters"),
            ("- metric: { name: »http_reqs, type: counter, value: 1 }", "is a built-in metric"),
            ("- metric: { name: »arrivals, type: counter, value: 1 }", "is a built-in metric"),
            (
                "- metric: { name: m1, type: »conter, value: 1 }",
                "none of counter, gauge, rate, trend; did you mean \"counter\"?"
            ),
            (
                "- metric: { name: m1, type: gauge, value: 1, »time: true }",
                "time: only with type trend"
            ),
            ("- metric: { name: m1, type: gauge, value: »x }", "\"x\" is no number"),
            (
                "- metric: { name: m1, type: gauge, value: 1 }\n"
                    + "    - metric: »{ name: m1, type: rate, value: 1 }",
                "metric \"m1\" is gauge elsewhere, and rate here: a metric has one type"
            ),
            (
                "- metric: { name: m1, type: gauge, value: 1, tags: { »rate: x } }",
                "the tag \"rate\" is set by spotload"
            ),
            (
                "- get: { url: /x, tags: { »name: x } }",
                "the tag \"name\" is set by spotload; a request has a key name for it"
            ),
            ("- get: »{ url: /x, from: order }", "use request"),
            ("- get: »'/${secret.}'", "nothing defines \"secret\""),
            ("- get: '/${secret.KEY}'", nil),
            ("- get: »'/${data.a.b}'", "data has no table \"a\""),
            ("- get: »'/${setup.a}'", "flow setup does not capture \"a\""),
            ("- order: { profile: hot, hotShare: »2 }", "is not from 0.0 to 1.0"),
            ("- order: { profile: deep, depth: 100, lanes: 4 }", nil),
            ("- order: { »depth: 100 }", "only with profile deep"),
            ("- order: { »makers: 100 }", "only with profile avalanche"),
            ("- order: { profile: avalanche, »mix: { limit: 1 } }", "avalanche has no mix"),
            ("- order: { lanes: 65536, »maxOpen: 1000 }", "lanes x maxOpen is more than"),
            ("- order: { mix: { retry: 1, stale: 1, bad: 1 } }", nil),
        ] as [(String, String?)])
    func rows(steps: String, words: String?) {
        // A mark without words stands in rows whose errors are several: only that they are refused.
        guard words == nil, steps.contains("»") else {
            MarkedDocument.check(Self.document(steps), words)
            return
        }
        #expect(!Documents.errors(Self.document(steps.replacing("»", with: ""))).isEmpty)
    }

    @Test(
        arguments: [
            ("\"${a} > 0 && vu != 3\"", nil), ("\"!(a == 'x') || exists(a)\"", nil),
            ("\"a matches '^x+$'\"", nil), ("\"(vu + 1) * 2 >= iteration % 3\"", nil),
            ("\"!!a\"", nil), ("a", nil), ("a ", nil), ("\"exists(env.X)\"", nil),
            ("\"${a:-0} < 1\"", nil), ("\"exists(response.status)\"", nil),
            ("»\"\"", "an empty condition"), ("»\"a ==\"", "the condition ends in the middle"),
            ("»\"a = 1\"", "unexpected \"=\""), ("»\"(a\"", "expected \")\""),
            ("»\"a < 1 < 2\"", "unexpected \"<\""), ("»\"a && \"", "ends in the middle"),
            ("»\"(a == 1) + 1\"", "a condition stands where a value is wanted"),
            ("»\"a matches b\"", "matches takes a pattern in single quotes"),
            ("»\"a matches '('\"", "is no regex"), ("»\"exists(1)\"", "exists takes a name"),
            ("»\"exists(b)\"", "nothing defines \"b\""), ("»\"b > 1\"", "nothing defines \"b\""),
            ("»\"${a > 1}\"", "unexpected \">\""), ("»\"env.NOPE == 1\"", "defines \"NOPE\""),
            ("»\"${a\"", "a ${ without }"), ("»[a]", "expected a text, not a list"),
            ("»\"a # b\"", "unexpected \"#\""),
        ] as [(String, String?)])
    func conditions(text: String, words: String?) {
        MarkedDocument.check(Self.condition(text), words)
    }

    @Test(.timeLimit(.minutes(1)))
    func longConditions() {
        for text in [
            String(repeating: "(", count: 5_000), String(repeating: "!", count: 5_000) + "vu",
            Array(repeating: "vu", count: 5_000).joined(separator: " && "),
            Array(repeating: "${vu}", count: 5_000).joined(separator: " == "),
        ] {
            let errors = Documents.errors(Self.condition("\"\(text)\""))
            #expect(errors.count <= 1)
        }
    }

    private static func parsed(_ text: String) throws -> Condition? {
        let scenario = try Documents.load(condition("\"\(text)\"")).scenario
        guard case .branch(let condition, _, _) = scenario.flows["default"]?.steps[1] else {
            return nil
        }
        return condition
    }

    @Test func precedence() throws {
        let a = Expression.name(.variable(0))
        let vu = Expression.name(.vu)
        #expect(
            try Self.parsed("a == 1 || !vu && ${a} != 'x'")
                == .or(
                    .compare(.equal, a, .integer(1)),
                    .and(.not(.truth(vu)), .compare(.notEqual, a, .text("x")))))
        #expect(
            try Self.parsed("(a || vu) && vu + 1 >= 2.5")
                == .and(
                    .or(.truth(a), .truth(vu)),
                    .compare(
                        .greaterOrEqual, .arithmetic(.add, vu, .integer(1)), .number(2.5))))
        #expect(try Self.parsed("a matches 'x'") == .matches(a, pattern: "x"))
        #expect(try Self.parsed("exists(a)") == .exists(.variable(0)))
        #expect(
            try Self.parsed("${a:-7} > 6")
                == .compare(.greater, .fallback(a, "7"), .integer(6)))
    }

    /// Names are certain, possible or impossible by the paths to them.
    @Test(
        arguments: [
            ("- if: 'vu'\n      then: [{ get: { url: /x, capture: { q: $.q } } }]", 1),
            (
                "- if: 'vu'\n      then: [{ get: { url: /x, capture: { q: $.q } } }]\n"
                    + "      else: [{ get: { url: /y, capture: { q: $.q } } }]", 0
            ),
            ("- repeat: { times: 1, steps: [{ get: { url: /x, capture: { q: $.q } } }] }", 0),
            ("- repeat: { times: 0, steps: [{ get: { url: /x, capture: { q: $.q } } }] }", 1),
            ("- repeat: { while: vu, steps: [{ get: { url: /x, capture: { q: $.q } } }] }", 1),
            ("- group: { name: g, steps: [{ get: { url: /x, capture: { q: $.q } } }] }", 0),
        ])
    func certainty(steps: String, warnings: Int) throws {
        let use = "\n    - get: '/${q}'"
        #expect(try Documents.load(Self.document(steps + use)).warnings.count == warnings)
        let fallback = "\n    - get: '/${q:-1}'"
        #expect(try Documents.load(Self.document(steps + fallback)).warnings.isEmpty)
        let asked = "\n    - { if: 'exists(q) && q > 1', then: [{ get: '/${q}' }] }"
        #expect(try Documents.load(Self.document(steps + asked)).warnings.isEmpty)
    }

    @Test func hooks() throws {
        let text = """
            name: t
            target: http://h
            scenarios: { s: { executor: constant-vus, duration: 1s } }
            flows:
              main: [{ get: '/${setup.first}' }]
              teardown: [{ delete: '/${setup.first}' }]
              setup:
                - get: { url: /x, capture: { first: $.a, other: $.b } }
                - get: '/${first}'
            """
        let scenario = try Documents.load(text).scenario
        #expect(scenario.workloads[0].exec == "main")
        guard case .request(let request)? = scenario.flows["main"]?.steps.first else {
            Issue.record("\(scenario.flows)")
            return
        }
        #expect(request.url.parts == [.literal("/"), .expression(.name(.setup("first")))])
        MarkedDocument.check(
            text.replacing(
                "'/${setup.first}' }]\n  teardown", with: "»'/${setup.frst}' }]\n  teardown"),
            "did you mean \"first\"?")
        MarkedDocument.check(
            text.replacing("'/${first}'", with: "»'/${setup.first}'"),
            "within setup its captures are plain names: ${first}")
        MarkedDocument.check(
            text.replacing("{ delete:", with: "{ »order: }, { delete:"),
            "setup and teardown run once and draw no orders")
        MarkedDocument.check(
            text.replacing("duration: 1s }", with: "duration: 1s, exec: »setup }"),
            "flow 'setup' runs once for the whole fleet")
    }

    @Test func everyStepDecodes() throws {
        let text = Self.document(
            """
            - if: "${vu} > 1"
                  then: [{ fail: "x" }]
                  else: [{ log: "y" }]
                - repeat: { while: "loop < 2", steps: [{ get: "/${loop}" }] }
                - parallel: { max: 3, steps: [{ get: /a }, { get: /b }] }
                - metric: { name: zz, type: counter, value: "1" }
                - metric: { name: aa, type: trend, value: "${vu}", time: true, tags: { k: v } }
            """)
        let scenario = try Documents.load(text).scenario
        #expect(scenario.customMetrics.map(\.name) == ["aa", "zz"])
        #expect(scenario.customMetrics[0].isTime && scenario.customMetrics[1].kind == .counter)
        let steps = try #require(scenario.flows["default"]?.steps)
        guard case .branch(_, let then, let otherwise) = steps[0],
            case .repeatWhile(_, max: 1_000, let rounds) = steps[1],
            case .parallel(3, let requests) = steps[2], case .metric(let zz) = steps[3],
            case .metric(let aa) = steps[4]
        else {
            Issue.record("\(steps)")
            return
        }
        #expect(then == [.fail(Template(literal: "x"))])
        #expect(otherwise == [.log(Template(literal: "y"))] && rounds.count == 1)
        #expect(requests.map(\.id) == [1, 2] && zz.metric == 1 && aa.metric == 0)
        #expect(aa.tags == ["k": "v"])
    }

    /// The profiles' own parameters (scenarios.md section 3).
    @Test func profiles() throws {
        func model(_ options: String) throws -> OrderModel {
            let scenario = try Documents.load(Self.document("- order: { \(options) }")).scenario
            return try #require(scenario.flows["default"]?.orderModels.first)
        }
        func weights(_ options: String) throws -> [UInt64] { try model(options).mix.map(\.weight) }
        let steady: [UInt64] = [55, 3, 6, 1, 5, 27, 2, 1]
        #expect(try weights("profile: steady") == steady && weights("profile: hot") == steady)
        #expect(try weights("profile: burst") == steady)
        #expect(try weights("profile: retry") == steady.map { $0 * 48 } + [100, 100])
        #expect(try weights("profile: poison") == steady.map { $0 * 4 } + [100])
        let deep = try model("profile: deep")
        #expect(deep.mix.map(\.weight) == [46, 3, 1, 1, 46, 2, 1] && deep.aggressive == 0.02)
        #expect(deep.maxOpen == 375 && deep.depth == 20_000)
        #expect(try model("profile: deep, depth: 10, lanes: 3").maxOpen == 4)
        #expect(try model("profile: deep, maxOpen: 7, aggressive: 0.5").maxOpen == 7)
        #expect(try model("profile: hot").hotShare == 0.8)
        #expect(try model("profile: avalanche, makers: 7").makers == 7)
    }
}
