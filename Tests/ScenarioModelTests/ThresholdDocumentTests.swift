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
}
