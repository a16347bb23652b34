// A journal of the mixed flow (engine.md 9) as an engine would have written it, for benchmarks of
// recovery: through `JournalWriter`, in batches, in a data directory that `spotload engine` then
// starts from.

import Glibc
import HarnessCore

package enum JournalMaker {
    /// Commands between two syncs.
    private static let batch = 1_000

    /// Brings the journal of `dataDirectory` to `last` commands: a FUND of 1,000 accounts, then
    /// the flow. What is there already must be its beginning, from the same seed and `resting`.
    ///
    /// - Returns: commands written.
    /// - Throws: 69 where the directory is in use or cannot be written, 70 where its journal is
    ///   damaged or longer.
    package static func run(
        dataDirectory: String, seed: UInt64, commands last: Int, resting: Int
    ) throws -> Int {
        let directory = EngineDirectory(path: dataDirectory)
        try directory.create()
        let lock = try DirectoryLock(path: directory.lock)
        defer { withExtendedLifetime(lock) {} }
        // Remembers the symbols, as the first start does.
        _ = try directory.firstMarket(wanted: .builtIn)
        let found = try JournalReader.recover(directory: directory.journal) { _ in }
        guard found.lastSeq <= UInt64(last) else {
            throw CommandFailure(
                .internalError,
                "\(directory.journal) has \(found.lastSeq) commands, more than \(last)")
        }
        let journal: JournalWriter
        do {
            journal = try JournalWriter(directory: directory.journal, recovery: found)
            try append(journal, seed: seed, last: last, resting: resting)
        } catch {
            throw CommandFailure(.unavailable, "journal: \(error)")
        }
        return last - Int(found.lastSeq)
    }

    private static func append(
        _ journal: JournalWriter, seed: UInt64, last: Int, resting: Int
    ) throws(JournalWriteError) {
        // FUND is one of them, and those that fill the book are.
        let flow = MixedFlow(seed: seed, commands: max(0, last - 1), resting: resting)
        var maker = BenchCommands(largestID: Int(flow.largestID), accounts: MixedFlow.accounts)
        let written = journal.lastSeq
        let begin = UInt64(WallClock.unixNs())
        var waiting: [Command] = []
        func add(_ command: Command) throws(JournalWriteError) {
            guard command.seq > written else { return }
            waiting.append(command)
            waiting[waiting.count - 1].receivedNs = begin + command.seq * 1_000
            guard waiting.count == batch else { return }
            try journal.append(waiting[...])
            waiting.removeAll(keepingCapacity: true)
        }
        let fund = Fund(accounts: UInt32(MixedFlow.accounts), amount: 1_000_000)
        try add(Command(seq: 1, receivedNs: 0, body: .fund(fund)))
        for (i, operation) in flow.operations.prefix(max(0, last - 1)).enumerated() {
            try add(maker.command(operation, seq: UInt64(i + 2)))
        }
        if !waiting.isEmpty { try journal.append(waiting[...]) }
    }
}
