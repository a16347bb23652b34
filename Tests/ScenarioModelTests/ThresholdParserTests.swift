// The grammar's known answers (scenarios.md section 9).

import ScenarioModel
import Testing

@Suite struct ThresholdParserTests {
    @Test(
        arguments: [
            ("count>20", .count, .greater, 20), ("rate<0.01", .rate, .less, 0.01),
            ("value>=-3", .value, .greaterOrEqual, -3), ("avg<100", .avg, .less, 100),
            ("min!=1", .min, .notEqual, 1), ("max===5", .max, .strictlyEqual, 5),
            ("med == 2.5", .med, .equal, 2.5), ("p(0)<1", .percentile(0), .less, 1),
            ("p(99)<=1e3", .percentile(99), .lessOrEqual, 1_000),
            ("p(99.9)<+200", .percentile(99.9), .less, 200),
            ("p(100) <  1", .percentile(100), .less, 1),
        ] as [(String, Threshold.Aggregation, Threshold.Comparison, Double)])
    func accepts(
        text: String, aggregation: Threshold.Aggregation, comparison: Threshold.Comparison,
        limit: Double
    ) throws {
        let read = try ThresholdParser.expression(text)
        #expect(read == .init(aggregation: aggregation, comparison: comparison, limit: limit))
    }

    @Test(arguments: [
        "count!20", "foo>20", "count>abc", "p()<1", "p(99<1", "p(foo)<1", "p(-1)<1", "p(101)<1",
        "p(NaN)<1", "p(+Inf)<1", "p<1", "", "<", "count>", ">20", "count=20", "count>20ms",
        "count>0x10", "rate<inf", "count>20 and more", "count>1.", "count>1.e3", "count>.5",
        "count>1e", "count>--1",
    ])
    func refuses(text: String) {
        let error = #expect(throws: ThresholdError.self) { try ThresholdParser.expression(text) }
        #expect(error?.message.contains("malformed threshold expression") == true)
    }

    @Test(
        arguments: [
            ("http_reqs", "http_reqs", [:]), ("m{a:b}", "m", ["a": "b"]),
            ("checkout{group:::checkout}", "checkout", ["group": "::checkout"]),
            ("m{ a : b , c:'d e' }", "m", ["a": "b", "c": "d e"]),
            ("m{a:\"b\"}", "m", ["a": "b"]),
        ] as [(String, String, [String: String])])
    func selectors(text: String, metric: String, tags: [String: String]) throws {
        let selector = try ThresholdParser.selector(text)
        #expect(selector.metric == metric && selector.tags == tags)
    }

    @Test(arguments: [
        "", "{a:b}", "m{", "m}", "m{a:b", "m{a}", "m{a:}", "m{:b}", "m{}", "m{a:b}}", "m{a:b,a:c}",
    ])
    func badSelectors(text: String) {
        #expect(throws: ThresholdError.self) { try ThresholdParser.selector(text) }
    }

    @Test(
        arguments: [
            (.count, .counter, true), (.count, .trend, false), (.rate, .rate, true),
            (.value, .gauge, true), (.value, .counter, false), (.percentile(95), .trend, true),
            (.percentile(95), .rate, false), (.med, .trend, true),
        ] as [(Threshold.Aggregation, MetricKind, Bool)])
    func aggregationsOfKinds(aggregation: Threshold.Aggregation, kind: MetricKind, expected: Bool) {
        #expect(ThresholdParser.supports(aggregation, kind) == expected)
    }
}
