// `spotload bench collector`: what one core merges, and that an hour's run takes no more memory
// than ten minutes of it.

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import Telemetry

struct CollectorBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collector",
        abstract: "Deltas one core decodes and merges a second; memory over a simulated hour.",
        discussion: """
            A delta has 5 series of 1,000 log-normal samples. Rates are per second of the
            thread's own CPU time, the median of the rounds. "merge" decodes and merges;
            "ingest" also checks the books and writes the write-ahead log, with a sync
            every 64 deltas; "+ 7" is that with seven criteria. The hour is an ingest of
            several agents with seven criteria, like that of a run; it comes first, so
            that no memory of the rounds hides what it takes.
            """)

    @Option(help: "Deltas of a round.")
    var deltas: Int = 4_000

    @Option(help: "Rounds.")
    var rounds: Int = 7

    @Option(help: "Agents.")
    var agents: Int = 4

    @Option(help: "Simulated windows; 0 leaves the memory out.")
    var windows: Int = 3_600

    @Option(help: "Folder of the log, which is removed afterwards; default: the temporary one.")
    var scratch: String?

    private static let floor = 2_000.0
    private static let target = 20_000.0

    func validate() throws {
        for (name, value, range) in [
            ("--deltas", deltas, 100...1_000_000), ("--rounds", rounds, 1...99),
            ("--agents", agents, 1...100), ("--windows", windows, 0...86_400),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(name) takes \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
    }

    func run() throws {
        let load = CollectorLoad(agents: agents)
        if windows > 0 { try simulate(load) }
        let perAgent = (deltas + agents - 1) / agents
        var entries: [(slot: Int, window: Int, bytes: [UInt8])] = []
        for window in 0..<perAgent {
            for slot in 0..<agents {
                entries.append((slot, window, try load.bytes(slot: slot, window: window)))
            }
        }
        let bytes = entries.reduce(0) { $0 + $1.bytes.count } / entries.count
        Terminal.output(
            "\(entries.count) deltas of 5 series x \(CollectorLoad.samples) samples, \(bytes) "
                + "bytes each, \(agents) agents, median of \(rounds) rounds\n")
        Terminal.output("path         deltas/s  us a delta  of floor 2,000  of target 20,000\n")
        show(
            "decode",
            try measure { for entry in entries { _ = try DeltaCodec.decode(entry.bytes) } })
        show("merge", try measure { try merge(entries.map(\.bytes), hasCriteria: false) })
        show("merge + 7", try measure { try merge(entries.map(\.bytes), hasCriteria: true) })
        show("ingest", try measure { try ingest(entries, hasCriteria: false) })
        show("ingest + 7", try measure { try ingest(entries, hasCriteria: true) })
    }

    /// Median CPU seconds of a delta.
    private func measure(_ body: () throws -> Void) throws -> Double {
        var seconds: [Double] = []
        for _ in 0..<rounds {
            let begin = Self.threadSeconds()
            try body()
            seconds.append((Self.threadSeconds() - begin) / Double(deltas / agents * agents))
        }
        return seconds.sorted()[rounds / 2]
    }

    private func merge(_ entries: [[UInt8]], hasCriteria: Bool) throws {
        var aggregate = RunAggregate(scenario: CollectorLoad.scenario(hasCriteria: hasCriteria))
        aggregate.expectedAgents = agents
        for bytes in entries { aggregate.merge(try DeltaCodec.decode(bytes)) }
        precondition(aggregate.deltas == UInt64(entries.count), "every delta is merged")
    }

    private func ingest(
        _ entries: [(slot: Int, window: Int, bytes: [UInt8])], hasCriteria: Bool
    ) throws {
        var aggregate = RunAggregate(scenario: CollectorLoad.scenario(hasCriteria: hasCriteria))
        aggregate.expectedAgents = agents
        try withScratch { directory in
            let ingest = try makeIngest(directory) { aggregate.merge($0) }
            for (i, entry) in entries.enumerated() {
                ingest.stage(
                    slot: entry.slot, id: StreamID(1, UInt64(entry.window + 1)), bytes: entry.bytes)
                if i % 64 == 63 { try ingest.commit() }
            }
            try ingest.commit()
        }
        precondition(aggregate.deltas == UInt64(entries.count), "every delta is merged")
    }

    private func makeIngest(
        _ directory: String, _ merged: @escaping (Delta) -> Void
    ) throws -> DeltaIngest {
        let header = WalRecord.Header(run: CollectorLoad.runID, specSha256: "bench", token: 1)
        return DeltaIngest(
            log: try WriteAheadLog(directory: directory, header: header),
            runID: CollectorLoad.runID, merged: merged)
    }

    private func withScratch(_ body: (String) throws -> Void) throws {
        let parent = scratch ?? NSTemporaryDirectory()
        let directory = "\(parent)/spotload-bench-\(ProcessInfo.processInfo.processIdentifier)"
        // What cannot be removed is a leftover of a benchmark in a temporary folder.
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    /// Ingests window by window, as a run would, and looks at the memory now and then.
    private func simulate(_ load: CollectorLoad) throws {
        Terminal.output(
            "\(windows) windows of \(agents) agents; resident memory (the process alone)\n")
        Terminal.output("minute    deltas   resident  of minute 10\n")
        var aggregate = RunAggregate(scenario: CollectorLoad.scenario(hasCriteria: true))
        aggregate.expectedAgents = agents
        var early: Double?
        try withScratch { directory in
            let ingest = try makeIngest(directory) { aggregate.merge($0) }
            for window in 0..<windows {
                for slot in 0..<agents {
                    ingest.stage(
                        slot: slot, id: StreamID(1, UInt64(window + 1)),
                        bytes: try load.bytes(slot: slot, window: window))
                }
                try ingest.commit()
                guard (window + 1) % 600 == 0 else { continue }
                let resident = residentBytes()
                let first = early ?? Double(resident)
                early = first
                Terminal.output(
                    ReportText.right(String((window + 1) / 60), 6)
                        + ReportText.right(ReportText.grouped(aggregate.deltas), 10)
                        + ReportText.right(ReportText.bytes(resident), 11)
                        + ReportText.right(ReportText.decimal(Double(resident) / first, 2), 14)
                        + "\n")
            }
            try showHlogs(wal: directory)
        }
        Terminal.output("\n")
    }

    /// The run's HdrHistogram logs out of the write-ahead log, as at the end of a run.
    private func showHlogs(wal: String) throws {
        let begin = Self.threadSeconds()
        let folder = try RunDirectory.at(wal + "/hlog")
        let files = try RunHlogs.write(
            wal: wal, startedAtUnixNs: 1_800_000_000_000_000_000, into: folder)
        let bytes = folder.files.reduce(0) { $0 + $1.bytes }
        Terminal.output(
            "\(files.count) .hlog files, \(ReportText.bytes(UInt64(bytes))), out of the log: "
                + "\(ReportText.decimal(Self.threadSeconds() - begin, 1)) s CPU, then "
                + "\(ReportText.bytes(residentBytes())) resident\n")
    }

    private func show(_ path: String, _ seconds: Double) {
        let rate = 1 / seconds
        Terminal.output(
            ReportText.left(path, 11) + ReportText.right(ReportText.decimal(rate, 0), 10)
                + ReportText.right(ReportText.decimal(seconds * 1e6, 1), 12)
                + ReportText.right(ReportText.decimal(rate / Self.floor, 2), 16)
                + ReportText.right(ReportText.decimal(rate / Self.target, 2), 18) + "\n")
    }

    private static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
