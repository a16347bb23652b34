// `spotload run` with everything of its own: private redis, bundled engine, child agents. And
// against an engine that was there before. What is asserted are counts and identities, never
// latencies: the machine may be busy.

import Foundation
import TestSupport
import Testing

@Suite struct RunLocalTests {
    /// Codes a run may end with where the target did well: on a busy machine the generator may
    /// find itself at fault.
    static let judged: Set<Int32> = [0, 90]

    @Test func twoAgents() throws {
        let run = try RunTrial(RunScenarios.orders(), ["--agents", "2"])
        let code = try #require(run.exitCode(), "\(run.output)")
        #expect(Self.judged.contains(code), "\(run.output)")
        let summary = try run.summary()
        #expect(summary.exitCode == code)
        #expect(summary.contradictions == [])
        let a = summary.accounting
        #expect(a.unaccounted == 0 && a.badDeltas == 0)
        #expect(a.agentsFinal == 2 && a.agents == 2)
        #expect(
            run.output.contains(
                "accounting: planned \(a.planned) = started \(a.started) + dropped \(a.dropped)"
                    + " + missed \(a.missed) + unaccounted 0; finals = merged, 2 of 2 agents"),
            "\(run.output)")
        // The open model's arrivals are the schedule's, split evenly; each sends one request.
        #expect(summary.count("arrivals", ["scenario": "orders"]) == 100)
        #expect(
            summary.count("http_reqs", ["scenario": "orders"])
                == 100 - summary.count("dropped_iterations", ["scenario": "orders"])
                - a.missed)
        #expect(summary.agents.map(\.slot) == [0, 1])
        #expect(summary.agents.allSatisfy { $0.reported && $0.final == true })
        #expect(summary.count("http_req_failed", ["rate": "true"]) == 0, "\(summary.errors)")
        #expect(summary.criteria.count == 1 && summary.criteria[0].observed == 0)
        #expect(summary.criteria[0].n == summary.count("http_reqs"))
        #expect(summary.answered("order new", status: 200) > 0)
        #expect(summary.answered("order cancel", status: 200) > 0)
        #expect(run.leavesNoOrphans, "\(run.children)")
        try Self.checkFiles(run)
    }

    /// The files of a run, and nothing left in the temporary folder.
    private static func checkFiles(_ run: RunTrial) throws {
        let files = FileManager.default
        let runs = try files.contentsOfDirectory(atPath: run.out)
        #expect(runs.count == 1)
        let names = try files.contentsOfDirectory(atPath: run.out + "/" + runs[0])
        let expected: Set = [
            "summary.json", "environment.json", "scenario.effective.yaml", "wal", "run.json",
            "junit.xml", "report.md", "timeseries.csv",
        ]
        #expect(Set(names.filter { !$0.hasSuffix(".hlog") }).isSuperset(of: expected))
        #expect(names.contains { $0.hasPrefix("http_req_response_time.orders.") })
        #expect(!names.contains { $0.hasSuffix(".part") })
        let left = Set(try files.contentsOfDirectory(atPath: run.directory.path))
        #expect(left == ["out", "scenario.yaml"])
    }

    @Test func sameSeedSendsTheSameOrders() throws {
        func orders(agents: Int) throws -> [String: UInt64] {
            let run = try RunTrial(RunScenarios.orders(), ["--agents", String(agents), "--quiet"])
            _ = try #require(run.exitCode(), "\(run.output)")
            let summary = try run.summary()
            try #require(summary.accounting.started == summary.accounting.planned)
            return Dictionary(
                uniqueKeysWithValues: summary.counters
                    .filter { $0.metric == "orders" && $0.tags["op"] != nil }
                    .map { ($0.tags["op"] ?? "", $0.count) })
        }
        let one = try orders(agents: 1)
        #expect(one.values.reduce(0, +) == 100)
        #expect(try orders(agents: 3) == one)
    }

    @Test func ownEngineCountsTheSame() throws {
        let directory = try TemporaryDirectory()
        let symbols = try directory.write(OrderSymbols.yaml, to: "symbols.yaml")
        let engine = try EngineProcess(
            dataDirectory: directory.path + "/data", accounts: 100, ["--symbols", symbols])
        let run = try RunTrial(
            RunScenarios.orders(), ["--agents", "2", "--target", engine.url, "--json"])
        let code = try #require(run.exitCode(), "\(run.output)")
        #expect(Self.judged.contains(code), "\(run.output)")
        let summary = try run.summary()
        #expect(summary.run.target == engine.url)
        #expect(summary.contradictions == [])
        #expect(run.output.contains("\"schemaVersion\": 1"), "--json prints the summary")
        // transfers started (= ended: finals, no identity broken) >= seen >= answered.
        let metrics = engine.client.send("GET", "/metrics").body
        let seen = EngineMetricsText.sum("spotload_engine_agent_requests_total", in: metrics)
        let answered = EngineMetricsText.sum("spotload_engine_agent_responses_total", in: metrics)
        let ended = summary.count("http_reqs")
        let heard = ended - (summary.status["0"] ?? 0)
        #expect(ended > 0 && ended >= seen && seen >= answered && answered >= heard)
        let agents = EngineMetricsText.labels("spotload_engine_agent_requests_total", in: metrics)
        #expect(agents == ["agent=\"0.1\"", "agent=\"1.1\""])
        #expect(run.leavesNoOrphans, "\(run.children)")
        #expect(engine.program.status == nil, "the target is not ours to stop")
    }
}

/// The symbols `RunScenarios.orders` trades, for an engine that the run does not start itself.
enum OrderSymbols {
    static let yaml = (1...3).map { n in
        """
        - {symbol: "A000\(n)USDT", base: "A000\(n)", quote: "USDT", tick: "0.01", step: "0.001"}

        """
    }.joined()
}

/// Just enough of the Prometheus text format.
enum EngineMetricsText {
    private static func samples(
        _ name: String, in text: String
    ) -> [(labels: String, value: UInt64)] {
        text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix(name + "{"), let open = line.firstIndex(of: "{"),
                let close = line.lastIndex(of: "}"),
                let value = UInt64(line[line.index(close, offsetBy: 2)...])
            else { return nil }
            return (String(line[line.index(after: open)..<close]), value)
        }
    }

    static func sum(_ name: String, in text: String) -> UInt64 {
        samples(name, in: text).reduce(0) { $0 + $1.value }
    }

    static func labels(_ name: String, in text: String) -> [String] {
        samples(name, in: text).map(\.labels).sorted()
    }
}
