// Every shipped scenario runs, scaled down to a few seconds: those about orders against the bundled
// engine, the two others against a small service of the test that keeps no state but ids.

import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct RunShippedTests {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("scenarios").path

    /// Name and what makes it short; thresholds on speed are not for a busy test machine.
    static let orders: [(name: String, sets: [String])] = [
        ("smoke", ["scenarios.orders.duration=2s", "scenarios.readers.duration=2s"]),
        (
            "spot-5000",
            [
                "scenarios.orders.rate=500", "scenarios.orders.duration=2s",
                "thresholds.http_reqs=rate>100",
            ]
        ),
        (
            "cancel-heavy",
            [
                "scenarios.makers.rate=300", "scenarios.makers.duration=2s",
                "thresholds.http_reqs=rate>100",
            ]
        ),
        (
            "load",
            [
                "warmup=0", "scenarios.orders.stages=[{duration: 2s, target: 300}]",
                "scenarios.readers.stages=[{duration: 2s, target: 3}]",
            ]
        ),
        (
            "stress",
            [
                "scenarios.orders.stages=[{duration: 1s, target: 200}, {duration: 0s, target: 400},"
                    + " {duration: 1s, target: 400}]"
            ]
        ),
        (
            "spike",
            [
                "scenarios.orders.startRate=50",
                "scenarios.orders.stages=[{duration: 1s, target: 50}, {duration: 0s, target: 600},"
                    + " {duration: 1s, target: 600}]",
            ]
        ),
        (
            "soak",
            ["warmup=0", "scenarios.orders.rate=200", "scenarios.orders.duration=2s"]
        ),
        (
            "breakpoint",
            [
                "scenarios.orders.startRate=50",
                "scenarios.orders.stages=[{duration: 2s, target: 400}]",
            ]
        ),
        ("burst", ["scenarios.orders.rate=200", "scenarios.orders.duration=2s"]),
        ("hot", ["scenarios.orders.rate=200", "scenarios.orders.duration=2s"]),
        (
            "deep",
            [
                "warmup=0", "scenarios.orders.rate=400", "scenarios.orders.duration=2s",
                "flows.trade[0].order.depth=400",
            ]
        ),
        (
            "avalanche",
            [
                "scenarios.orders.rate=300", "scenarios.orders.duration=2s",
                "flows.trade[0].order.makers=100",
            ]
        ),
        (
            "retry",
            [
                "scenarios.orders.rate=300", "scenarios.orders.duration=2s",
                "flows.trade[0].order.lanes=4",
            ]
        ),
        ("poison", ["scenarios.orders.rate=300", "scenarios.orders.duration=2s"]),
        ("replay", ["scenarios.orders.speed=30"]),
    ]

    @Test(arguments: orders.map(\.name))
    func againstTheEngine(name: String) throws {
        let sets = try #require(Self.orders.first { $0.name == name }).sets
        let trial = try RunTrial(
            file: Self.folder + "/\(name).yaml", sets.flatMap { ["--set", $0] })
        let code = try #require(trial.exitCode(), "\(trial.output)")
        let summary = try trial.summary()
        // On a busy machine an engine without optimisation may miss a limit on latency; 99 says so.
        #expect(RunLocalTests.judged.union([99]).contains(code), "\(trial.output)")
        #expect(code == summary.exitCode, "\(trial.output)")
        #expect(summary.contradictions == [])
        #expect(summary.accounting.unaccounted == 0)
        #expect(summary.count("http_reqs") > 20)
        #expect(summary.count("http_req_failed", ["rate": "true"]) == 0, "\(trial.output)")
        #expect(summary.count("checks", ["rate": "false"]) == 0, "\(trial.output)")
        #expect(summary.count("iteration_errors") == 0, "\(trial.output)")
        #expect(trial.leavesNoOrphans, "\(trial.children)")
    }

    @Test func everyFileRuns() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
            .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
        #expect(Set(files) == Set(Self.orders.map(\.name) + ["rest", "journey", "spot-criteria"]))
    }

    /// Three seconds settle nothing, but every criterion has something to judge.
    @Test func criteria() throws {
        let trial = try RunTrial(
            file: "\(Self.folder)/spot-criteria.yaml",
            ["-e", "RATE=200", "--set", "warmup=0", "--set", "scenarios.orders.duration=3s"])
        let code = try #require(trial.exitCode(), "\(trial.output)")
        #expect(code == 91 || code == 90, "\(trial.output)")
        let rows = try trial.summary().criteria
        #expect(rows.count >= 7 && rows.allSatisfy { $0.observed != nil }, "\(trial.output)")
    }

    @Test func rest() throws {
        let server = try ScriptedServer { Self.articles($0) }
        let trial = try RunTrial(
            file: Self.folder + "/rest.yaml",
            [
                "--target", server.url, "--agents", "2", "--set", "scenarios.readers.duration=2s",
                "--set", "scenarios.writers.iterations=2", "--set", "flows.write[3].think=10ms",
            ])
        let code = try #require(trial.exitCode(), "\(trial.output)")
        #expect(RunLocalTests.judged.contains(code), "\(trial.output)")
        let summary = try trial.summary()
        #expect(summary.contradictions == [])
        #expect(summary.count("http_req_failed", ["rate": "true"]) == 0, "\(trial.output)")
        #expect(summary.count("checks", ["rate": "false"]) == 0, "\(trial.output)")
        let requests = server.requests
        #expect(requests.count { $0.method == "DELETE" } == 6)
        let titles = requests.filter { $0.method == "POST" }
            .map { String(decoding: $0.body, as: UTF8.self) }
        #expect(Set(titles).count == 6 && titles.allSatisfy { $0.contains("\"Article ") })
        #expect(requests.count { $0.path == "/articles/7" } > 50)
    }

    private static func articles(_ request: ScriptedServer.Request) -> ScriptedServer.Reply {
        var reply = ScriptedServer.Reply()
        switch (request.method, request.path) {
        case ("GET", "/articles?limit=20"):
            reply.body = Array(#"{"articles":[{"id":7},{"id":9}]}"#.utf8)
        case ("POST", "/articles"):
            reply.status = 201
            reply.body = Array(#"{"id":\#(1000 + request.number)}"#.utf8)
        case ("DELETE", _): reply.status = 204
        default: break
        }
        return reply
    }

    @Test func journey() throws {
        let server = try ScriptedServer { Self.site($0) }
        let trial = try RunTrial(
            file: Self.folder + "/journey.yaml",
            [
                "--target", server.url, "--agents", "2", "--set",
                "scenarios.visitors.stages=[{duration: 1s, target: 6}, {duration: 2s, target: 6}]",
                "--set", "flows.visit[1].think=10ms", "--set", "flows.visit[3].think=10ms",
            ])
        let code = try #require(trial.exitCode(), "\(trial.output)")
        #expect(RunLocalTests.judged.contains(code), "\(trial.output)")
        let summary = try trial.summary()
        #expect(summary.contradictions == [])
        #expect(summary.count("http_req_failed", ["rate": "true"]) == 0, "\(trial.output)")
        #expect(summary.count("iteration_errors") == 0, "\(trial.output)")
        let requests = server.requests
        // setup once, whatever the number of agents; its capture in every later look.
        #expect(requests.count { $0.path == "/api/markets" } == 1)
        #expect(requests.contains { $0.path == "/api/markets/m-1" })
        // The row of the file that is the VU's, and the token of its own login.
        let logins = requests.filter { $0.path == "/api/login" }
        let users = Set(logins.map { String(decoding: $0.body, as: UTF8.self) })
        #expect(users.contains { $0.contains(#""user":"ada""#) })
        #expect(users.count > 1 && users.count <= 6)
        let orders = requests.filter { $0.path == "/api/orders" }
        #expect(orders.allSatisfy { $0.headers["authorization"]?.hasPrefix("Bearer t-") ?? false })
        #expect(Set(orders.compactMap { $0.headers["idempotency-key"] }).count == orders.count)
    }

    private static func site(_ request: ScriptedServer.Request) -> ScriptedServer.Reply {
        var reply = ScriptedServer.Reply()
        switch (request.method, request.path) {
        case (_, "/api/markets"): reply.body = Array(#"{"markets":[{"id":"m-1"}]}"#.utf8)
        case (_, "/api/login"): reply.body = Array(#"{"token":"t-\#(request.number)"}"#.utf8)
        case ("POST", "/api/orders"):
            reply.status = 201
            reply.body = Array(#"{"id":\#(request.number),"state":"open"}"#.utf8)
        case ("GET", let path) where path.hasPrefix("/api/orders/"):
            reply.body = Array(#"{"state":"\#(request.number % 2 == 0 ? "filled" : "open")"}"#.utf8)
        default: break
        }
        return reply
    }
}
