// F36 and F37 with the real binary: targets beyond loopback need both flags, agents have a rule of
// their own, a name that moves in mid-run is blocked and counted, hostile responses cost no memory.
// Where it needs addresses beyond loopback, in a network of the test's own.

import Foundation
import RedisClient
import TestSupport
import Testing

@Suite(.serialized) struct RunTargetRuleTests {
    private static let both = [
        "--allow-target", "sut.example:8080", "--yes-i-am-authorized=sut.example",
    ]
    private static let hosts = "10.9.8.1 sut.example\n"

    private struct Seen: Sendable {
        var code: Int32?
        var output: String
        var summary: RunSummary?
        var requests = 0
        var others = 0
    }

    /// Runs against sut.example, 10.9.8.1, with servers there and on 10.9.8.2.
    private static func run(
        scenario: String = RunScenarios.gets(rate: 50, seconds: 2), _ arguments: [String],
        files: [String: String] = [:],
        meanwhile: @escaping (NetworkNamespace, RunTrial, ScriptedServer) throws -> Void = {
            _, _, _ in
        }
    ) throws -> Seen {
        try NetworkNamespace.run(addresses: ["10.9.8.1", "10.9.8.2"], hosts: hosts) { network in
            let server = try ScriptedServer(address: "10.9.8.1", port: 8_080)
            let other = try ScriptedServer(address: "10.9.8.2", port: 8_080)
            let run = try RunTrial(
                scenario, ["--target", "http://sut.example:8080"] + arguments, files: files)
            try meanwhile(network, run, server)
            let code = run.exitCode()
            return Seen(
                code: code, output: run.output, summary: try? run.summary(),
                requests: server.requests.count, others: other.connections)
        }
    }

    @Test(.enabled(if: NetworkNamespace.isAllowed)) func withBothFlags() throws {
        let seen = try Self.run(Self.both)
        #expect(seen.code == 0, "\(seen.output)")
        #expect(seen.output.contains("load goes to sut.example:8080 at 10.9.8.1"))
        #expect(seen.output.contains("at most 50 iterations/s with 10 VUs, from 1 agent, for 2s"))
        #expect(seen.requests == 100 && seen.others == 0)
    }

    @Test(.enabled(if: NetworkNamespace.isAllowed)) func withoutThem() throws {
        let seen = try Self.run([])
        #expect(seen.code == 104, "\(seen.output)")
        #expect(seen.output.contains("add \(Self.both.joined(separator: " "))"), "\(seen.output)")
        #expect(seen.requests == 0 && seen.others == 0 && seen.summary == nil)
    }

    /// A file names the target, and a person says that it may be loaded.
    @Test(.enabled(if: NetworkNamespace.isAllowed)) func withAFile() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "allow: [{ host: \"*\", ports: [8080], cidrs: [10.9.8.0/24] }]\nmaxRate: 50/s\n",
            to: "targets.yaml")
        let seen = try Self.run(["--targets", file, "--yes-i-am-authorized=sut.example"])
        #expect(seen.code == 0, "\(seen.output)")
        #expect(seen.requests == 100 && seen.others == 0)
    }

    /// F37: blocked at connect, counted, and nothing goes to where the name moved.
    @Test(.enabled(if: NetworkNamespace.isAllowed)) func nameThatMoves() throws {
        let scenario = RunScenarios.gets(rate: 50, seconds: 4).replacingOccurrences(
            of: "defaults: { ", with: "defaults: { reuse: false, dnsTtl: 0, ")
        let seen = try Self.run(scenario: scenario, Self.both) { network, run, server in
            _ = run.program.waits(upTo: 60) { server.requests.count >= 50 }
            try network.rewriteHosts("10.9.8.2 sut.example\n")
        }
        let summary = try #require(seen.summary, "\(seen.output)")
        #expect(seen.code == 99 && summary.contradictions == [], "\(seen.output)")
        let blocked = Int(summary.failures("blocked"))
        #expect(seen.requests >= 50 && blocked >= 50, "\(seen.requests), \(blocked)")
        #expect(seen.requests + blocked == 200 && seen.others == 0)
        #expect(seen.output.contains("blocked"), "\(seen.output)")
    }

    /// The agents of a pool have rules of their own: both must allow.
    @Test(
        .enabled(if: NetworkNamespace.isAllowed),
        arguments: [
            (nil as String?, false), ("allow: [{ host: sut.example, ports: [8080] }]", true),
            ("allow: [{ host: sut.example, ports: [80] }]", false),
            ("allow: [{ host: \"*\", cidrs: [10.9.9.0/24] }]", false),
            ("allow: [{ host: sut.example }]\nmaxRate: 20/s", false),
            ("allow: [{ host: sut.example }]\nmaxAgents: 1\nmaxDuration: 1s", false),
        ])
    func agentsOwnFile(file: String?, isAllowed: Bool) throws {
        let seen = try NetworkNamespace.run(addresses: ["10.9.8.1"], hosts: Self.hosts) { _ in
            let directory = try TemporaryDirectory()
            let server = try ScriptedServer(address: "10.9.8.1", port: 8_080)
            let redis = try RedisServer()
            let own = try file.map { ["--targets", try directory.write($0, to: "own.yaml")] } ?? []
            let agent = try RunningProgram(
                RunningProgram.spotload,
                ["agent", "--redis", redis.endpoint.description, "--pool", "p", "--once"] + own)
            let run = try RunTrial(
                RunScenarios.gets(rate: 50, seconds: 2),
                ["--target", "http://sut.example:8080", "--pool", "p", "--redis"]
                    + [redis.endpoint.description] + Self.both)
            let code = run.exitCode()
            _ = agent.exitCode(within: 30)
            return Seen(
                code: code, output: run.output + "\nagent:\n" + agent.output, summary: nil,
                requests: server.requests.count, others: server.connections)
        }
        #expect(seen.code == (isAllowed ? 0 : 69), "\(seen.output)")
        #expect(seen.requests == (isAllowed ? 100 : 0))
        #expect(isAllowed || seen.others == 0)
        let reason = "this agent's own"
        #expect(seen.output.contains(reason) == !isAllowed, "\(seen.output)")
    }

    /// Caps of a file hold while it runs, on loopback too: load ends, the run is judged.
    @Test(arguments: [("maxBytes: 20KiB", "maxBytes is reached"), ("maxRate: 60/s", "maxRate")])
    func caps(cap: String, words: String) throws {
        let server = try ScriptedServer()
        let directory = try TemporaryDirectory()
        let file = try directory.write("allow: []\n\(cap)\n", to: "targets.yaml")
        // 50 iterations/s are planned, of three requests each.
        let scenario = RunScenarios.gets(rate: 50, seconds: 60).replacingOccurrences(
            of: "    - get: { name: root, url: / }",
            with: "    - repeat: { times: 3, steps: [{ get: { name: root, url: / } }] }")
        let run = try RunTrial(scenario, ["--target", server.url, "--targets", file])
        let code = run.exitCode(within: 60)
        #expect(code == 90, "\(run.output)")
        #expect(run.output.contains(words), "\(run.output)")
        let summary = try run.summary()
        #expect(summary.contradictions == [])
        #expect(server.requests.count < 50 * 3 * 30 && server.requests.count > 50)
        #expect(run.leavesNoOrphans, "\(run.children)")
    }

    /// F36: gigabytes of hostile responses, and the agent stays as small as with honest ones.
    @Test(arguments: ["multi", "direct"]) func hostileResponsesCostNoMemory(lane: String) throws {
        let kilobyte = String(repeating: "x", count: 1_024)
        let ok = "HTTP/1.1 200 OK\r\n"
        let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
        let continues = "HTTP/1.1 100 Continue\r\n\r\n"
        let answers = [
            HostileAnswer(ok + "\r\n", endless: kilobyte, bytesMax: 1 << 34),
            HostileAnswer(chunked, endless: "400\r\n\(kilobyte)\r\n", bytesMax: 1 << 34),
            HostileAnswer(ok + "X-Long: ", endless: kilobyte, bytesMax: 1 << 30),
            HostileAnswer(ok, endless: "X-Many: \(kilobyte)\r\n", bytesMax: 1 << 30),
            HostileAnswer("", endless: continues, bytesMax: 1 << 30),
            HostileAnswer(chunked + "5;", endless: kilobyte, bytesMax: 1 << 30),
            HostileAnswer(chunked + "0\r\n", endless: "X: y\r\n", bytesMax: 1 << 30),
        ]
        let honest = HostileAnswer(ok + "Content-Length: 2\r\n\r\nok")
        let small = try Self.peak(answers.count, lane: lane) { _, _ in honest }
        #expect(small.summary.errors.isEmpty, "\(small.summary.errors)")
        let large = try Self.peak(answers.count, lane: lane) { path, _ in
            answers[(Int(path.dropFirst()) ?? 0) % answers.count]
        }
        #expect(large.sent > 200 << 20, "the fault: \(large.sent) bytes were sent")
        // Each path failed, each time.
        #expect(Set(large.summary.failures.map(\.scenario)).count == answers.count)
        #expect(large.summary.failures.reduce(0) { $0 + $1.count } == UInt64(10 * answers.count))
        #expect(large.summary.contradictions == [])
        let growth = large.bytes - small.bytes
        #expect(growth < 48 << 20, "\(small.bytes >> 20) MiB, then \(large.bytes >> 20) MiB")
    }

    /// The most memory an agent had, and what the server got rid of.
    private static func peak(
        _ paths: Int, lane: String,
        _ answer: @escaping @Sendable (String, Int) -> HostileAnswer
    ) throws -> (bytes: Int, sent: Int, summary: RunSummary) {
        let server = try HostileServer(answer)
        let run = try RunTrial(everyPath(paths, lane: lane), ["--target", server.url])
        _ = run.exitCode()
        let results = try #require(run.results, "\(run.output)")
        let json = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: results + "/summary.json")))
        let processes = (json as? [String: Any])?["processes"] as? [[String: Any]] ?? []
        let agent = try #require(processes.first { $0["name"] as? String == "agent 0" })
        return (try #require(agent["rssBytes"] as? Int), server.sent, try run.summary())
    }

    /// A scenario a path: 5 VUs ask for it twice, and want the body.
    private static func everyPath(_ count: Int, lane: String) -> String {
        let scenarios = (0..<count).map {
            "  s\($0): { executor: per-vu-iterations, exec: f\($0), vus: 5, iterations: 2, "
                + "transport: \(lane) }\n"
        }
        let flows = (0..<count).map {
            "  f\($0): [{ get: { url: /\($0), check: { body: { contains: o } } } }]\n"
        }
        return "name: hostile\ntarget: ${TARGET:-}\ndefaults: { timeout: 1s, reuse: false }\n"
            + "scenarios:\n\(scenarios.joined())flows:\n\(flows.joined())"
    }
}
