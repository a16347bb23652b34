// `spotload ctl` against a real run, and what a run does once for the whole fleet: setup, teardown,
// files, secrets.

import Foundation
import HarnessCore
import RedisClient
import TestSupport
import Testing

@Suite struct RunControlTests {
    private static func steered(manual duration: String) -> String {
        """
        name: steered
        target: ${TARGET:-}
        engine: { accounts: 10 }
        defaults: { timeout: 5s, maxWait: 5s }
        fleet: { heartbeat: 200ms }
        scenarios:
          manual:
            executor: externally-controlled
            exec: slow
            vus: 1
            maxVUs: 6
            duration: \(duration)
          steady:
            executor: constant-arrival-rate
            exec: ping
            rate: 40
            duration: 8s
            preAllocatedVUs: 10
            gracefulStop: 5s
        flows:
          setup:
            - get: { url: /api/v3/exchangeInfo, capture: { first: "$.symbols[0].symbol" } }
          teardown:
            - log: "after ${setup.first}"
            - get: /api/v3/ping
          slow:
            - get: { name: depth, url: "/api/v3/depth?symbol=${setup.first}&limit=5" }
            - think: 50ms
          ping:
            - get: { name: ping, url: /api/v3/ping }
        thresholds:
          http_req_failed: ["rate<=0"]
        """
    }

    /// Exit code and output of `spotload ctl`.
    private static func ctl(_ arguments: [String]) throws -> (code: Int32?, output: String) {
        let program = try RunningProgram(RunningProgram.spotload, ["ctl"] + arguments)
        return (program.exitCode(within: 30), program.output)
    }

    private static func state(_ run: String) throws -> String {
        let answer = try ctl(["status", run, "--json"])
        let json = answer.output.split(separator: "\n").first ?? ""
        return try StatusRecord.decode(Array(json.utf8)).state
    }

    private static func waits(
        _ trial: RunTrial, _ run: String, for state: String
    ) -> Bool {
        // Losing the error is right: asked again.
        trial.program.waits(upTo: 30) { (try? Self.state(run)) == state }
    }

    @Test func steeredByItsFolder() throws {
        let trial = try RunTrial(Self.steered(manual: "0"), ["--agents", "2"])
        #expect(trial.isRunning(), "\(trial.output)")
        let run = try #require(trial.results)
        let file = run + "/control.json"
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let scaled = try Self.ctl(["scale", run, "--scenario", "manual", "--vus", "4"])
        #expect(scaled.code == 0)
        #expect(scaled.output.contains("scenario \"manual\" has 4 VUs from"), "\(scaled.output)")
        for (arguments, words) in [
            (["scale", run, "--scenario", "manual", "--vus", "7"], "0 to 6 VUs (maxVUs), not 7"),
            (["scale", run, "--scenario", "steady", "--vus", "1"], "is not externally-controlled"),
            (["scale", run, "--scenario", "other", "--vus", "1"], "no scenario \"other\""),
            (["resume", run], "the run is not paused"),
        ] {
            let refused = try Self.ctl(arguments)
            #expect(refused.code == 64)
            #expect(refused.output.contains(words), "\(refused.output)")
        }
        #expect(try Self.ctl(["pause", run]).code == 0)
        #expect(Self.waits(trial, run, for: "paused"), "\(trial.output)")
        let shown = try Self.ctl(["status", run])
        #expect(shown.output.contains("until resumed") && shown.output.contains("manual: 4 VUs"))
        #expect(try Self.ctl(["resume", run]).code == 0)
        #expect(Self.waits(trial, run, for: "running"), "\(trial.output)")
        // The endless scenario goes on when the other is long over.
        #expect(
            trial.program.waits(upTo: 60) {
                let text = (try? Self.ctl(["status", run, "--json"]).output) ?? ""
                let json = text.split(separator: "\n").first ?? ""
                let status = try? StatusRecord.decode(Array(json.utf8))
                return status?.runTime ?? 0 > 21
            })
        #expect(try Self.state(run) == "running")
        #expect(try Self.ctl(["stop", run]).code == 0)
        #expect(trial.exitCode() == 105, "\(trial.output)")
        #expect(trial.output.contains("teardown: after "), "\(trial.output)")
        #expect(!FileManager.default.fileExists(atPath: file))
        let gone = try Self.ctl(["status", run])
        #expect(gone.code == 69)
        #expect(gone.output.contains("the run is over"), "\(gone.output)")
        let summary = try trial.summary()
        #expect(summary.contradictions == [])
        #expect(summary.run.interrupted)
        #expect(summary.validity.accounting.unaccounted == 0)
        // All that was planned came, whatever the pause moved.
        #expect(summary.count("arrivals", ["scenario": "steady"]) == 320)
        let pause = try #require(summary.run.pauses.first)
        #expect(summary.run.pauses.count == 1)
        #expect(pause.toS ?? 0 > pause.fromS)
        #expect(summary.run.scales.map(\.vus) == [4])
        #expect(trial.leavesNoOrphans, "\(trial.children)")
    }

    @Test func steeredByItsIdAndAgentsListed() throws {
        let redis = try RedisServer()
        let url = "\(redis.endpoint)"
        let agent = try RunningProgram(
            RunningProgram.spotload, ["agent", "--redis", url, "--pool", "trial", "--once"])
        let trial = try RunTrial(
            Self.steered(manual: "60s"), ["--redis", url, "--pool", "trial"])
        #expect(trial.isRunning(), "\(trial.output)")
        let id = URL(fileURLWithPath: try #require(trial.results)).lastPathComponent
        let listed = try RunningProgram(
            RunningProgram.spotload, ["agents", "--redis", url, "--pool", "trial"])
        #expect(listed.exitCode(within: 30) == 0)
        #expect(listed.output.contains("busy") && listed.output.contains(id), "\(listed.output)")
        #expect(try Self.ctl(["pause", id]).code == 64, "an id alone says not where")
        let other = try Self.ctl(["pause", "20260101T000000Z-00aa", "--redis", url])
        #expect(other.code == 69)
        #expect(other.output.contains("no run 20260101T000000Z-00aa"), "\(other.output)")
        #expect(try Self.ctl(["stop", id, "--redis", url]).code == 0)
        #expect(trial.exitCode() == 105, "\(trial.output)")
        #expect(agent.exitCode(within: 30) == 0, "\(agent.output)")
        #expect(try RunRedisTests.eternalKeys(redis) == [])
    }

    // MARK: once for the fleet

    private static func simple(setup: String = "", teardown: String = "", more: String = "")
        -> String
    {
        RunScenarios.gets(rate: 20, seconds: 1).replacingOccurrences(
            of: "flows:\n",
            with: "flows:\n"
                + (setup.isEmpty ? "" : "  setup:\n    - \(setup)\n")
                + (teardown.isEmpty ? "" : "  teardown:\n    - \(teardown)\n")) + more
    }

    @Test func aFailedSetupIsInvalid() throws {
        let trial = try RunTrial(Self.simple(setup: "get: /api/v3/nothing"), ["--agents", "2"])
        #expect(trial.exitCode() == 90, "\(trial.output)")
        #expect(trial.output.contains("setup failed: "), "\(trial.output)")
        #expect(trial.output.contains("404"), "\(trial.output)")
        #expect(!trial.output.contains("running"))
        #expect(trial.leavesNoOrphans, "\(trial.children)")
        let run = try #require(trial.results)
        #expect(!FileManager.default.fileExists(atPath: run + "/control.json"))
    }

    @Test func aFailedTeardownIsAWarning() throws {
        let trial = try RunTrial(
            Self.simple(teardown: "get: /api/v3/nothing")
                .replacingOccurrences(of: "name: root, url: /", with: "url: /api/v3/ping"))
        let code = try #require(trial.exitCode(), "\(trial.output)")
        #expect(RunLocalTests.judged.contains(code), "\(trial.output)")
        #expect(trial.output.contains("warning: teardown failed: "), "\(trial.output)")
    }

    @Test func filesAndSecrets() throws {
        let scenario = """
            name: private
            target: ${TARGET:-}
            engine: { accounts: 2 }
            defaults: { timeout: 5s, maxWait: 5s }
            data:
              pairs: { file: pairs.csv, pick: round-robin }
            scenarios:
              all:
                executor: shared-iterations
                exec: ask
                vus: 2
                iterations: 6
            flows:
              ask:
                - log: "key ${secret.KEY} pair ${data.pairs.name}"
                - get:
                    name: "ping ${secret.KEY}"
                    url: "/api/v3/ping?account=${urlencode(secret.KEY)}"
                    headers: { X-Key: "${secret.KEY}" }
            thresholds:
              http_req_failed: ["rate<=0"]
            """
        let secrets = try TemporaryDirectory()
        let canary = "canary/ß+\"7"
        let path = try secrets.write(canary + "\n", to: "KEY")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let files = ["pairs.csv": "name\nA\nB\n"]
        let trial = try RunTrial(
            scenario, ["--secrets", secrets.path, "--agents", "2"], files: files)
        var lines: Set<String> = []
        _ = trial.program.waits(upTo: 60) {
            lines.formUnion(trial.children.map(\.command))
            return trial.program.status != nil
        }
        let code = try #require(trial.exitCode(), "\(trial.output)")
        #expect(RunLocalTests.judged.contains(code), "\(trial.output)")
        #expect(trial.output.contains("all: key *** pair A"), "\(trial.output)")
        let summary = try trial.summary()
        #expect(summary.count("iterations", ["scenario": "all"]) == 6)
        let encoded = String(Data(canary.utf8).base64EncodedString().dropLast(4))
        let forms = [canary, "canary%2F", encoded]
        var seen = trial.output + lines.joined(separator: "\n")
        let run = try #require(trial.results)
        for name in try FileManager.default.subpathsOfDirectory(atPath: run) {
            let bytes = FileManager.default.contents(atPath: run + "/" + name) ?? Data()
            seen += String(decoding: bytes, as: UTF8.self)
        }
        #expect(seen.contains("ping ***"), "what was blotted out is there")
        for form in forms { #expect(!seen.contains(form), "\(form)") }
        // Without it nothing starts.
        let without = try RunTrial(scenario, files: files)
        #expect(without.exitCode() == 69, "\(without.output)")
        #expect(without.output.contains("secret \"KEY\" is missing"), "\(without.output)")
    }
}
