// From a data directory to a running shard: the newest snapshot that can be read and is not ahead
// of the store, the journal after it, effects the store lacks made again; then the checks, the FUND
// of a new engine, and the symbols where they changed.

import Foundation
import HarnessCore

/// One start of the engine.
struct EngineRecovery {
    /// Commands whose effects go into one transaction of the store when they are made again.
    private static let storeBatch: UInt64 = 10_000

    let options: EngineOptions
    let directory: EngineDirectory
    let store: StoreDatabase?
    let log: @Sendable (String) -> Void
    /// The symbols of the first command.
    let firstMarket: Market
    /// How the matcher of this engine works.
    let matcherOptions: MatcherOptions
    private var missing = Effects()
    private var missingFrom: UInt64?
    private let begin = Instant.now()
    private var lastLine = Instant.now()

    init(
        _ options: EngineOptions, _ directory: EngineDirectory, store: StoreDatabase?,
        log: @escaping @Sendable (String) -> Void
    ) throws(CommandFailure) {
        self.options = options
        self.directory = directory
        self.store = store
        self.log = log
        firstMarket = try directory.firstMarket(wanted: options.market)
        var matching = MatcherOptions()
        matching.keepsEvents = false
        matching.freesClientIDs = try directory.freesClientIDs(wanted: options.freesClientIDs)
        matcherOptions = matching
    }

    /// Reads everything back.
    ///
    /// - Throws: 70 where the journal is corrupt or commands are gone, 69 where a file cannot be
    ///   used, 104 where the symbols do not go together.
    mutating func run() throws -> (matcher: Matcher, journal: JournalWriter) {
        let stored = try store?.progress() ?? .max
        do {
            try JournalSegment.syncAll(directory.journal)
        } catch {
            throw CommandFailure(.unavailable, "journal: \(error)")
        }
        let (matcher, start) = try base(stored: stored)
        let found = try replay(matcher, after: start, stored: stored)
        guard found.lastSeq >= stored || store == nil else {
            throw CommandFailure(
                .internalError,
                "the store is at seq \(stored), the journal ends at \(found.lastSeq): "
                    + "they do not belong together")
        }
        if let broken = matcher.firstBrokenInvariant() {
            throw CommandFailure(.internalError, "after recovery an invariant is broken: \(broken)")
        }
        let journal: JournalWriter
        do {
            journal = try JournalWriter(
                directory: directory.journal, recovery: found, segmentBytes: options.segmentBytes)
        } catch {
            throw CommandFailure(.unavailable, "journal: \(error)")
        }
        summarise(matcher, start)
        if matcher.lastSeq == 0, options.accounts > 0 { try fund(matcher, journal) }
        try configure(matcher, journal)
        try flush(matcher)
        return (matcher, journal)
    }

    // MARK: Snapshot and journal

    private func base(stored: UInt64) throws -> (Matcher, JournalStart?) {
        let seqs: [UInt64]
        do {
            seqs = try SnapshotFile.list(directory.snapshots)
        } catch {
            throw CommandFailure(.unavailable, "\(error)")
        }
        for seq in seqs where seq <= stored {
            let path = directory.snapshots + "/" + SnapshotFile.fileName(seq: seq)
            do {
                let (header, matcher) = try SnapshotFile.load(path, options: matcherOptions)
                guard header.seq <= stored else {
                    throw SnapshotError("it is of seq \(header.seq), past the store's \(stored)")
                }
                return (matcher, JournalStart(seq: header.seq, position: header.position))
            } catch {
                log("snapshot \(path) cannot be used: \(error); going back to an older one")
            }
        }
        if let first = try JournalReader.firstSeq(directory: directory.journal), first > 1 {
            let limit = store == nil ? "" : " at or below the store's seq \(stored)"
            throw CommandFailure(
                .internalError,
                "\(directory.journal) begins at seq \(first) and no snapshot\(limit) can be used: "
                    + "the commands before are gone; nothing was changed. Bring back the "
                    + "snapshots\(store == nil ? "" : " or the store"), or begin anew with another "
                    + "--data-dir")
        }
        return (Matcher(market: firstMarket, options: matcherOptions), nil)
    }

    private mutating func replay(
        _ matcher: Matcher, after start: JournalStart?, stored: UInt64
    ) throws -> JournalRecovery {
        // `self` cannot be captured by the reader's closure and changed in it under typed throws.
        var recovery = self
        let found = try JournalReader.recover(
            directory: directory.journal, after: start
        ) { command throws(CommandFailure) in
            _ = matcher.apply(command, effects: &recovery.missing)
            try recovery.applied(command.seq, stored: stored, matcher)
        }
        self = recovery
        if found.tornBytes > 0 {
            log("journal: a torn tail of \(found.tornBytes) bytes was zeroed")
        }
        return found
    }

    private mutating func applied(
        _ seq: UInt64, stored: UInt64, _ matcher: Matcher
    ) throws(CommandFailure) {
        if seq <= stored {
            missing.removeAll()
        } else {
            let from = missingFrom ?? seq
            missingFrom = from
            if seq - from + 1 >= Self.storeBatch { try flush(matcher) }
        }
        guard seq % 16_384 == 0 else { return }
        let now = Instant.now()
        guard now - lastLine >= .seconds(1) else { return }
        lastLine = now
        log("recovering: seq \(seq) after \(Self.seconds(now - begin))")
    }

    private func summarise(_ matcher: Matcher, _ start: JournalStart?) {
        guard matcher.lastSeq > 0 else { return }
        let from = start.map { "the snapshot of seq \($0.seq)" } ?? "the journal's beginning"
        log(
            "recovered seq \(matcher.lastSeq) in \(Self.seconds(Instant.now() - begin)): "
                + "\(matcher.lastSeq - (start?.seq ?? 0)) commands from \(from)")
    }

    private static func seconds(_ span: TimeSpan) -> String {
        DecimalText.text(span.ns / 1_000_000, decimals: 3) + " s"
    }

    private mutating func flush(_ matcher: Matcher) throws(CommandFailure) {
        defer {
            missing.removeAll()
            missingFrom = nil
        }
        guard let store, missingFrom != nil else { return }
        do {
            try store.apply(
                missing, StoreProgress(seq: matcher.lastSeq, eventHash: matcher.eventHash),
                market: matcher.market)
        } catch {
            throw StoreFault.failure(error, path: store.path)
        }
    }

    // MARK: Commands of the start

    private mutating func append(
        _ body: Command.Body, _ matcher: Matcher, _ journal: JournalWriter
    ) throws(CommandFailure) -> Outcome {
        let command = Command(
            seq: matcher.lastSeq + 1, receivedNs: UInt64(WallClock.unixNs()), body: body)
        do {
            try journal.append([command])
        } catch {
            throw CommandFailure(.unavailable, "journal: \(error)")
        }
        missingFrom = missingFrom ?? command.seq
        return matcher.apply(command, effects: &missing)
    }

    private mutating func fund(
        _ matcher: Matcher, _ journal: JournalWriter
    ) throws(CommandFailure) {
        let total = Int128(options.fund) * Int128(options.accounts) * 100_000_000
        guard options.fund >= 0, total <= Int128(Int64.max) else {
            throw CommandFailure(
                .badConfiguration,
                "--accounts \(options.accounts) x --fund \(options.fund) does not fit in 64 bits")
        }
        _ = try append(
            .fund(Fund(accounts: options.accounts, amount: options.fund)), matcher, journal)
    }

    /// Brings the symbols to what `--symbols` says now.
    private mutating func configure(
        _ matcher: Matcher, _ journal: JournalWriter
    ) throws(CommandFailure) {
        guard let wanted = options.market, wanted != matcher.market else { return }
        let text = Array(wanted.json.utf8)
        guard text.count < Limits.journalRecordBytes / 2 else {
            throw CommandFailure(
                .badConfiguration, "--symbols: the change is over 512 KiB, more than a record takes"
            )
        }
        if let reason = matcher.market.obstacle(to: wanted) {
            throw CommandFailure(
                .badConfiguration,
                "\(options.dataDirectory) was made with other symbols: \(reason). Symbols may be "
                    + "added at the end; status, filters and fees may change; give another "
                    + "--data-dir for anything else")
        }
        guard case .configured = try append(.config(MarketChange(text)), matcher, journal) else {
            throw CommandFailure(
                .badConfiguration, "--symbols: the matcher refused the change of symbols")
        }
        log("symbols changed as of seq \(matcher.lastSeq)")
    }
}
