// Thresholds on every tag of scenarios.md 4.8: each reads exactly the samples that have it.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import LoadGen

@Suite struct SelectedSeriesTests {
    static func document(_ thresholds: [(String, String)]) -> String {
        """
        name: t
        target: http://h
        tags: { team: a, build: dev }
        scenarios:
          orders:
            executor: constant-vus
            duration: 10s
            exec: trade
            tags: { team: b }
          readers: { executor: constant-vus, duration: 10s, exec: read }
        flows:
          trade:
            - post:
                name: buy
                url: /o
                rejects: [409]
                tags: { team: c, kind: write }
                check: { status: 200, time: { "<": 25ms } }
            - get: { name: look, url: /l }
          read:
            - group: { name: a, steps: [{ get: { name: depth, url: /d, check: { status: 200 } } }] }
            - get: { url: "/s/${vu}", name: "sym ${vu}" }
        thresholds:

        """
            + thresholds.enumerated().map { "  '\($1.0)': '\($1.1)'\n" }.joined()
    }

    static func checks(_ holds: Bool...) -> [CheckOutcome] {
        holds.enumerated().map { CheckOutcome(check: $0, holds: $1) }
    }

    static let requests: [SelectedRequest] = [
        .init(name: "buy", method: .post, ms: 10, tls: .tls13, checks: checks(true, true)),
        .init(
            name: "buy", method: .post, status: 409, verdict: .rejected, ms: 20,
            rejectCode: "-2010", checks: checks(false, true)),
        .init(
            name: "buy", method: .post, status: 503, verdict: .failed, ms: 30,
            checks: checks(false, false)),
        .init(
            name: "buy", method: .post, status: 0, verdict: .failed, ms: 40, http: nil,
            failure: .timeout, checks: checks(false, false)),
        .init(step: 1, name: "look", ms: 50, http: .http2),
        .init(workload: 1, name: "depth", group: 0, ms: 60, checks: checks(true)),
        .init(workload: 1, step: 1, name: "sym 1", status: 404, verdict: .failed, ms: 70),
        .init(workload: 1, step: 1, name: "sym 2", ms: 80),
    ]

    /// Selector, what is asked, and the exact answer; nil: no samples.
    static let table: [(String, String, Double?)] = [
        ("http_reqs{status:200}", "count>=0", 4), ("http_reqs{status:404}", "count>=0", 1),
        ("http_reqs{status:418}", "count>=0", 0),
        ("http_reqs{status:200,method:POST}", "count>=0", 1),
        ("http_reqs{expected_response:false,method:POST}", "count>=0", 2),
        ("http_reqs{scenario:orders}", "count>=0", 5), ("http_reqs{name:buy}", "count>=0", 4),
        ("http_reqs{group:::a}", "count>=0", 1), ("http_reqs{kind:write}", "count>=0", 4),
        ("http_req_duration{status:503}", "max>=0", 30),
        ("http_req_duration{status:0}", "max>=0", 40),
        ("http_req_duration{method:POST}", "avg>=0", 25),
        ("http_req_duration{method:GET}", "min>=0", 50),
        ("http_req_duration{group:::a}", "max>=0", 60),
        ("http_req_duration{proto:HTTP/2.0}", "max>=0", 50),
        ("http_req_duration{proto:HTTP/1.1}", "max>=0", 80),
        ("http_req_duration{proto:HTTP/1.0}", "max>=0", nil),
        ("http_req_duration{tls_version:tls1.3}", "max>=0", 10),
        ("http_req_duration{tls_version:tls1.2}", "max>=0", nil),
        ("http_req_duration{error:timeout}", "max>=0", 40),
        ("http_req_duration{error:http_404}", "max>=0", 70),
        ("http_req_duration{error:reset}", "max>=0", nil),
        ("http_req_duration{error_code:1503}", "max>=0", 30),
        ("http_req_duration{error_code:1050}", "max>=0", 40),
        ("http_req_duration{error_code:1200}", "max>=0", nil),
        ("http_req_duration{team:a}", "min>=0", 60), ("http_req_duration{team:b}", "max>=0", 50),
        ("http_req_duration{team:c}", "max>=0", 40), ("http_req_duration{build:dev}", "max>=0", 80),
        ("http_req_duration{scenario:readers,build:dev}", "min>=0", 60),
        ("http_req_duration{scenario:orders,team:a}", "max>=0", nil),
        ("http_req_duration{name:sym 2,status:200}", "max>=0", 80),
        ("http_req_duration{name:sym 3,status:200}", "max>=0", nil),
        ("http_req_response_time{status:200}", "max>=0", 80),
        ("http_req_waiting{status:404}", "max>=0", 70), ("conn_wait{status:404}", "max>=0", 0),
        ("data_received{status:200}", "count>=0", 400), ("data_received{team:a}", "count>=0", 300),
        ("http_req_failed{team:c}", "rate>=0", 0.5), ("http_req_failed{team:b}", "rate>=0", 0),
        ("http_req_failed{status:503}", "rate>=0", 1),
        ("http_req_failed{build:dev}", "rate>=0", 0.375),
        ("http_req_rejected{reject_code:-2010}", "rate>=0", 1),
        ("http_req_rejected{reject_code:-1}", "rate>=0", nil),
        ("http_req_rejected{method:POST}", "rate>=0", 0.25),
        ("http_req_rejected{method:POST,reject_code:-2010}", "rate>=0", 1),
        ("checks{team:c}", "rate>=0", 0.375), ("checks{check:time,status:409}", "rate>=0", 1),
        ("checks{check:status,team:c}", "rate>=0", 0.25), ("checks{group:::a}", "rate>=0", 1),
        ("iterations{team:a}", "count>=0", 3), ("iterations{team:b}", "count>=0", 7),
        ("iterations{build:dev}", "count>=0", 10),
    ]

    @Test func everyTagHasItsSamples() throws {
        let fixture = try SelectedFixture(Self.document(Self.table.map { ($0.0, $0.1) }))
        for request in Self.requests { fixture.record(request) }
        fixture.countIterations(7, workload: 0)
        fixture.countIterations(3, workload: 1)
        let rows = fixture.rows()
        #expect(rows.count >= Self.table.count)
        for (row, (selector, _, expected)) in zip(rows, Self.table) {
            #expect(row.subjectText == selector)
            guard let expected else {
                #expect(row.observed == nil, "\(selector): \(String(describing: row.observed))")
                #expect(row.reason == "no samples", "\(selector)")
                continue
            }
            let observed = row.observed ?? .nan
            #expect(abs(observed - expected) <= 0.001 * expected, "\(selector): \(observed)")
            #expect(row.verdict == .pass || row.verdict == .warn, "\(selector)")
        }
    }

    /// Drawn tags of drawn requests, against a comparison of texts.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func likeTheSlowTwin(seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        func pick<T>(_ items: [T]) -> T {
            items[Int(Draw.below(random.next(), UInt64(items.count)))]
        }
        let values: [(String, [String])] = [
            ("scenario", ["orders", "readers"]), ("name", ["buy", "look", "depth", "sym 1"]),
            ("method", ["GET", "POST"]), ("status", ["200", "404", "503", "0"]),
            ("proto", ["HTTP/1.1", "HTTP/2.0"]), ("tls_version", ["tls1.2", "tls1.3"]),
            ("error", ["timeout", "http_404", "http_503"]), ("error_code", ["1050", "1404"]),
            ("expected_response", ["true", "false"]), ("team", ["a", "b", "c"]),
            ("build", ["dev"]), ("kind", ["write"]), ("group", ["::a"]),
        ]
        var selectors: [String: [String: String]] = [:]
        while selectors.count < 60 {
            var tags: [String: String] = [:]
            for _ in 0..<(1 + Int(Draw.below(random.next(), 3))) {
                let (key, all) = pick(values)
                tags[key] = pick(all)
            }
            let inner = tags.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
            selectors["http_reqs{\(inner.joined(separator: ","))}"] = tags
        }
        let list = selectors.sorted { $0.key < $1.key }
        let fixture = try SelectedFixture(Self.document(list.map { ($0.key, "count>=0") }))
        var counts = [Int](repeating: 0, count: list.count)
        for _ in 0..<500 {
            var request = pick(Self.requests)
            request.http = pick([.http11, .http2, nil])
            request.tls = pick([.tls12, .tls13, nil])
            let status = pick([200, 404, 503, 0])
            request.status = status
            request.verdict = status == 200 ? .ok : .failed
            request.failure = status == 0 ? .timeout : nil
            fixture.record(request)
            let tags = Self.tags(request)
            for (i, (_, wanted)) in list.enumerated()
            where wanted.allSatisfy({ tags[$0.key] == $0.value }) {
                counts[i] += 1
            }
        }
        for (i, row) in fixture.rows().prefix(list.count).enumerated() {
            #expect(row.observed == Double(counts[i]), "seed \(seed): \(list[i].key)")
        }
        #expect(counts.contains { $0 > 0 })
    }

    private static func tags(_ request: SelectedRequest) -> [String: String] {
        var tags = [
            "name": request.name, "method": request.method.rawValue,
            "status": String(request.status), "build": "dev",
            "scenario": request.workload == 0 ? "orders" : "readers",
            "expected_response": String(request.verdict != .failed),
            "team": request.workload == 1 ? "a" : request.step == 0 ? "c" : "b",
        ]
        if request.workload == 0, request.step == 0 { tags["kind"] = "write" }
        if request.group == 0 { tags["group"] = "::a" }
        tags["proto"] = request.http?.rawValue
        tags["tls_version"] = request.tls?.rawValue
        if request.verdict == .failed {
            tags["error"] = request.status == 0 ? "timeout" : "http_\(request.status)"
            tags["error_code"] = request.status == 0 ? "1050" : String(1000 + request.status)
        }
        return tags
    }

    @Test func nobodyElseReadsThem() throws {
        let fixture = try SelectedFixture(
            Self.document([("http_reqs{method:POST}", "count>0"), ("checks{team:c}", "rate>0")]))
        for request in Self.requests { fixture.record(request) }
        let series = fixture.series()
        #expect(series.count { $0.key["sel"] != nil } == 3, "a count and two halves")
        var aggregate = RunAggregate(scenario: fixture.scenario)
        aggregate.merge(
            Delta(
                runTag: Delta.runTag(of: "run"), slot: 0, epoch: 1, seq: 1, fromWindow: 0,
                toWindow: 1, planRev: 1, cutAtUs: 1, counters: RunCounters(), series: series))
        #expect(aggregate.totals.count("http_reqs") == 8)
        #expect(aggregate.timeline.row(0, scenario: "orders")?.requests == 5)
        #expect(!aggregate.totals.counters.keys.contains { $0["sel"] != nil })
    }

    @Test(
        arguments: [
            ("http_reqs{scenario:orders,status:200}", false), ("http_reqs{build:dev}", false),
            ("http_reqs{team:a}", true), ("http_reqs{kind:write}", true),
            ("http_req_duration{name:buy,expected_response:true}", false),
            ("http_req_duration{status:200}", true), ("iterations{team:b}", false),
            ("data_sent{name:buy}", true), ("checks{check:status}", false),
            ("checks{check:status,name:buy}", true), ("http_req_rejected{reject_code:1}", false),
            ("http_req_failed{reject_code:1}", nil),
        ] as [(String, Bool?)])
    func onlyWhereNeeded(selector: String, own: Bool?) throws {
        guard let own else {
            #expect(throws: ScenarioErrors.self) {
                try SelectedFixture(Self.document([(selector, "rate>=0")]))
            }
            return
        }
        let aggregation =
            selector.hasPrefix("http_req_duration")
            ? "max>0"
            : selector.hasPrefix("checks") || selector.hasPrefix("http_req_rejected")
                ? "rate>=0" : "count>=0"
        let fixture = try SelectedFixture(Self.document([(selector, aggregation)]))
        #expect(SelectedSeries(fixture.scenario).selectors.isEmpty != own)
    }
}
