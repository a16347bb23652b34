// `spotload engine --check`: is what recovery made true? Invariants; a second matcher that replays
// the journal from its beginning, or from the oldest snapshot where it has been trimmed, and must
// come to the same hashes, those of the snapshots in between included; the store row by row. For
// tests, and for whoever doubts a disk.

import HarnessCore

/// One check of a recovered engine; nothing else runs yet.
struct EngineCheck {
    /// Commands whose effects are compared with the store at a time.
    private static let batch: UInt64 = 4_096

    let directory: EngineDirectory
    let firstMarket: Market
    let matcherOptions: MatcherOptions
    let store: StoreDatabase?

    /// One line that says what was compared.
    ///
    /// - Throws: `CommandFailure` 70 with the first difference.
    func run(_ matcher: Matcher) throws(CommandFailure) -> String {
        if let broken = matcher.firstBrokenInvariant() { throw Self.failure(broken) }
        let (again, start) = try base(matcher)
        var compared = store.map {
            StoreCheck($0, matcher, firstMarket: firstMarket, base: again.lastSeq)
        }
        try replay(again, start, matcher, &compared)
        try compared?.compareState()
        let from = start.map { "the snapshot of seq \($0.seq)" } ?? "its beginning"
        return "check ok: seq \(matcher.lastSeq), event hash "
            + "\(SnapshotMaker.hex(matcher.eventHash)), state hash \(matcher.stateHash()), "
            + "journal replayed from \(from)"
            + (compared.map { ", store equal (\($0.rows) rows)" } ?? ", no store")
    }

    private static func failure(_ text: String) -> CommandFailure {
        CommandFailure(.internalError, "check: \(text)")
    }

    /// Where the replay begins: a new matcher, or the oldest snapshot of a trimmed journal.
    private func base(_ matcher: Matcher) throws(CommandFailure) -> (Matcher, JournalStart?) {
        if let first = try JournalReader.firstSeq(directory: directory.journal), first > 1 {
            let usable = try snapshots().filter {
                $0.position.segment >= first && $0.seq <= matcher.lastSeq
            }
            for known in usable.reversed() {
                let path = directory.snapshots + "/" + SnapshotFile.fileName(seq: known.seq)
                // Recovery has told of those it could not use.
                guard let (header, restored) = try? SnapshotFile.load(path, options: matcherOptions)
                else { continue }
                return (restored, JournalStart(seq: header.seq, position: header.position))
            }
            throw Self.failure(
                "\(directory.journal) begins at seq \(first) and no snapshot leads to it")
        }
        return (Matcher(market: firstMarket, options: matcherOptions), nil)
    }

    /// Headers of the snapshots that can be read, newest first.
    private func snapshots() throws(CommandFailure) -> [SnapshotHeader] {
        do {
            return try SnapshotFile.list(directory.snapshots).compactMap { seq in
                // A damaged one is recovery's to tell; it has gone back to an older one.
                try? SnapshotFile.header(
                    ofFile: directory.snapshots + "/" + SnapshotFile.fileName(seq: seq))
            }
        } catch {
            throw Self.failure("\(error)")
        }
    }

    /// I9, and what the store must have of it.
    private func replay(
        _ again: Matcher, _ start: JournalStart?, _ matcher: Matcher,
        _ compared: inout StoreCheck?
    ) throws(CommandFailure) {
        let hashes = Dictionary(
            try snapshots().map { ($0.seq, $0.eventHash) }, uniquingKeysWith: { a, _ in a })
        var effects = Effects()
        var check = compared
        _ = try JournalReader.replay(
            directory: directory.journal, after: start, through: matcher.lastSeq
        ) { command throws(CommandFailure) in
            _ = again.apply(command, effects: &effects)
            if let hash = hashes[command.seq], hash != again.eventHash {
                throw Self.failure(
                    "the snapshot of seq \(command.seq) is not what the journal leads to")
            }
            if command.seq % Self.batch == 0 {
                try check?.compare(effects)
                effects.removeAll()
            }
        }
        try check?.compare(effects)
        compared = check
        guard again.eventHash == matcher.eventHash, again.stateHash() == matcher.stateHash() else {
            throw Self.failure("the journal leads to another state than the snapshot's tail")
        }
    }
}
