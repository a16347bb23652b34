// run.json: what `spotload report DIR` needs besides the log and scenario.effective.yaml, so that
// the same reports can be written again from the folder alone. Written when the run starts, and
// again, with `end`, before the reports; a file without `end` is of a run whose collector died.
//
// Version 1. Additions keep it; anything else raises it. Never in it: secrets, rows of data files.

import Foundation
package import HarnessCore
package import ScenarioModel

package struct RunFile: Codable, Sendable, Equatable {
    package static let name = "run.json"
    package static let currentVersion = 1

    /// `RunFacts`, in the file's own words.
    package struct Facts: Codable, Sendable, Equatable {
        package var id: String
        package var scenarioFile: String
        package var scenarioName: String
        package var scenarioSha256: String
        package var seed: UInt64
        package var agents: Int
        package var startedAtUnixNs: Int64
        package var durationNs: Int64
        package var warmupNs: Int64
        package var version: String
        package var target: String
        package var tags: [String: String]
        package var interrupted: Bool
        package var aborted: String?
        /// By slot.
        package var hosts: [String: String]
        package var pauses: [[Int?]]
        package var scales: [PlanRecord.Scale]
        /// Absent in files of versions that did not look.
        package var calibration: CalibrationFacts?
    }

    /// Where a threshold or criterion is written.
    package struct Place: Codable, Sendable, Equatable {
        package var file: String
        package var line: Int
        package var column: Int

        init(_ source: SourcePosition) {
            (file, line, column) = (source.file, source.line, source.column)
        }
        var source: SourcePosition { SourcePosition(file: file, line: line, column: column) }
    }

    /// What is known only when the run is over.
    package struct End: Codable, Sendable, Equatable {
        package var accounting: AccountingSummary
        /// What the judge saw while the run went on.
        package var judge: JudgeMemory
        package var processes: [ProcessUsage]
        package var observed: ObservedLog
        /// What the coordinator had to say, for people.
        package var notes: [String]

        package init(
            accounting: AccountingSummary, judge: JudgeMemory, processes: [ProcessUsage],
            observed: ObservedLog, notes: [String]
        ) {
            self.accounting = accounting
            self.judge = judge
            self.processes = processes
            self.observed = observed
            self.notes = notes
        }
    }

    package var version = currentVersion
    package var run: Facts
    /// In the order of the document.
    package var thresholds: [Place]
    package var criteria: [Place]
    /// Of every file the document names, by path.
    package var files: [String: FileOutline]
    package var environment: EnvironmentRecord?
    package var end: End?

    package init(
        facts: RunFacts, scenario: Scenario, environment: EnvironmentRecord?, end: End?
    ) {
        run = Facts(facts)
        thresholds = scenario.thresholds.map { Place($0.source) }
        criteria = scenario.criteria.map { Place($0.source) }
        files = scenario.fileOutlines
        self.environment = environment
        self.end = end
    }

    package func json() throws(CommandFailure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = Self.infinities
        do {
            return try Array(encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw CommandFailure(.internalError, "\(Self.name) cannot be encoded: \(error)")
        }
    }

    private static let infinities = JSONEncoder.NonConformingFloatEncodingStrategy
        .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")

    /// - Throws: `CommandFailure` 104: malformed, or of another version.
    package static func decode(_ bytes: [UInt8], path: String) throws(CommandFailure) -> RunFile {
        struct Version: Decodable { let version: Int }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            let version = try decoder.decode(Version.self, from: Data(bytes)).version
            guard version == currentVersion else {
                throw CommandFailure(
                    .badConfiguration,
                    "\(path) has version \(version), this build reads \(currentVersion): "
                        + "use the spotload that wrote it")
            }
            return try decoder.decode(RunFile.self, from: Data(bytes))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(
                .badConfiguration, "\(path) is not what a run writes: \(Self.words(error))")
        }
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return ReportText.escaped("\(error)") }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context)): no \"\(ReportText.escaped(key.stringValue))\""
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            return "\(place(context)): \(ReportText.escaped(context.debugDescription))"
        @unknown default: return ReportText.escaped("\(error)")
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? "the document" : ReportText.escaped(path)
    }
}

extension RunFile.Facts {
    init(_ facts: RunFacts) {
        self.init(
            id: facts.runID, scenarioFile: facts.scenarioFile, scenarioName: facts.scenarioName,
            scenarioSha256: facts.scenarioSha256, seed: facts.seed, agents: facts.agents,
            startedAtUnixNs: facts.startedAtUnixNs, durationNs: facts.duration.ns,
            warmupNs: facts.warmup.ns, version: facts.version, target: facts.target,
            tags: facts.tags, interrupted: facts.interrupted, aborted: facts.aborted,
            hosts: Dictionary(uniqueKeysWithValues: facts.hosts.map { (String($0.key), $0.value) }),
            pauses: facts.pauses.pairs, scales: facts.scales, calibration: facts.calibration)
    }

    var facts: RunFacts {
        var facts = RunFacts(
            runID: id, scenarioFile: scenarioFile, scenarioName: scenarioName, seed: seed,
            agents: agents, startedAtUnixNs: startedAtUnixNs, duration: TimeSpan(ns: durationNs),
            warmup: TimeSpan(ns: warmupNs), version: version, target: target)
        facts.scenarioSha256 = scenarioSha256
        facts.tags = tags
        facts.interrupted = interrupted
        facts.aborted = aborted
        for (slot, host) in hosts { if let slot = Int(slot) { facts.hosts[slot] = host } }
        facts.pauses = SchedulePauses(pauses) ?? SchedulePauses()
        facts.scales = scales
        facts.calibration = calibration
        return facts
    }
}
