// A run's folder, read again: the same files from the same folder, and a plain error for every
// folder that is none.

import Collector
import Foundation
import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@Suite struct ReopenedRunTests {
    private static let yaml = """
        name: orders-test
        target: http://127.0.0.1:8080
        scenarios:
          orders:
            executor: constant-arrival-rate
            exec: trade
            rate: 100
            duration: 10s
            preAllocatedVUs: 10
            maxVUs: 20
        flows:
          trade:
            - get: { name: order new, url: / }
        thresholds:
          http_req_response_time: ["p(95)<100", { threshold: "p(99)<45", window: 2s }]
          http_req_failed: ["rate<0.001"]
        """

    private struct Trial {
        let home: TemporaryDirectory
        let directory: RunDirectory
        let deltas: [Delta]
        var path: String { directory.path }
    }

    /// A run as `spotload run` leaves it, with its reports.
    private static func trial(
        segmentBytes: Int = 1 << 20, isEnded: Bool = true, yaml: String = yaml,
        files: [String: String] = [:]
    ) throws -> Trial {
        let home = try TemporaryDirectory()
        for (name, text) in files { _ = try home.write(text, to: name) }
        let document = try home.write(yaml, to: "scenario.yaml")
        let loaded = try ScenarioLoader.load(path: document, options: LoadOptions())
        var facts = Synthetic.facts(loaded.scenario, agents: 2)
        facts.scenarioSha256 = Sha256.hex(Array(loaded.effectiveYAML.utf8))
        facts.scenarioFile = "scenarios/orders.yaml"
        facts.tags = ["branch": "main"]
        let directory = try RunDirectory.create(out: home.path + "/out", runID: facts.runID)
        try directory.write("scenario.effective.yaml", Array(loaded.effectiveYAML.utf8))
        let environment = EnvironmentRecord.current(versions: ["spotload": "0.1.0"])
        try directory.write("environment.json", environment.json())
        let start = RunFile(
            facts: facts, scenario: loaded.scenario, environment: environment, end: nil)
        try directory.write(RunFile.name, start.json())
        var aggregate = RunAggregate(scenario: loaded.scenario)
        aggregate.expectedAgents = 2
        var judge = Judge(scenario: loaded.scenario)
        let log = try WriteAheadLog(
            directory: directory.path("wal"),
            header: .init(run: facts.runID, specSha256: "", token: 1), segmentBytes: segmentBytes)
        let deltas = Self.deltas(runID: facts.runID)
        for delta in deltas {
            log.append(
                .delta(
                    slot: delta.slot, epoch: delta.epoch, seq: delta.seq,
                    bytes: try DeltaCodec.encode(delta)))
            try log.commit()
            aggregate.merge(delta)
            _ = judge.evaluate(
                aggregate, runTime: .seconds(Int64(delta.toWindow)), isFinal: false)
        }
        guard isEnded else { return Trial(home: home, directory: directory, deltas: deltas) }
        log.append(.end)
        try log.commit()
        aggregate.observed.note(
            [(ObservedName(source: "engine", metric: "cpu"), 0.1 + 0.2)], from: "engine",
            at: .milliseconds(1_500))
        aggregate.observed.noteFailure("refused", from: "engine")
        let books = Synthetic.books(aggregate)
        let processes = [
            ProcessUsage(name: "agent 0", cpuSeconds: 1 / 3, cpuShare: 0.1, rssBytes: 1 << 20)
        ]
        let verdict = judge.verdict(aggregate, facts: facts, accounting: books)
        var run = FinishedRun(
            aggregate: aggregate, verdict: verdict, facts: facts, accounting: books,
            directory: directory.path, files: [], processes: processes, environment: environment)
        let end = RunFile.End(
            accounting: books, judge: judge.memory(loaded.scenario), processes: processes,
            observed: aggregate.observed, notes: ["a note"])
        let file = RunFile(
            facts: facts, scenario: loaded.scenario, environment: environment, end: end)
        try directory.write(RunFile.name, file.json())
        run.scenarioText = loaded.effectiveYAML
        _ = try RunReports.writeAll(run, wal: directory.path("wal"), into: directory)
        return Trial(home: home, directory: directory, deltas: deltas)
    }

    /// Two agents by turns; one window over the limit of the window threshold.
    private static func deltas(runID: String) -> [Delta] {
        let windows = (0..<10).map { i in
            SyntheticWindow(
                failed: i == 3 ? 1 : 0, responseMs: i == 4 ? [50, 50, 50] : [10, 20.125, 30, 40])
        }
        let agents = (0..<2).map { slot in
            Synthetic.deltas(
                windows, slot: UInt32(slot), extra: slot == 0 ? [3: ReportFixture.errors(1)] : [:])
        }
        // The ingest refuses a delta whose sums are not those of all before it.
        var sums: [UInt32: [SeriesKey: UInt64]] = [:]
        return zip(agents[0], agents[1]).flatMap { [$0, $1] }.map { delta in
            var delta = delta
            delta.runTag = Delta.runTag(of: runID)
            for i in delta.series.indices {
                let key = delta.series[i].key
                var sum: UInt64 { sums[delta.slot, default: [:]][key, default: 0] }
                switch delta.series[i].value {
                case .counter(let n, _):
                    sums[delta.slot, default: [:]][key, default: 0] += n
                    delta.series[i].value = .counter(delta: n, cum: sum)
                case .histogram(var h):
                    sums[delta.slot, default: [:]][key, default: 0] += h.count
                    h.cum = sum
                    delta.series[i].value = .histogram(h)
                case .gauge: break
                }
            }
            return delta
        }
    }

    private static func files(_ path: String) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0 != "wal" }
        return Dictionary(
            uniqueKeysWithValues: try names.map { name in
                (name, try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
            })
    }

    private static func failure(_ path: String) -> CommandFailure? {
        do {
            _ = try ReopenedRun.load(path)
            return nil
        } catch {
            return error
        }
    }

    private static let names: Set = [
        "environment.json", "junit.xml", "report.html", "report.md", "run.json",
        "scenario.effective.yaml", "summary.json", "timeseries.csv",
    ]

    @Test(arguments: [1 << 20, 3_000])
    func theSameFolderGivesTheSameBytes(segmentBytes: Int) throws {
        let trial = try Self.trial(segmentBytes: segmentBytes)
        let written = try Self.files(trial.path)
        #expect(Set(written.keys.filter { !$0.hasSuffix(".hlog") }) == Self.names)
        #expect(written.keys.contains { $0.hasSuffix(".hlog") })
        let run = try ReopenedRun.load(trial.path + "/")
        #expect(run.verdict.verdict == .fail)
        #expect(
            run.verdict.rows[1].reason == "a window of 2s failed, which is final",
            "seen while it ran: \(run.verdict.rows[1].reason)")
        #expect(run.verdict.rows[0].source.file.hasSuffix("scenario.yaml"), "not the effective one")
        // Into another folder, twice, then over its own.
        let other = trial.home.path + "/again/deep"
        for target in [other, other, nil] {
            let folder = try ReopenedRun.folder(for: run, from: trial.path, to: target)
            _ = try RunReports.writeAll(run, wal: trial.path + "/wal", into: folder)
            #expect(try Self.files(target ?? trial.path) == written, "\(target ?? "own folder")")
        }
    }

    /// Tables have no rows any more, and recordings one arrival: what is judged is the same.
    @Test func dataFilesAreNotNeeded() throws {
        let yaml = Self.yaml.replacing(
            "    - get: { name: order new, url: / }",
            with: "    - post: { name: order new, url: '/${data.users.id}', bodyFile: body.bin }"
        )
        .replacing(
            "scenarios:\n",
            with: """
                data: { users: { file: users.csv, pick: unique } }
                scenarios:
                  recorded: { executor: replay, exec: seen, file: times.csv, maxVUs: 2,
                    preAllocatedVUs: 1 }

                """
        ).replacing("flows:\n", with: "flows:\n  seen: [{ get: { name: seen, url: / } }]\n")
        let rows = (0..<1_001).map { "u\($0)\n" }.joined()
        let trial = try Self.trial(
            yaml: yaml,
            files: [
                "users.csv": "id\n" + rows, "times.csv": "5\n6.5\n17.25\n", "body.bin": "x",
            ])
        let written = try Self.files(trial.path)
        let kept = String(decoding: written["run.json"] ?? Data(), as: UTF8.self)
        #expect(!kept.contains("u17"), "no row of a data file is kept")
        for name in ["users.csv", "times.csv", "body.bin"] {
            try FileManager.default.removeItem(atPath: trial.home.path + "/" + name)
        }
        let run = try ReopenedRun.load(trial.path)
        let recorded = try #require(
            run.aggregate.scenario.workloads.first { $0.name == "recorded" })
        #expect(recorded.executor.regularDuration == TimeSpan(ns: 12_250_000_001))
        let folder = try ReopenedRun.folder(for: run, from: trial.path, to: nil)
        _ = try RunReports.writeAll(run, wal: trial.path + "/wal", into: folder)
        #expect(try Self.files(trial.path) == written)
    }

    @Test func aRunWithoutAnEndIsInvalid() throws {
        let trial = try Self.trial(isEnded: false)
        let run = try ReopenedRun.load(trial.path)
        #expect(run.verdict.verdict == .invalid && run.verdict.exitCode == .invalid)
        let text = TerminalReport.render(run, color: false, width: 100, quiet: false)
        #expect(text.contains("the collector ended before the run did"), "\(text)")
        #expect(run.accounting.deltas == 20 && run.accounting.agentsFinal == 2)
        #expect(run.facts.duration == .seconds(10) && run.accounting.started == 2_000)
        // The log ends within a record: the collector died while it wrote.
        let log = trial.path + "/wal/000001.wal"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: log))
        try bytes.dropLast(9).write(to: URL(fileURLWithPath: log))
        let cut = try ReopenedRun.load(trial.path)
        #expect(cut.accounting.deltas == 19 && cut.accounting.agentsFinal == 1)
        #expect(cut.verdict.verdict == .invalid)
    }

    @Test func damageIsToldWithItsPlace() throws {
        let trial = try Self.trial(segmentBytes: 3_000)
        let path = trial.path + "/wal/000002.wal"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 3] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: path))
        let failure = try #require(Self.failure(trial.path))
        #expect(failure.code == .badConfiguration)
        #expect(
            failure.message.contains(#/wal/000002.wal is damaged at byte [0-9]+: /#)
                && failure.message.contains(
                    #/before it [0-9]+ deltas up to second [1-9] of the run can be read/#),
            "\(failure.message)")
    }

    @Test func aLogThatLostItsEndIsNoSmallerRun() throws {
        let trial = try Self.trial(segmentBytes: 3_000)
        let names = try FileManager.default.contentsOfDirectory(atPath: trial.path + "/wal")
            .sorted()
        for name in names.suffix(2) {
            try FileManager.default.removeItem(atPath: trial.path + "/wal/" + name)
        }
        let failure = try #require(Self.failure(trial.path))
        #expect(failure.code == .badConfiguration)
        #expect(failure.message.contains("of the 20 deltas of the run"), "\(failure.message)")
    }

    @Test func foldersThatAreNoRun() throws {
        let home = try TemporaryDirectory()
        var failure = try #require(Self.failure(home.path))
        #expect(failure.code == .unavailable && failure.message.contains("run.json cannot be read"))
        failure = try #require(Self.failure(home.path + "/none"))
        #expect(failure.code == .unavailable)
        for (name, text, code, words) in [
            ("run.json", "{", ExitCode.badConfiguration, "is not what a run writes"),
            ("run.json", "{\"version\": 2}", .badConfiguration, "has version 2"),
            ("run.json", "{\"version\": 1}", .badConfiguration, "no \"run\""),
            ("scenario.effective.yaml", "name: x", .badConfiguration, "its digest is another"),
            (
                "scenario.effective.yaml", nil, .unavailable,
                "scenario.effective.yaml cannot be read"
            ),
            ("run.json", nil, .unavailable, "run.json cannot be read"),
            ("wal", nil, .unavailable, "has no log of the run"),
        ] as [(String, String?, ExitCode, String)] {
            let trial = try Self.trial()
            let path = trial.path + "/" + name
            try FileManager.default.removeItem(atPath: path)
            if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
            let failure = try #require(Self.failure(trial.path), "\(name) \(text ?? "-")")
            #expect(failure.code == code && failure.message.contains(words), "\(failure.message)")
        }
    }

    @Test func anotherRunIsNotOverwritten() throws {
        let trial = try Self.trial()
        let run = try ReopenedRun.load(trial.path)
        let other = trial.home.path + "/other"
        _ = try ReopenedRun.folder(for: run, from: trial.path, to: other)
        var file = try String(contentsOfFile: other + "/run.json", encoding: .utf8)
        file = file.replacing(run.facts.runID, with: "20270103T001500Z-0000")
        try Data(file.utf8).write(to: URL(fileURLWithPath: other + "/run.json"))
        #expect(throws: CommandFailure.self) {
            try ReopenedRun.folder(for: run, from: trial.path, to: other)
        }
    }

    @Test func theRunFileSaysWhatItWasGiven() throws {
        let trial = try Self.trial()
        let bytes = Array(try #require(try Self.files(trial.path)["run.json"]))
        let file = try RunFile.decode(bytes, path: "run.json")
        #expect(file.run.seed == 42 && file.thresholds.count == 3 && file.version == 1)
        let end = try #require(file.end)
        #expect(end.observed.samples.values.first?.first?.value == 0.1 + 0.2)
        #expect(end.observed.sources["engine"]?.failure == "refused")
        #expect(try file.json() == bytes)
        var wide = file
        wide.end?.processes[0].cpuShare = .infinity
        #expect(try RunFile.decode(wide.json(), path: "").end?.processes[0].cpuShare == .infinity)
    }
}
