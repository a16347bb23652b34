// `thresholds` in a document: forms, k6's words, tags that nothing can have.

import HarnessCore
import ScenarioModel
import Testing

@Suite struct ThresholdDocumentTests {
    private static func document(_ thresholds: String) -> String {
        """
        name: t
        target: http://h
        tags: { team: a }
        scenarios:
          orders: { executor: constant-vus, duration: 1s, exec: trade }
          readers: { executor: constant-vus, duration: 1s, exec: read, tags: { kind: r } }
        flows:
          trade: [{ order: { profile: hft } }, { request: { from: order } }]
          read:
            - get: { url: /x, name: depth, check: { status: 200 } }
            - group: { name: a, steps: [{ group: { name: b, steps: [{ post: '/p' }] } }] }
            - get: { url: /y, name: 'sym ${vu} end' }
        thresholds:
          \(thresholds)
        """
    }

    @Test(
        arguments: [
            ("http_reqs: count>1", nil), ("http_reqs: ['count>1', { threshold: 'rate>1' }]", nil),
            ("'http_reqs{scenario:orders}': count>1", nil),
            (
                "'http_reqs{scenario:order}': count>1",
                "14:3: thresholds: nothing has the tag scenario:order; did you mean \"orders\"?"
            ),
            (
                "'http_reqs{scenari:orders}': count>1",
                "14:3: thresholds: nothing has a tag \"scenari\"; did you mean \"scenario\"?"
            ),
            ("'http_reqs{name:depth}': count>1", nil),
            ("'http_reqs{name:order cancel}': count>1", nil),
            (
                "'http_reqs{name:order query}': count>1",
                "14:3: thresholds: nothing has the tag name:order query"
            ),
            ("'http_reqs{name:sym 7 end}': count>1", nil),
            (
                "'http_reqs{name:sim 7 end}': count>1",
                "14:3: thresholds: nothing has the tag name:sim 7 end"
            ),
            ("'http_reqs{name:POST /p}': count>1", nil),
            ("'http_reqs{method:DELETE}': count>1", nil),
            (
                "'http_reqs{method:PATCH}': count>1",
                "14:3: thresholds: nothing has the tag method:PATCH"
            ),
            ("'http_reqs{group:::a::b}': count>1", nil),
            (
                "'http_reqs{group:::a::c}': count>1",
                "14:3: thresholds: nothing has the tag group:::a::c; did you mean \"::a::b\"?"
            ),
            ("'checks{check:status}': rate>0.9", nil), ("'orders{op:replace}': count>1", nil),
            ("'http_reqs{team:a,kind:r}': count>1", nil),
            ("'http_reqs{team:b}': count>1", "14:3: thresholds: nothing has the tag team:b"),
            ("'http_reqs{status:200}': count>1", nil), ("http_reqs: []", nil),
            (
                "'http_reqs{status:abc}': count>1",
                "14:3: thresholds: nothing has the tag status:abc"
            ),
            ("'http_reqs{error:http_503,error_code:1503}': count>1", nil),
            (
                "'http_reqs{error:timeot}': count>1",
                "14:3: thresholds: nothing has the tag error:timeot; did you mean \"timeout\"?"
            ),
            (
                "'http_reqs{error_code:99}': count>1",
                "14:3: thresholds: nothing has the tag error_code:99"
            ),
            ("'http_reqs{proto:HTTP/2.0,tls_version:tls1.3}': count>1", nil),
            (
                "'http_reqs{proto:HTTP/2}': count>1",
                "14:3: thresholds: nothing has the tag proto:HTTP/2; did you mean \"HTTP/2.0\"?"
            ),
            (
                "'iterations{status:200}': count>1",
                "14:3: thresholds: iterations has no tag \"status\""
            ),
            ("'iterations{team:a}': count>1", nil),
            (
                "'http_reqs{check:status}': count>1",
                "14:3: thresholds: http_reqs has no tag \"check\""
            ),
            ("'dropped_iterations{reason:expired}': count<1", nil),
            (
                "'iteration_errors{reason:expired}': count<1",
                "14:3: thresholds: nothing has the tag reason:expired"
            ),
            ("'iterations_missed{cause:offline}': count<1", nil),
            ("'checks{check:status,name:depth}': rate>0", nil),
            ("'http_req_rejected{reject_code:-2010}': rate<1", nil),
            (
                "'http_reqs{a': count>1",
                "14:3: thresholds: unbalanced braces in selector \"http_reqs{a\""
            ),
            (
                "http_req: count>1",
                "14:3: thresholds: no metric name \"http_req\" found; did you mean \"http_reqs\"?"
            ),
            (
                "http_reqs: count!20",
                "14:14: thresholds.http_reqs: malformed threshold expression \"count!20\""
            ),
            (
                "http_req_duration: count>1",
                "14:22: thresholds.http_req_duration: unsupported aggregation method "
                    + "count on metric "
                    + "of type trend; supported: avg, min, med, max, p(N)"
            ),
            (
                "vus: rate>1",
                "14:8: thresholds.vus: unsupported aggregation method rate on metric of "
                    + "type gauge; supported: value"
            ),
            (
                "http_reqs: [{ abortOnFail: true }]",
                "14:15: thresholds.http_reqs: threshold is required"
            ),
            (
                "http_reqs: [{ threshold: 'count>1', windw: 1s }]",
                "14:39: unknown key \"windw\" in thresholds.http_reqs; did you mean \"window\"?"
            ),
            (
                "http_reqs: [{ threshold: 'count>1', window: 1ms }]",
                "14:39: thresholds.http_reqs.window: must be 1s to 1h"
            ),
        ] as [(String, String?)])
    func rows(row: String, expected: String?) {
        #expect(Documents.errors(Self.document(row)) == (expected.map { [$0] } ?? []))
    }

    @Test func decoded() throws {
        let row = """
            "http_req_failed{scenario:orders}":
                - { threshold: 'rate<0.01', abortOnFail: true, delayAbortEval: 30s, window: 10s }
            """
        let threshold = try #require(
            try Documents.load(Self.document(row)).scenario.thresholds.first)
        #expect(threshold.selector.metric == "http_req_failed")
        #expect(threshold.selector.tags == ["scenario": "orders"])
        #expect(threshold.expression == "rate<0.01" && threshold.limit == 0.01)
        #expect(threshold.abortOnFail && threshold.delayAbortEval == .seconds(30))
        #expect(threshold.window == .seconds(10))
        #expect(threshold.source == SourcePosition(file: "f", line: 15, column: 20))
    }

    /// Names that tags cannot have.
    @Test(
        arguments: [
            ("tags: { team: a }", nil),
            ("tags: { status: x }", "5:9: tags: the tag \"status\" is set by spotload"),
            ("tags: { sel: x }", "5:9: tags: the tag \"sel\" is set by spotload"),
            ("tags: { rate: x }", "5:9: tags: the tag \"rate\" is set by spotload"),
            ("tags: { 'a b': x }", nil),
        ] as [(String, String?)])
    func tagNames(line: String, expected: String?) {
        #expect(Documents.errors(Documents.with(line + "\n")) == (expected.map { [$0] } ?? []))
    }

    /// 4 series for each name of each scenario.
    @Test(arguments: [(256, nil), (257, 1028)] as [(Int, Int?)])
    func seriesAreLimited(names: Int, asked: Int?) {
        let steps = (0..<names).map { "{ get: '/\($0)' }" }.joined(separator: ", ")
        let errors = Documents.errors(Documents.flow("[\(steps)]"))
        #expect(errors.count == (asked == nil ? 0 : 1), "\(errors)")
        #expect(asked.map { errors.first?.contains("\($0) series") == true } ?? true)
    }

    /// Name and braces 7, scenario 13, phase 15, each tag 6 and its value.
    @Test(
        arguments: [(1, 200, nil), (2, 200, nil), (3, 153, nil), (3, 154, 515)]
            as [(Int, Int, Int?)])
    func metricKeysAreLimited(tags: Int, length: Int, bytes: Int?) {
        let value = String(repeating: "x", count: length)
        let list = (0..<tags).map { "t\($0): \(value)" }.joined(separator: ", ")
        let step = "{ metric: { name: filled, type: counter, value: 1, tags: { \(list) } } }"
        let errors = Documents.errors(Documents.flow("[\(step)]"))
        #expect(errors.count == (bytes == nil ? 0 : 1), "\(errors)")
        #expect(bytes.map { errors.first?.contains("takes \($0) bytes") == true } ?? true)
    }
}
