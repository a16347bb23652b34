import Collector
import Foundation
import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@Suite struct ReportSummaryTests {
    private static func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private static func schema() throws -> [String: Any] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("docs/schema/summary.schema.json")
        return try object(Array(Data(contentsOf: file)))
    }

    @Test func everyRunFitsTheSchema() throws {
        let schema = try Self.schema()
        for (name, run) in ReportFixture.all {
            var run = run
            run.written = [WrittenFile(name: "a", bytes: 3, sha256: Sha256.hex([1]))]
            run.environment = EnvironmentRecord.current(versions: ["spotload": "0.1.0"])
            let summary = try Self.object(SummaryJSON.render(run))
            let violations = SchemaValidator().violations(summary, schema)
            #expect(violations.isEmpty, "\(name): \(violations.prefix(5))")
        }
    }

    /// The checker itself: one violation per row.
    @Test(arguments: [
        (#"{"n": 1}"#, 0), (#"{"n": -1}"#, 1), (#"{"n": 1.5}"#, 1), (#"{"n": true}"#, 1),
        (#"{}"#, 1), (#"{"n": 1, "more": 1}"#, 1), (#"{"n": 1, "word": "a"}"#, 0),
        (#"{"n": 1, "word": "c"}"#, 1), (#"{"n": 1, "list": [null, "x"]}"#, 0),
        (#"{"n": 1, "list": [1, 2]}"#, 2), (#"{"n": 1, "map": {"a": "x"}}"#, 0),
        (#"{"n": 1, "map": {"a": 1}}"#, 1), (#"{"n": 1, "date": "2027-01"}"#, 0),
        (#"{"n": 1, "date": "today"}"#, 1), (#"{"n": 1, "flag": false}"#, 0),
        (#"{"n": 1, "flag": 0}"#, 1), (#"{"n": null}"#, 1),
    ])
    func theCheckerSeesWhatIsWrong(json: String, count: Int) throws {
        let schema = try Self.object(
            Array(
                #"""
                {"type": "object", "required": ["n"], "properties": {
                 "n": {"type": "integer", "minimum": 0}, "word": {"enum": ["a", "b"]},
                 "list": {"type": "array", "items": {"type": ["string", "null"]}},
                 "map": {"type": "object", "additionalProperties": {"type": "string"}},
                 "date": {"type": "string", "pattern": "^[0-9]{4}-"}, "flag": {"type": "boolean"}}}
                """#.utf8))
        let found = SchemaValidator().violations(
            try Self.object(Array(json.utf8)), schema)
        #expect(found.count == count, "\(found)")
    }

    @Test func numbersOfAPassingRun() throws {
        let summary = try Self.object(SummaryJSON.render(ReportFixture.passing))
        #expect(summary["schemaVersion"] as? Int == 1)
        #expect(summary["verdict"] as? String == "PASS" && summary["exitCode"] as? Int == 0)
        let run = try #require(summary["run"] as? [String: Any])
        #expect(run["startedAt"] as? String == "2027-01-02T00:15:00Z")
        #expect(run["requestsPerS"] as? Double == 200, "two agents of 100/s")
        #expect(run["tags"] as? [String: String] == ["branch": "main"])
        let rows = try #require(summary["criteria"] as? [[String: Any]])
        #expect(
            rows.map { $0["metric"] as? String } == [
                "http_req_response_time", "http_reqs", "http_req_failed",
            ])
        #expect(rows[0]["statistic"] as? String == "p(95)" && rows[0]["limit"] as? Double == 100)
        let observed = try #require(rows[0]["observed"] as? Double)
        #expect(abs(observed - 40) < 0.05)
        #expect(rows[2]["bad"] as? Int == 0 && rows[2]["good"] as? Int == 2_000)
        #expect((summary["status"] as? [String: Int]) == ["200": 2_000])
        let agents = try #require(summary["agents"] as? [[String: Any]])
        #expect(agents.count == 2 && agents[0]["lagP99Ms"] as? Double == 0.2)
    }

    /// Sums over tags, each sample once: the fleet's 80 response times are 80 in every projection.
    @Test func seriesAreListedWholeAndByName() throws {
        let summary = try Self.object(SummaryJSON.render(ReportFixture.passing))
        let series = try #require(summary["series"] as? [[String: Any]])
        let responses = series.filter { $0["metric"] as? String == "http_req_response_time" }
        let tags = responses.compactMap { $0["tags"] as? [String: String] }
        #expect(tags.contains([:]) && tags.contains(["scenario": "orders"]))
        #expect(tags.contains(["scenario": "orders", "name": "order new"]))
        #expect(responses.count == 4 && responses.allSatisfy { $0["count"] as? Int == 80 })
        let percentiles = try #require(responses[0]["percentilesMs"] as? [String: Double])
        #expect(Set(percentiles.keys) == ["50", "75", "90", "95", "99", "99.9", "99.99"])
        let p50 = try #require(percentiles["50"])
        #expect(abs(p50 - 20) < 0.02 && percentiles["99"] == 40)
        #expect(responses[0]["minMs"] as? Double == 10 && responses[0]["maxMs"] as? Double == 40)
        let counters = try #require(summary["counters"] as? [[String: Any]])
        let requests = counters.first {
            $0["metric"] as? String == "http_reqs" && ($0["tags"] as? [String: String]) == [:]
        }
        #expect(requests?["count"] as? Int == 2_000 && requests?["perS"] as? Double == 200)
        let failed = counters.filter { $0["metric"] as? String == "http_req_failed" }
        #expect(failed.allSatisfy { ($0["tags"] as? [String: String])?["rate"] != nil })
    }

    @Test func errorsCarryTheirExample() throws {
        let summary = try Self.object(SummaryJSON.render(ReportFixture.failing))
        let errors = try #require(summary["errors"] as? [[String: Any]])
        #expect(errors.count == 3 && errors[0]["count"] as? Int == 5)
        #expect(errors.map { $0["class"] as? String } == ["http_503", "connect", "check"])
        #expect(errors.map { $0["code"] as? Int } == [1503, 1212, nil])
        #expect(errors[1]["what"] as? String == "connection refused")
        #expect(errors[0]["example"] as? String == "overloaded")
        #expect(errors[0]["firstS"] as? Int == 3 && errors[0]["lastS"] as? Int == 7)
        let rows = try #require(summary["criteria"] as? [[String: Any]])
        let margin = try #require(rows[0]["margin"] as? Double)
        #expect(margin < 0, "no room: the limit is passed")
    }

    @Test func foreignTextStaysText() throws {
        let hostile = "</script><script>\u{1B}[2J\u{202E}\u{2028}\"\\\n"
        let run = ReportFixture.run(
            ReportFixture.fail, every: .init(failed: 2),
            extra: [1: ReportFixture.errors(2, step: hostile, text: hostile)]
        ) { facts, _ in
            facts.scenarioFile = hostile
            facts.hosts = [0: hostile]
            facts.tags = [hostile: hostile]
        }
        let bytes = SummaryJSON.render(run)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(
            !text.contains("<s") && !text.contains("</") && !text.contains("\u{1B}")
                && !text.contains("\u{202E}"))
        #expect(!text.contains("\u{2028}"))
        let summary = try Self.object(bytes)
        let facts = try #require(summary["run"] as? [String: Any])
        #expect(facts["scenarioFile"] as? String == hostile, "escaped, not lost")
        #expect(SchemaValidator().violations(summary, try Self.schema()).isEmpty)
    }

    @Test func whatIsNoNumberIsNull() throws {
        var run = ReportFixture.passing
        run.processes = [
            ProcessUsage(name: "a", cpuSeconds: .nan, cpuShare: .infinity, rssBytes: .max)
        ]
        run.verdict.rows[0].observed = -.infinity
        let summary = try Self.object(SummaryJSON.render(run))
        let process = try #require((summary["processes"] as? [[String: Any]])?.first)
        #expect(process["cpuS"] is NSNull && process["cpuShare"] is NSNull)
        #expect(process["rssBytes"] as? UInt64 == .max)
        let row = try #require((summary["criteria"] as? [[String: Any]])?.first)
        #expect(row["observed"] is NSNull)
    }

    @Test func theSameRunGivesTheSameBytes() {
        #expect(
            SummaryJSON.render(ReportFixture.failing) == SummaryJSON.render(ReportFixture.failing))
    }
}
