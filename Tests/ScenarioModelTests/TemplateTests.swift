// `${EXPR}`: grammar, names, what is certain; JSON paths; statuses.

import ScenarioModel
import Testing

@Suite struct TemplateTests {
    /// The parts of a body, after an order step and a request that captures `a`.
    private static func parts(_ text: String) throws -> [Template.Part] {
        let quoted = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let document = Documents.flow(
            """
            [{ order: {} }, { get: { url: /x, capture: { a: $.a } } },
             { post: { url: /x, body: "\(quoted)" } }]
            """)
        var options = LoadOptions()
        options.variables = ["V": "1"]
        let scenario = try Documents.load(document, options).scenario
        guard case .request(let request)? = scenario.flows["default"]?.steps.last,
            case .text(let template) = request.body
        else { return [] }
        return template.parts
    }

    @Test(
        arguments: [
            (
                "1 + 2 * 3",
                .arithmetic(.add, .integer(1), .arithmetic(.multiply, .integer(2), .integer(3)))
            ),
            (
                "(1 - 2) / 3.5",
                .arithmetic(.divide, .arithmetic(.subtract, .integer(1), .integer(2)), .number(3.5))
            ),
            (
                "7 % 2 - 1",
                .arithmetic(
                    .subtract, .arithmetic(.remainder, .integer(7), .integer(2)), .integer(1))
            ),
            ("-vu", .negate(.name(.vu))), ("--vu", .name(.vu)), ("a", .name(.variable(0))),
            ("a:-x y", .fallback(.name(.variable(0)), "x y")),
            ("a:-", .fallback(.name(.variable(0)), "")),
            ("'a}b'", .text("a}b")), (" now ", .name(.now)), ("now()", .name(.now)),
            ("now('iso')", .name(.nowISO)), ("uuid", .name(.uuid)),
            ("random(1,100)", .random(.integer(1), .integer(100))),
            ("base64(a)", .base64(.name(.variable(0)))), ("urlencode('x')", .urlencode(.text("x"))),
            ("order.priceTicks", .name(.order(.priceTicks))), ("env.V", .name(.env("V"))),
            ("env.NO:-x", .fallback(.name(.env("NO")), "x")),
            ("response.status", .name(.responseStatus)), ("response.time", .name(.responseTime)),
            ("iterationInTest", .name(.iterationInTest)), ("agent", .name(.agent)),
        ] as [(String, Expression)])
    func expressions(text: String, expected: Expression) throws {
        #expect(try Self.parts("${\(text)}") == [.expression(expected)])
    }

    @Test(
        arguments: [
            ("x$y", [.literal("x$y")]), ("$${a}", [.literal("${a}")]), ("", []),
            (
                "a${vu}b${run}",
                [.literal("a"), .expression(.name(.vu)), .literal("b"), .expression(.name(.run))]
            ),
        ] as [(String, [Template.Part])])
    func texts(text: String, expected: [Template.Part]) throws {
        #expect(try Self.parts(text) == expected)
    }

    @Test(arguments: [
        ("${}", "an empty ${}"), ("${vu", "a ${ without }"), ("${1 +}", "unexpected \"}\""),
        ("${(1}", "expected \")\""), ("${1 2}", "unexpected \"2\""), ("${'a}", "closing '"),
        ("${b}", "nothing defines \"b\""), ("${iteratoin}", "did you mean \"iteration\"?"),
        ("${data.x.y}", "data has no table \"x\""),
        ("${loop}", "${loop} outside a repeat"),
        ("${setup.x}", "flow setup does not capture \"x\""),
        ("${order.prise}", "did you mean \"order.price\"?"), ("${env.NO}", "defines \"NO\""),
        ("${env.NO + 1}", "defines \"NO\""), ("${random(1)}", "random takes two numbers"),
        ("${random(2,1)}", "has no numbers"), ("${randm(1,2)}", "did you mean \"random\"?"),
        ("${now('x')}", "now takes nothing or 'iso'"), ("${1:-x}", "no name"),
        ("${9999999999999999999}", "beyond 64 bits"), ("${1x}", "a malformed number"),
        ("${a b}", "unexpected \"b\""), ("${é}", "unexpected \"é\""),
    ])
    func refused(text: String, words: String) {
        let error = #expect(throws: ScenarioErrors.self) { _ = try Self.parts(text) }
        #expect(error?.errors.count == 1)
        #expect(
            error?.errors.first?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test func deepExpressionsAreRefused() {
        for text in [
            String(repeating: "(", count: 5_000) + "1", String(repeating: "1+", count: 5_000) + "1",
            String(repeating: "-", count: 20_000) + "a" + String(repeating: "*1", count: 999),
            String(repeating: "base64(", count: 5_000) + "1",
        ] {
            #expect(throws: ScenarioErrors.self) { _ = try Self.parts("${\(text)}") }
        }
    }

    @Test func orderNamesNeedAnOrder() {
        let errors = Documents.errors(Documents.flow("[{ get: '/${order.op}' }]"))
        #expect(errors.count == 1 && errors[0].contains("before an order step"), "\(errors)")
    }

    /// A name of one branch is a warning, of all branches none, of a later step an error.
    @Test(arguments: [
        ("[{ choose: [{ weight: 1, steps: [C] }, { weight: 1, steps: [C] }] }, U]", 0, 0),
        (
            "[{ choose: [{ weight: 1, steps: [C] }, { weight: 1, steps: [{ think: 1 }] }] }, U]", 0,
            1
        ),
        ("[U, C]", 1, 0), ("[U, K]", 0, 1), ("[C, U]", 0, 0),
        ("[{ choose: [{ weight: 1, steps: [C] }, { weight: 1, steps: [U] }] }]", 0, 1),
        (
            "[{ choose: [{ weight: 1, steps: [{ think: 1 }] }, { weight: 1, steps: [C] }] }, F]", 0,
            0
        ),
    ])
    func certainty(steps: String, errors: Int, warnings: Int) throws {
        let text = Documents.flow(
            steps.replacing("C", with: "{ get: { url: /x, capture: { x: $.x } } }")
                .replacing(
                    "K", with: "{ get: { url: /x, capture: { x: { json: $.x, keep: true } } } }"
                )
                .replacing("U", with: "{ get: '/${x}' }").replacing(
                    "F", with: "{ get: '/${x:-1}' }"))
        #expect(Documents.errors(text).count == errors)
        if errors == 0 { #expect(try Documents.load(text).warnings.count == warnings) }
    }

    @Test func environmentOfScenariosAndCommandLine() throws {
        var options = LoadOptions()
        options.variables = ["A": "1"]
        options.environment = ["A": "2", "B": "3", "UNUSED": "4"]
        let text = Documents.flow("[{ get: '/${env.A}/${env.B}/${env.C}' }]")
            .replacing("duration: 1s", with: "duration: 1s, env: { C: x }")
        let loaded = try Documents.load(text, options)
        #expect(loaded.usedEnv == ["A": "1", "B": "3"])
        // Agents get the values beside the document, not from an environment of theirs.
        #expect(throws: Never.self) {
            try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML)
        }
    }

    @Test(
        arguments: [
            ("$", []), ("$.a.b", [.name("a"), .name("b")]),
            ("$['a b'][0][-1]", [.name("a b"), .index(0), .index(-1)]),
            ("$.a[*].*", [.name("a"), .wildcard, .wildcard]), ("$[\"x\"]", [.name("x")]),
            ("a", nil), ("$.", nil), ("$a", nil), ("$[", nil), ("$['a", nil), ("$[0:1]", nil),
            ("$..a", nil),
        ] as [(String, [JSONPath.Segment]?)])
    func jsonPaths(text: String, segments: [JSONPath.Segment]?) {
        #expect(JSONPath.parse(text).path?.segments == segments)
    }

    @Test(
        arguments: [
            ("200", 200...200), ("2xx", 200...299), ("200-204", 200...204), ("99", nil),
            ("600", nil),
            ("6xx", nil), ("204-200", nil), ("2x", nil), ("+20", nil), ("200-", nil),
        ] as [(String, ClosedRange<Int>?)])
    func statuses(text: String, range: ClosedRange<Int>?) {
        #expect(StatusSet.parse(text) == range)
    }
}
