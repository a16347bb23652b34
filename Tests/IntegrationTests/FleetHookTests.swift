// setup, teardown, files and secrets over a real redis-server, with real agents and fake planes.

import Collector
import Foundation
import HarnessCore
import LoadGen
import RedisClient
import ScenarioModel
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct FleetHookTests {
    private static func hooks(_ scenario: inout Scenario) {
        for name in ["setup", "teardown"] {
            scenario.flows[name] = Flow(name: name, steps: [], variables: [])
        }
        scenario.setupTimeout = .seconds(30)
        scenario.teardownTimeout = .seconds(30)
    }

    private static func finish(
        _ bench: FleetBench, _ threads: [DedicatedThread]
    ) throws -> FleetRunResult {
        for thread in threads { thread.join() }
        let outcome = try #require(bench.read { $0.outcome })
        return try outcome.get()
    }

    private static let captured = [
        "first": SetupValue(kind: .text, text: "A0001USDT"),
        "count": SetupValue(kind: .number, text: "3"),
        "list": SetupValue(kind: .json, text: "[1, \"ü\"]"),
    ]

    @Test func setupOnceForAllAndTeardownOnce() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let gate = Semaphore()
            let bench = try FleetBench(
                server: server, seconds: 2,
                script: { _ in
                    var script = FakePlane.Script()
                    script.hook = { hook in
                        if hook == .setup { gate.wait() }
                        return HookOutcome(
                            failure: nil, captures: hook == .setup ? Self.captured : [:])
                    }
                    return script
                }, adjust: { Self.hooks(&$0) })
            let run = bench.makeRun(agents: 3)
            let threads = [bench.start(run)] + (0..<3).map { bench.startAgent($0) }
            #expect(bench.waits { bench.read { $0.planes[0]?.hooks == [.setup] } })
            // Far longer than a heartbeat's life: the agent that runs setup is not taken for dead,
            // and nobody starts.
            Pause.sleep(.seconds(2))
            #expect(bench.read { $0.phases.last } == "setup")
            #expect(bench.read { $0.planes.values.allSatisfy { !$0.hasStarted } })
            gate.signal()
            let result = try Self.finish(bench, threads)
            let planes = bench.read { $0.planes }
            #expect(planes[0]?.hooks == [.setup, .teardown])
            #expect(planes[1]?.hooks == [] && planes[2]?.hooks == [])
            for plane in planes.values {
                #expect(plane.setup == Self.captured)
                #expect(plane.startedWithSetup)
            }
            #expect(bench.merged == bench.recorded)
            #expect(result.notes == [])
            #expect(result.accounting.agentsFinal == 3)
            #expect(bench.read { $0.exits } == [0: .pass, 1: .pass, 2: .pass])
            #expect(bench.read { $0.phases.contains("teardown") })
        }
    }

    @Test func aFailedSetupEndsTheRun() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(
                server: server, seconds: 2,
                script: { _ in
                    var script = FakePlane.Script()
                    script.hook = { _ in
                        HookOutcome(failure: "GET /first: status 500", captures: [:])
                    }
                    return script
                }, adjust: { Self.hooks(&$0) })
            let run = bench.makeRun(agents: 2)
            let threads = [bench.start(run), bench.startAgent(0), bench.startAgent(1)]
            let failure = #expect(throws: CommandFailure.self) {
                try Self.finish(bench, threads)
            }
            #expect(failure?.code == .invalid)
            #expect(failure?.message == "setup failed: GET /first: status 500")
            let planes = bench.read { $0.planes }
            #expect(planes.values.allSatisfy { !$0.hasStarted })
            #expect(planes[0]?.hooks == [.setup], "no teardown after it")
            #expect(planes[1]?.hooks == [])
        }
    }

    @Test func capturesThatAreTooLarge() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(
                server: server, seconds: 2,
                script: { _ in
                    var script = FakePlane.Script()
                    let text = String(repeating: "x", count: Limits.setupCaptureBytes)
                    script.hook = { _ in
                        HookOutcome(failure: nil, captures: ["a": .init(kind: .text, text: text)])
                    }
                    return script
                }, adjust: { Self.hooks(&$0) })
            let run = bench.makeRun(agents: 1)
            let threads = [bench.start(run), bench.startAgent(0)]
            let failure = #expect(throws: CommandFailure.self) {
                try Self.finish(bench, threads)
            }
            #expect(failure?.code == .invalid)
            #expect(failure?.message.contains("at most 65536 can be shared") == true)
        }
    }

    @Test(arguments: ["stop", "abort", "criterion"])
    func teardownAlsoAfterAnEarlyEnd(how: String) async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(
                server: server, seconds: 60,
                script: { _ in
                    var script = FakePlane.Script()
                    script.hook = { hook in
                        HookOutcome(
                            failure: hook == .teardown ? "status 503" : nil, captures: [:])
                    }
                    return script
                }, adjust: { Self.hooks(&$0) })
            let run = bench.makeRun(agents: 2)
            let threads = [bench.start(run), bench.startAgent(0), bench.startAgent(1)]
            #expect(bench.waits { bench.isLoading(2) && bench.mergedDeltas(0) >= 1 })
            switch how {
            case "stop": run.requestStop()
            case "abort": run.requestAbort()
            default: bench.read { $0.directive = .abort("p(95) is over its limit") }
            }
            let result = try Self.finish(bench, threads)
            let planes = bench.read { $0.planes }
            #expect(planes[0]?.hooks == [.setup, .teardown])
            #expect(planes[1]?.hooks == [])
            #expect(result.notes == ["teardown failed: status 503"], "a warning, no more")
            #expect(bench.merged == bench.recorded)
            #expect(result.accounting.brokenIdentities == [])
        }
    }

    @Test func teardownOnTheLowestThatIsLeft() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(server: server, seconds: 3, adjust: { Self.hooks(&$0) })
            let run = bench.makeRun(agents: 2)
            let signals = AgentSignals()
            let threads = [
                bench.start(run), bench.startAgent(0, signals: signals), bench.startAgent(1),
            ]
            #expect(bench.waits { bench.mergedDeltas(0) >= 1 })
            signals.requestStop()
            let result = try Self.finish(bench, threads)
            let planes = bench.read { $0.planes }
            #expect(planes[0]?.hooks == [.setup])
            #expect(planes[1]?.hooks == [.teardown])
            #expect(result.notes == [])
        }
    }

    @Test func setupOutlivesAnOutageOfRedis() async throws {
        try await onFleetThread {
            let server = try RedisServer(appendOnly: true)
            let gate = Semaphore()
            let bench = try FleetBench(
                server: server, seconds: 2,
                script: { _ in
                    var script = FakePlane.Script()
                    script.hook = { hook in
                        if hook == .setup { gate.wait() }
                        return HookOutcome(failure: nil, captures: Self.captured)
                    }
                    return script
                }, adjust: { Self.hooks(&$0) })
            let run = bench.makeRun(agents: 2)
            let threads = [bench.start(run), bench.startAgent(0), bench.startAgent(1)]
            #expect(bench.waits { bench.read { $0.planes[0]?.hooks == [.setup] } })
            server.killHard()
            gate.signal()
            Pause.sleep(.milliseconds(500))
            try server.start()
            let result = try Self.finish(bench, threads)
            #expect(bench.read { $0.planes[0]?.hooks } == [.setup, .teardown])
            #expect(bench.read { $0.planes[1]?.setup } == Self.captured)
            #expect(bench.merged == bench.recorded)
            #expect(result.aborted == nil)
        }
    }

    // MARK: files

    @Test func filesTravel() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let small = ScenarioFile(path: "data/accounts.csv", bytes: Array("a,b\n1,2\n".utf8))
            let large = ScenarioFile(
                path: "data/large.bin",
                bytes: [UInt8](repeating: 7, count: Limits.shippedFileBytes + 1))
            let bench = try FleetBench(server: server, seconds: 1, files: [small, large])
            // Only what is too large to travel is on the agent's host.
            let folder = try TemporaryDirectory()
            try FileManager.default.createDirectory(
                atPath: folder.path + "/data", withIntermediateDirectories: true)
            try Data(large.bytes).write(to: URL(fileURLWithPath: folder.path + "/data/large.bin"))
            let run = bench.makeRun(agents: 1)
            let threads = [bench.start(run), bench.startAgent(0, dataFolder: folder.path)]
            let result = try Self.finish(bench, threads)
            #expect(result.accounting.agentsFinal == 1)
            #expect(bench.read { $0.files[0] } == [small, large])
            let connection = try RedisConnection(server.endpoint, name: "t")
            #expect(try connection.command(["KEYS", "sl:*:file:*"]).elements == [])
        }
    }

    @Test(arguments: ["missing", "another", "no folder"])
    func aLargeFileThatIsNotThere(how: String) async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let large = ScenarioFile(
                path: "large.bin", bytes: [UInt8](repeating: 7, count: Limits.shippedFileBytes + 1))
            let bench = try FleetBench(server: server, seconds: 1, files: [large])
            let folder = try TemporaryDirectory()
            if how == "another" { _ = try folder.write("something else", to: "large.bin") }
            let run = bench.makeRun(agents: 1)
            let threads = [
                bench.start(run),
                bench.startAgent(0, dataFolder: how == "no folder" ? nil : folder.path),
            ]
            let failure = #expect(throws: CommandFailure.self) {
                try Self.finish(bench, threads)
            }
            #expect(failure?.code == .unavailable)
            #expect(failure?.message.contains("file \"large.bin\"") == true)
            #expect(failure?.message.contains("--data DIR") == true)
            #expect(bench.read { $0.exits[0] } == .unavailable)
        }
    }

    // MARK: secrets

    @Test func secretsReachThePlaneAndNothingElse() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let secret = "canary/\"ß+7Qz"
            let forms = [
                secret, Data(secret.utf8).base64EncodedString(), "canary%2F%22%C3%9F%2B7Qz",
                "canary/\\\"ß+7Qz",
            ]
            let bench = try FleetBench(
                server: server, seconds: 2,
                script: { _ in
                    var script = FakePlane.Script()
                    script.tags = ["name": "GET /?key=\(secret)"]
                    script.hook = { hook in
                        let failure = hook == .teardown ? "403 for \(forms[1])" : nil
                        return HookOutcome(failure: failure, captures: Self.captured)
                    }
                    return script
                },
                adjust: { scenario in
                    Self.hooks(&scenario)
                    scenario.secretNames = ["KEY"]
                })
            let store = SecretStore(folder: nil, environment: ["SPOTLOAD_SECRET_KEY": secret])
            let run = bench.makeRun(agents: 1)
            let threads = [bench.start(run), bench.startAgent(0, secrets: store)]
            var dump = ""
            #expect(bench.waits { bench.isLoading(1) && bench.mergedDeltas(0) >= 1 })
            let connection = try RedisConnection(server.endpoint, name: "t")
            for key in try connection.command(["KEYS", "*"]).elements ?? [] {
                let name = try #require(key.text)
                let value = try connection.command(["DUMP", name])
                dump += name + String(decoding: value.bytes ?? [], as: UTF8.self)
                // Streams are packed in a dump: their entries are read as well.
                dump += "\(try connection.command(["XRANGE", name, "-", "+"]))"
            }
            #expect(dump.contains("A0001USDT"), "there was something to see")
            let result = try Self.finish(bench, threads)
            #expect(bench.read { $0.planes[0]?.secrets } == ["KEY": secret])
            // The last character of base64 belongs to what would follow as well.
            #expect(result.notes == ["teardown failed: 403 for ***o="])
            let wal = try FileManager.default.contentsOfDirectory(
                atPath: bench.directory.path + "/wal")
            for file in wal {
                let path = bench.directory.path + "/wal/" + file
                let bytes = FileManager.default.contents(atPath: path)
                dump += String(decoding: bytes ?? Data(), as: UTF8.self)
            }
            dump += bench.read { $0.logs.joined(separator: "\n") }
            dump += bench.read { $0.phases.joined(separator: "\n") }
            let merged = bench.merged.counts.keys.joined(separator: "\n")
            #expect(merged.contains("GET /?key=***"))
            for form in forms {
                #expect(!(dump + merged).contains(form.prefix(16)), "\(form)")
            }
        }
    }

    @Test func aCaptureThatHoldsASecret() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(
                server: server, seconds: 2,
                script: { _ in
                    var script = FakePlane.Script()
                    script.hook = { _ in
                        let echo = SetupValue(kind: .json, text: "{\"key\":\"canary-77\"}")
                        return HookOutcome(failure: nil, captures: ["echo": echo])
                    }
                    return script
                },
                adjust: { scenario in
                    Self.hooks(&scenario)
                    scenario.secretNames = ["KEY"]
                })
            let store = SecretStore(folder: nil, environment: ["SPOTLOAD_SECRET_KEY": "canary-77"])
            let run = bench.makeRun(agents: 1)
            let threads = [bench.start(run), bench.startAgent(0, secrets: store)]
            let failure = #expect(throws: CommandFailure.self) {
                try Self.finish(bench, threads)
            }
            #expect(failure?.code == .invalid)
            #expect(failure?.message.contains("capture \"echo\" holds a secret") == true)
        }
    }

    @Test func aMissingSecretIsNamed() async throws {
        try await onFleetThread {
            let server = try RedisServer()
            let bench = try FleetBench(
                server: server, seconds: 2, adjust: { $0.secretNames = ["API_KEY"] })
            let run = bench.makeRun(agents: 1)
            let threads = [bench.start(run), bench.startAgent(0)]
            let failure = #expect(throws: CommandFailure.self) {
                try Self.finish(bench, threads)
            }
            #expect(failure?.code == .unavailable)
            #expect(failure?.message.contains("secret \"API_KEY\" is missing") == true)
            #expect(bench.read { $0.exits[0] } == .unavailable)
        }
    }
}
