// What is refused, where, in which words: the document and its settings.

import ScenarioModel
import Testing

@Suite struct DocumentErrorTests {
    @Test func theBaseIsGood() throws {
        let loaded = try Documents.load(Documents.base)
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.scenario.workloads.map(\.name) == ["s"])
        #expect(loaded.scenario.workloads[0].exec == "default")
    }

    @Test(
        arguments: [
            (
                "onAgentLos: fail",
                "5:1: unknown key \"onAgentLos\" in the document; "
                    + "did you mean \"onAgentLoss\"?"
            ),
            ("zzz: 1", "5:1: unknown key \"zzz\" in the document"),
            ("x-zzz: 1", nil), ("seed: 18446744073709551615", nil), ("seed: null", nil),
            ("seed: -1", "5:7: seed: \"-1\" is not in 0...18446744073709551615"),
            ("seed: 0.5", "5:7: seed: \"0.5\" is not in 0...18446744073709551615"),
            ("tags: { a: no, b: 1.10 }", nil),
            ("tags: [a]", "5:7: tags: expected a map, not a list"),
            ("tags: { a: [1] }", "5:12: tags.a: expected a text, not a list"),
            ("warmup: 1m", nil), ("warmup: 1500", nil), ("warmup: '1500'", nil),
            ("warmup: soon", "5:9: warmup: expected a duration such as 1m30s, not \"soon\""),
            ("warmup: -1s", "5:9: warmup: a duration can't be negative"),
            ("warmup: 367d", "5:9: warmup: \"367d\" is longer than 366 days"),
            ("criteria: []", nil), ("observe: []", nil), ("health: {}", nil),
            ("criteria: 1", "5:11: criteria: expected a list, not \"1\""),
            ("steady: 1", "5:9: steady: \"1\" is none of require, warn, off"),
            ("health: 1", "5:9: health: expected a map, not \"1\""),
            ("vus: 3", nil),
            (
                "duration: 3s",
                "5:1: using `duration` and `scenarios` options simultaneously is not allowed"
            ),
            (
                "stages: [{ duration: 1s, target: 1 }]",
                "5:1: using `stages` and `scenarios` options simultaneously is not allowed"
            ),
            ("seed: 1\nseed: 2", "6:1: duplicate key \"seed\""),
            ("tags: !foo { a: b }", "5:7: tags are not allowed: \"!foo\""),
            ("tags: !!map { a: b }", "5:7: tags are not allowed: \"tag:yaml.org,2002:map\""),
            ("? [a]\n: 1", "5:3: a key is a text, not a list"),
            ("---\nname: u", "5:1: a second document in one file"),
            ("tags: *a", "5:7: no anchor \"a\" before this alias"),
            ("x-a: &a 3\n<<: *a", "5:6: << takes a map or a list of maps, not \"3\""),
            ("x-a: &a { seed: 3 }\n<<: [*a]", nil),
            (
                "tags: { a: b",
                "6:1: not YAML: while parsing a flow mapping: did not find expected "
                    + "',' or '}'"
            ),
            (
                "onAgentLoss: rebalanced",
                "5:14: onAgentLoss: \"rebalanced\" is none of fail, degrade, "
                    + "rebalance; did you mean \"rebalance\"?"
            ),
            ("summaryTrendStats: [avg, p(99.9)]", nil),
            (
                "summaryTrendStats: [p(101)]",
                "5:21: summaryTrendStats: \"p(101)\" is none of avg, min, "
                    + "med, max, count, p(N)"
            ),
            ("engine: true", nil), ("engine: false", nil),
            (
                "engine: { profil: x }",
                "5:11: unknown key \"profil\" in engine; did you mean \"profile\"?"
            ),
            ("engine: 3", "5:9: engine: expected true or false, not \"3\""),
            ("fleet: { heartbeat: 1ms }", "5:10: fleet.heartbeat: must be 100ms to 5s"),
            (
                "fleet: { lostAfter: 4 }",
                "5:8: fleet: 3 heartbeats <= leaseTtl <= lostAfter < maxOffline does not hold"
            ),
            ("fleet: { spares: 4 }", "5:10: fleet.spares is not supported by this version"),
            ("defaults: { timeout: 0 }", "5:13: defaults.timeout: must be more than 0"),
            ("defaults: { http: 2 }", nil), ("defaults: { http: auto, reuse: false }", nil),
            ("defaults: { http: 3 }", "5:19: defaults.http: \"3\" is none of 1.1, 2, auto"),
            (
                "defaults: { reuse: 1 }",
                "5:20: defaults.reuse: expected true or false, not \"1\""
            ),
            (
                "defaults: { redirects: 1.5 }",
                "5:24: defaults.redirects: expected an integer, not \"1.5\""
            ),
            ("defaults: { redirects: 101 }", "5:24: defaults.redirects: \"101\" is not in 0...100"),
            (
                "defaults: { headers: { \"a b\": c } }",
                "5:24: defaults.headers: \"a b\" is no name of a header"
            ),
            (
                "defaults: { headers: { A: \"b\\r\\nc\" } }",
                "5:27: defaults.headers.A: a header has no CR, LF or NUL"
            ),
        ] as [(String, String?)])
    func settings(line: String, expected: String?) {
        #expect(Documents.errors(Documents.with(line)) == (expected.map { [$0] } ?? []))
    }

    @Test(arguments: [
        ("http://h", true), ("https://h:443/p/q", true), ("http://[::1]:80", true),
        ("http://10.0.0.1", true), ("h:80", false), ("ftp://h", false), ("http://", false),
        ("http://h:0", false), ("http://h:70000", false), ("http://h:x", false),
        ("http://h?q", false), ("http://u@h", false), ("http://h h", false), ("http://é", false),
        ("", false),
    ])
    func targets(target: String, isGood: Bool) {
        let text = Documents.base.replacing("http://h", with: "\"\(target)\"")
        #expect(Documents.errors(text).isEmpty == isGood)
    }

    @Test(arguments: [
        ("", ["1:1: the document is empty"]),
        ("# nothing\n", ["1:1: the document is empty"]),
        ("[]", ["1:1: the document: expected a map, not a list"]),
        ("null", ["1:1: the document: expected a map, not nothing"]),
        ("a\u{1}", ["1:2: not YAML: control characters are not allowed"]),
        (
            "{}",
            [
                "1:1: flows is required", "1:1: name is required",
                "1:1: no target and no engine: target takes http(s)://host[:port][/prefix]; "
                    + "`engine: true` starts the bundled engine",
                "1:1: scenarios is required",
            ]
        ),
        (
            "name: a b\nengine: true\nflows: { f: [{ get: /x }] }\nduration: 1s\nvus: 0",
            [
                "1:7: name: \"a b\" is not 1 to 64 letters, digits, \"_\", \".\", \"-\"",
                "5:6: number of VUs must be more than 0",
            ]
        ),
        ("name: a\nengine: true\nflows: { f: [{ get: /x }] }\nvus: 2", []),
        ("name: a\nengine: true\nflows: { f: [{ get: /x }] }\nvus: 2\nduration: 3s", []),
    ])
    func wholeDocuments(text: String, expected: [String]) {
        #expect(Documents.errors(text) == expected)
    }

    @Test func allAtOnceByPosition() {
        let text = """
            name: t
            sed: 1
            target: ftp://h
            scenarios:
              orders:
                executor: constant-arrival-rate
                preAlocatedVUs: 10
                rate: 0
                duration: 10ms
                exec: trad
            flows:
              trade:
                - gett: /x
                - get: "/y?${nam}"
            thresholds:
              http_reqs: ["p(95)<3"]
              nope: ["count>1"]
            """
        let errors = Documents.errors(text)
        #expect(
            errors == [
                "2:1: unknown key \"sed\" in the document; did you mean \"seed\"?",
                "3:9: target: \"ftp://h\" is not http(s)://host[:port][/prefix]",
                "5:3: scenarios.orders: number of preAllocatedVUs isn't specified",
                "7:5: unknown key \"preAlocatedVUs\" in scenarios.orders; "
                    + "did you mean \"preAllocatedVUs\"?",
                "8:11: scenarios.orders: iteration rate must be more than 0",
                "9:5: scenarios.orders: the duration must be at least 1s, but is 10ms",
                "10:11: scenarios.orders: flow 'trad' not found; did you mean \"trade\"?",
                "13:7: unknown key \"gett\" in flows.trade[0]; did you mean \"get\"?",
                "14:12: flows.trade[1].get: nothing defines \"nam\" in \"/y?${nam}\"",
                "16:15: thresholds.http_reqs: unsupported aggregation method p(95) on metric of "
                    + "type counter; supported: count, rate",
                "17:3: thresholds: no metric name \"nope\" found",
            ])
    }

    @Test func description() {
        let error = #expect(throws: ScenarioErrors.self) {
            try ScenarioLoader.load(text: "name: [", file: "a/b.yaml", options: LoadOptions())
        }
        let lines = error?.description.split(separator: "\n")
        #expect(lines?.count == 2 && lines?.last == "1 error")
        #expect(lines?.first?.hasPrefix("a/b.yaml:2:1: not YAML: ") == true)
    }
}
