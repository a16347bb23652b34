// A run from its folder: the log merged again, judged again, as `spotload run` did it at the end.
//
//     run.json                 facts, books, what was scraped          required
//     scenario.effective.yaml  what the criteria are                   required
//     wal/                     every delta that was merged             required
//
// The same folder gives the same value, so the reports of both are the same bytes. A run without an
// end (its collector died) is judged on what there is, as one that was cut short.

import Foundation
package import HarnessCore
import ScenarioModel
import Telemetry

package enum ReopenedRun {
    private static let scenarioName = "scenario.effective.yaml"
    /// What a folder of a run holds besides reports and log.
    package static let inputNames = [RunFile.name, scenarioName, "environment.json"]

    /// - Parameter directory: as the user named it.
    /// - Throws: `CommandFailure` 69 where the folder is no run or cannot be read, 104 where what
    ///   it holds is damaged or does not belong together.
    package static func load(_ directory: String) throws(CommandFailure) -> FinishedRun {
        let folder = directory.isEmpty ? "." : directory
        let file = try RunFile.decode(
            try read(RunFile.name, in: folder), path: folder + "/" + RunFile.name)
        let scenario = try scenario(file, in: folder)
        var aggregate = RunAggregate(scenario: scenario)
        aggregate.expectedAgents = file.run.agents
        aggregate.pauses = try pauses(of: file, folder)
        let log = try ReplayedLog(directory: walPath(folder), runID: file.run.id) {
            aggregate.merge($0)
        }
        if let end = file.end { try check(log, end, in: folder) }
        var run = finished(file, log, aggregate, folder)
        run.scenarioText = String(decoding: try read(scenarioName, in: folder), as: UTF8.self)
        return run
    }

    /// The log of a run's folder.
    package static func walPath(_ folder: String) -> String { folder + "/wal" }

    private static func finished(
        _ file: RunFile, _ log: ReplayedLog, _ merged: RunAggregate, _ folder: String
    ) -> FinishedRun {
        let facts = file.end == nil ? facts(ofCut: file, log) : file.run.facts
        var aggregate = merged
        let scenario = aggregate.scenario
        aggregate.observed = file.end?.observed ?? ObservedLog()
        var judge = Judge(scenario: scenario)
        judge.recall(file.end?.judge ?? JudgeMemory(), scenario)
        let books = file.end?.accounting ?? books(ofCut: log, agents: facts.agents)
        let verdict = judge.verdict(aggregate, facts: facts, accounting: books)
        return FinishedRun(
            aggregate: aggregate, verdict: verdict, facts: facts, accounting: books,
            directory: folder, files: [], processes: file.end?.processes ?? [],
            environment: file.environment)
    }

    // MARK: - What the folder holds

    private static func scenario(
        _ file: RunFile, in folder: String
    ) throws(CommandFailure) -> Scenario {
        let path = folder + "/" + scenarioName
        let yaml = try read(scenarioName, in: folder)
        guard Sha256.hex(yaml) == file.run.scenarioSha256 else {
            throw CommandFailure(
                .badConfiguration,
                "\(path) is not the scenario of the run (its digest is another): a run is judged "
                    + "by the criteria it was run with")
        }
        var scenario: Scenario
        do throws(ScenarioErrors) {
            scenario = try ScenarioLoader.decodeEffective(
                yaml: String(decoding: yaml, as: UTF8.self), outlines: file.files)
        } catch {
            throw CommandFailure(.badConfiguration, "\(path) does not decode: \(error)")
        }
        guard scenario.thresholds.count == file.thresholds.count,
            scenario.criteria.count == file.criteria.count
        else {
            throw CommandFailure(
                .badConfiguration,
                "\(path) and \(RunFile.name) do not name as many criteria: they are of two runs")
        }
        // Where they stand in the document that was run, not in the effective one.
        for i in scenario.thresholds.indices {
            scenario.thresholds[i].source = file.thresholds[i].source
        }
        for i in scenario.criteria.indices { scenario.criteria[i].source = file.criteria[i].source }
        return scenario
    }

    private static func read(
        _ name: String, in folder: String
    ) throws(CommandFailure) -> [UInt8] {
        let path = folder + "/" + name
        do throws(BeneathFileError) {
            return try BeneathFile.read(name, in: folder, bytesMax: Limits.runFileBytes)
        } catch {
            guard case .failed(let failure) = error else {
                throw CommandFailure(.badConfiguration, "\(path) is no file of a run: \(error)")
            }
            throw CommandFailure(
                .unavailable,
                "\(folder) is no folder of a run: \(name) cannot be read: \(failure.reason); "
                    + "give a folder that `spotload run` wrote, such as results/<run-id>")
        }
    }

    /// A log that lost its end would read as a smaller run.
    private static func check(
        _ log: ReplayedLog, _ end: RunFile.End, in folder: String
    ) throws(CommandFailure) {
        let merged = log.deltas
        guard merged == end.accounting.deltas else {
            throw CommandFailure(
                .badConfiguration,
                "\(folder)/wal holds \(merged) of the \(end.accounting.deltas) deltas of the run: "
                    + "a part of the log is missing")
        }
    }

    // MARK: - A run without an end

    /// Known before the first delta is merged: of a run without an end, from the last plan.
    private static func pauses(
        of file: RunFile, _ folder: String
    ) throws(CommandFailure) -> SchedulePauses {
        guard file.end == nil else { return file.run.facts.pauses }
        let log = try ReplayedLog(directory: walPath(folder), runID: file.run.id) { _ in }
        return log.plan.flatMap { SchedulePauses($0.pauses) } ?? SchedulePauses()
    }

    private static func facts(ofCut file: RunFile, _ log: ReplayedLog) -> RunFacts {
        var facts = file.run.facts
        facts.duration = .microseconds(log.ledgers.map(\.cutAtUs).max() ?? 0)
        if let startAt = log.plan?.startAt { facts.startedAtUnixNs = startAt * 1_000 }
        if let plan = log.plan {
            facts.pauses = SchedulePauses(plan.pauses) ?? facts.pauses
            facts.scales = plan.scales
        }
        facts.aborted = "the collector ended before the run did; this is what its log holds"
        return facts
    }

    /// The books as far as anybody can tell: what was still owed, nobody knows.
    private static func books(ofCut log: ReplayedLog, agents: Int) -> AccountingSummary {
        FleetAccounts(
            ledgers: log.ledgers,
            slots: (0..<agents).map { slot in
                let newest = log.ledgers.last { Int($0.slot) == slot }
                return SlotAccount(
                    slot: slot, epoch: newest?.epoch ?? 0, owedUntil: .zero,
                    heartbeatCounters: nil, loss: nil)
            },
            planned: PlannedArrivals(
                scenario: Scenario(name: "", workloads: [], flows: [:]),
                weights: [Int](repeating: 1, count: agents)),
            deltas: log.deltas, duplicates: 0, badDeltas: log.badDeltas
        ).summary
    }
}

extension ReopenedRun {
    /// Where the reports go: the run's own folder, or another, which then gets what the run was
    /// made from too, so that its summary names nothing that is not there.
    /// - Throws: `CommandFailure` 69, also where the other folder holds another run.
    package static func folder(
        for run: FinishedRun, from directory: String, to target: String?
    ) throws(CommandFailure) -> RunDirectory {
        let folder = try RunDirectory.at(target ?? directory)
        if target != nil { try refuseOther(run, folder) }
        for name in inputNames {
            // environment.json may be missing: a run that failed early has none.
            guard let bytes = try? read(name, in: directory.isEmpty ? "." : directory) else {
                continue
            }
            if target == nil { folder.adopt(name, bytes) } else { try folder.write(name, bytes) }
        }
        return folder
    }

    private static func refuseOther(
        _ run: FinishedRun, _ folder: RunDirectory
    ) throws(CommandFailure) {
        let path = folder.path(RunFile.name)
        guard FileManager.default.fileExists(atPath: path) else { return }
        let there = try RunFile.decode(try read(RunFile.name, in: folder.path), path: path)
        guard there.run.id == run.facts.runID else {
            throw CommandFailure(
                .unavailable,
                "\(folder.path) holds run \(ReportText.escaped(there.run.id)), and results are "
                    + "never overwritten: give another folder with --out")
        }
    }
}
