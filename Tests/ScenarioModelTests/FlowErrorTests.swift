// Steps, requests, checks, captures, order models: accepted and refused.

import ScenarioModel
import Testing

@Suite struct FlowErrorTests {
    /// Steps in flow style on line 5 from column 1.
    @Test(
        arguments: [
            ("[{ get: /x }]", nil), ("[{ options: { url: /x, timeout: 1s } }]", nil),
            ("[{ request: { method: patch, url: /x } }]", nil),
            (
                "[{ request: { method: COPY, url: /x } }]",
                "5:23: flows.default[0].request.method: \"COPY\" is none of GET, POST, PUT, PATCH, "
                    + "DELETE, HEAD, OPTIONS"
            ),
            (
                "[{ get: { method: POST, url: /x } }]",
                "5:11: unknown key \"method\" in flows.default[0].get"
            ),
            ("[{ get: { name: a } }]", "5:9: flows.default[0].get: url is required"),
            (
                "[{ get: '/a b' }]",
                "5:9: flows.default[0].get: \"/a b\" has blanks; percent-encode them"
            ),
            (
                "[{ get: /x, think: 1s }]",
                "5:2: flows.default[0]: a step is a map with one key, not 2"
            ),
            ("[]", "4:10: flows.default: a flow has at least one step"),
            ("{}", "5:1: flows.default: expected a list, not a map"),
            (
                "[{ if: '${vu} > 1 && !(iteration == 3)', then: [{ fail: x }] }, { log: '${vu}' }]",
                nil
            ),
            (
                "[{ if: 'x', then: [] }]",
                "5:8: flows.default[0].if: nothing defines \"x\" in \"x\""
            ),
            ("[{ repeat: { steps: [] } }]", "5:12: flows.default[0].repeat: either times or while"),
            ("[{ parallel: {} }]", "5:14: flows.default[0].parallel: steps is required"),
            ("[{ fail: }]", "5:4: flows.default[0].fail: expected a text, not nothing"),
            (
                "[{ post: { url: /x, bodyFile: a } }]",
                "5:31: flows.default[0].post.bodyFile: \"a\" cannot be read: No such file or "
                    + "directory"
            ),
            (
                "[{ post: { url: /x, json: {}, body: a } }]",
                "5:31: flows.default[0].post: one of json, form, body, bodyFile, not json "
                    + "and body"
            ),
            ("[{ post: { url: /x, form: { a: 1, b: '${vu}' } } }]", nil),
            (
                "[{ think: 100ms }, { think: { exponential: 1s, max: 3s } }]",
                nil
            ),
            (
                "[{ think: { uniform: [2s, 1s] } }]",
                "5:22: flows.default[0].think.uniform: the first is longer than the second"
            ),
            (
                "[{ think: { uniform: [2s] } }]",
                "5:22: flows.default[0].think.uniform: takes two durations"
            ),
            (
                "[{ think: { unifrm: [1s, 2s], exponential: 1s } }]",
                "5:13: unknown key \"unifrm\" in flows.default[0].think; did you mean \"uniform\"?"
            ),
            (
                "[{ choose: [{ weight: 0, steps: [{ get: /x }] }] }]",
                "5:23: flows.default[0].choose[0].weight: \"0\" is not in 1...1000000"
            ),
            (
                "[{ choose: [{ steps: [{ get: /x }] }] }]",
                "5:13: flows.default[0].choose[0]: weight is required"
            ),
            (
                "[{ group: { name: 'a::b', steps: [] } }]",
                "5:19: flows.default[0].group.name: a group's name is not empty and has no \"::\" "
                    + "and no template"
            ),
            ("[{ group: { name: a, steps: [{ order: }, { request: { from: order } }] } }]", nil),
            (
                "[{ choose: [{ weight: 1, steps: [{ order: {} }] }] }]",
                "5:36: flows.default[0].choose[0].steps[0].order: stands at the top of "
                    + "a flow or in a "
                    + "group only"
            ),
            (
                "[{ order: {} }, { order: {} }]",
                "5:19: flows.default[1].order: a flow has one order step"
            ),
            ("[{ order: { profile: hot, hotShare: 0.5 } }]", nil),
            (
                "[{ order: { hotShare: 0.5 } }]",
                "5:13: flows.default[0].order.hotShare: only with profile hot"
            ),
            (
                "[{ order: { profile: stedy } }]",
                "5:22: flows.default[0].order.profile: \"stedy\" is none of steady, "
                    + "hft, burst, hot, "
                    + "deep, avalanche, retry, poison; did you mean \"steady\"?"
            ),
            ("[{ order: { symbols: [A, B], mix: { limit: 3, cancel: 1 }, tick: '0.05' } }]", nil),
            (
                "[{ order: { symbols: 0 } }]",
                "5:22: flows.default[0].order.symbols: \"0\" is not in 1...10000"
            ),
            (
                "[{ order: { mix: { limt: 3 } } }]",
                "5:20: unknown key \"limt\" in flows.default[0].order.mix; did you mean \"limit\"?"
            ),
            (
                "[{ order: { tick: '0.00' } }]",
                "5:19: flows.default[0].order.tick: \"0.00\" is no positive decimal such as 0.01"
            ),
            (
                "[{ request: { from: order } }]",
                "5:21: flows.default[0].request.from: order without an order step "
                    + "before it in this "
                    + "flow"
            ),
            (
                "[{ order: {} }, { request: { from: order, url: /x } }]",
                "5:43: flows.default[1].request.url: from: order brings its own method, "
                    + "url and body"
            ),
            ("[{ get: { url: /x, expect: [200, 2xx, 300-310], rejects: 404 } }]", nil),
            (
                "[{ get: { url: /x, expect: [2x] } }]",
                "5:29: flows.default[0].get.expect: \"2x\" is no status: 200, 2xx or 200-299"
            ),
            (
                "[{ get: { url: /x, rejects: 600 } }]",
                "5:29: flows.default[0].get.rejects: \"600\" is no status: 200, 2xx or 200-299"
            ),
            (
                "[{ get: { url: /x, onFail: abort } }]",
                "5:28: flows.default[0].get.onFail: \"abort\" is none of stop, continue"
            ),
            (
                "[{ get: { url: /x, headers: { X: \"a\\nb\" } } }]",
                "5:34: flows.default[0].get.headers.X: a header has no CR, LF or NUL"
            ),
            (
                "[{ get: { url: /x, tags: { a: '${vu}' } } }]",
                "5:31: flows.default[0].get.tags.a: takes a text without ${...}, not \"${vu}\""
            ),
        ] as [(String, String?)])
    func steps(steps: String, expected: String?) {
        let errors = Documents.errors(Documents.flow(steps))
        #expect(errors == (expected.map { [$0] } ?? []))
    }

    /// A check of a GET, on line 5 from column 28.
    @Test(
        arguments: [
            ("{ status: 200, time: { '<': 500ms }, body: { contains: a, matches: '^x+$' } }", nil),
            ("{ json: { '$.a': 1, \"$['x'][-1][*]\": { length: { '>': 2 } } } }", nil),
            ("[{ name: ok, header: { Content-Type: { exists: true } } }]", nil),
            ("{ status: { in: [200, 2xx] } }", nil), ("{ status: { '<': 300 } }", nil),
            (
                "{ sttus: 200 }",
                "unknown key \"sttus\" in flows.default[0].get.check; did you mean "
                    + "\"status\"?"
            ),
            ("{ body: { like: a } }", "unknown key \"like\" in flows.default[0].get.check.body"),
            ("{ body: { matches: '(' } }", "is no regex"),
            ("{ body: { matches: '(?=a)b' } }", "look-around and back-references"),
            ("{ body: { matches: '(a)\\1' } }", "look-around and back-references"),
            ("{ body: { matches: '(a+)+b' } }", "can take exponential time"),
            ("{ body: { matches: '((a|b)c)*' } }", "can take exponential time"),
            ("{ body: { matches: '(\\w|\\s|[^}])+x' } }", "can take exponential time"),
            ("{ body: { matches: '(a{2,}b){99}' } }", "can take exponential time"),
            ("{ body: { matches: '(ab)+(c|d)[(|]*x{3}(e?f)*\\(+' } }", nil),
            ("{ time: { '<': 1.5ms, in: [1, 2ms] } }", nil),
            ("{ time: { '<': '${vu}' } }", "expected a duration such as 1m30s, not \"${vu}\""),
            ("{ time: { exists: true } }", "a time is compared with durations only"),
            ("{ time: { '<': fast } }", "expected a duration such as 1m30s, not \"fast\""),
            ("{ body: { '<': abc } }", "compares numbers, not \"abc\""),
            ("{ json: { a.b: 1 } }", "\"a.b\": a JSON path begins with $"),
            ("{ json: { '$..b': 1 } }", "\"..\" is not supported"),
            ("{ json: { '$[?(@.a)]': 1 } }", "only ['name'], [0], [-1] and [*] stand in brackets"),
            ("[{ name: a, status: 200, body: x }]", "a check of a list has one of"),
            ("[{ name: a }]", "checks nothing"),
            ("{ body: { exists: maybe } }", "expected true or false, not \"maybe\""),
        ] as [(String, String?)])
    func checks(check: String, words: String?) {
        let errors = Documents.errors(Documents.flow("[{ get: { url: /x, check: \(check) } }]"))
        if let words {
            #expect(errors.count == 1 && errors[0].contains(words), "\(errors)")
        } else {
            #expect(errors == [])
        }
    }

    @Test(
        arguments: [
            ("{ a: $.x }", nil),
            ("{ a: { regex: 'x(.)', group: 1, default: 0, keep: true } }", nil),
            ("{ a: { header: X-Id } }", nil), ("{ a: x }", "a JSON path begins with $"),
            ("{ now: $.x }", "\"now\" cannot be captured"),
            ("{ order: $.x }", "cannot be captured"),
            ("{ 'a-b': $.x }", "cannot be captured"),
            ("{ a: { json: $.x, header: Y } }", "one of json"),
            ("{ a: { regex: '(x)', group: 2 } }", "the regex has no group 2"),
            ("{ a: { json: $.x, group: 2 } }", "only with regex"),
            ("{ a: { jsn: $.x } }", "one of json, header, regex"),
        ] as [(String, String?)])
    func captures(capture: String, words: String?) {
        let errors = Documents.errors(
            Documents.flow("[{ get: { url: /x, capture: \(capture) } }]"))
        if let words {
            #expect(errors.contains { $0.contains(words) }, "\(errors)")
        } else {
            #expect(errors == [])
        }
    }

    @Test(arguments: ["setup", "teardown"])
    func flowsOfTheFleet(name: String) {
        let text = Documents.base.replacing("{ default:", with: "{ \(name): [], default:")
        #expect(
            Documents.errors(text) == ["3:10: flows.\(name): a flow has at least one step"])
    }

    @Test func decoded() throws {
        let text = Documents.flow(
            """
            [{ post: { url: '/a?b=${vu}', json: { n: 1.50, t: '1', z: null, x: '${iteration}' },
              capture: { id: $.id } } },
             { choose: [{ weight: 9, steps: [{ get: '/o/${id}' }] },
                        { weight: 1, steps: [{ delete: { url: '/o/${id}', name: gone } }] }] }]
            """)
        let flow = try #require(try Documents.load(text).scenario.flows["default"])
        #expect(flow.variables == ["id"])
        guard case .request(let post) = flow.steps[0], case .choose(let choices) = flow.steps[1],
            case .request(let gone) = choices[1].steps[0]
        else {
            Issue.record("\(flow.steps)")
            return
        }
        #expect(post.id == 0 && post.method == "POST" && post.name.constant == "POST /a?b=${vu}")
        #expect(
            post.body
                == .json(
                    .object([
                        .init(key: "n", value: .number("1.50")),
                        .init(key: "t", value: .text(Template(literal: "1"))),
                        .init(key: "z", value: .null),
                        .init(
                            key: "x",
                            value: .text(
                                Template(
                                    source: "${iteration}",
                                    parts: [.expression(.name(.iteration))]))),
                    ])))
        #expect(choices.map(\.weight) == [9, 1])
        #expect(gone.id == 2 && gone.method == "DELETE" && gone.name.constant == "gone")
        #expect(
            gone.url.parts == [.literal("/o/"), .expression(.name(.variable(0)))])
    }
}
