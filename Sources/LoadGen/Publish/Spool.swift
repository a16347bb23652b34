// Deltas of one epoch on their way to the collector's disk, in order of seq.
//
//     pending (may be joined) --fix--> fixed: seq and bytes never change again --ack--> gone
//                                      ^ sent: how many of them went out on this connection
//
// A delta is kept until it is acknowledged and repeated verbatim after each reconnect. A value
// without clock or socket; the agent's threads share it under a mutex.

import DequeModule
import HarnessCore
import Telemetry

package struct Spool: Sendable {
    /// A delta as it goes out.
    package struct Fixed: Sendable, Equatable {
        package let seq: UInt64
        package let bytes: [UInt8]
    }

    private let runTag: [UInt8]
    private let slot: UInt32
    package let epoch: UInt64
    private var pending = Deque<PendingDelta>()
    private var pendingBytes = 0
    private var fixed = Deque<Fixed>()
    private var fixedBytes = 0
    private var sent = 0
    private var cumulative: [SeriesKey: SeriesDelta.Value] = [:]
    private var finalSeq: UInt64?

    /// Last delta that has a seq, went out once, is on the collector's disk; 0: none.
    package private(set) var fixedSeq: UInt64 = 0
    package private(set) var sentSeq: UInt64 = 0
    package private(set) var ackSeq: UInt64 = 0
    /// Series whose key or value fits into no delta: lost, and visible in the identities.
    package private(set) var unencodable: UInt64 = 0

    package init(runTag: [UInt8], slot: UInt32, epoch: UInt64) {
        self.runTag = runTag
        self.slot = slot
        self.epoch = epoch
    }

    package var bytes: Int { pendingBytes + fixedBytes }
    package var waiting: Int { pending.count + fixed.count }
    /// The final delta is on the collector's disk.
    package var isDrained: Bool { finalSeq.map { $0 <= ackSeq } ?? false }
    /// Nothing more can be taken in without loss.
    package var isFull: Bool { bytes > Limits.spoolBytes }

    /// Takes a cut in; joins older ones that were never sent where there are too many.
    package mutating func add(_ delta: PendingDelta) {
        precondition(!hasFinal, "nothing comes after the final delta")
        pending.append(delta)
        pendingBytes += delta.bytes
        while pending.count > Limits.spoolDeltas || pendingBytes > Limits.spoolCoalesceBytes {
            guard let place = narrowestPair else { break }
            let next = pending.remove(at: place + 1)
            pendingBytes -= next.bytes + pending[place].bytes
            pending[place].join(next)
            pendingBytes += pending[place].bytes
        }
    }

    private var hasFinal: Bool { finalSeq != nil || pending.last?.isFinal == true }

    /// First of the two neighbours whose union spans the fewest windows, at most 60.
    private var narrowestPair: Int? {
        var best: (place: Int, span: UInt32)?
        for i in pending.indices.dropLast() where !pending[i + 1].isFinal {
            let span = pending[i + 1].toWindow - pending[i].fromWindow
            guard span <= UInt32(Limits.spoolDeltas) else { continue }
            if span < best?.span ?? .max { best = (i, span) }
        }
        return best?.place
    }

    /// What is to go out next on this connection; nil where nothing waits or 64 are unacknowledged.
    package mutating func next() -> Fixed? {
        if sent == fixed.count, fixed.count < Limits.spoolUnacknowledged,
            let delta = pending.popFirst()
        {
            pendingBytes -= delta.bytes
            fix(delta)
        }
        return sent < fixed.count ? fixed[sent] : nil
    }

    /// Redis has it, or had it already.
    package mutating func stored(_ seq: UInt64) {
        // After a replay the answer to an older send means nothing.
        guard sent < fixed.count, fixed[sent].seq == seq else { return }
        sent += 1
        sentSeq = max(sentSeq, seq)
    }

    /// A new connection, or a new server: everything from ack + 1 goes out again.
    package mutating func replay() { sent = 0 }

    /// Everything up to `seq` is durable at the collector; lower answers than seen are ignored.
    package mutating func acknowledge(_ seq: UInt64) {
        guard seq > ackSeq, seq <= fixedSeq else { return }
        ackSeq = seq
        sentSeq = max(sentSeq, seq)
        while let first = fixed.first, first.seq <= seq {
            fixed.removeFirst()
            fixedBytes -= first.bytes.count
            sent = max(0, sent - 1)
        }
    }

    // MARK: fixing

    /// Gives a delta its seq and bytes. One that is too large for an entry becomes several of the
    /// same windows.
    private mutating func fix(_ delta: PendingDelta) {
        if delta.isFinal {
            if encode(delta, series: closing(delta.series), isFinal: true) { return }
            // The last samples first, then a final with nothing but the cumulative counts.
            fix(delta.series[...], of: delta)
            if encode(delta, series: closing([]), isFinal: true) { return }
            // Not even the counts fit: an epoch that names no series cannot be checked.
            unencodable += UInt64(cumulative.count)
            let isEncoded = encode(delta, series: [], isFinal: true)
            precondition(isEncoded, "an empty delta fits")
            return
        }
        fix(delta.series[...], of: delta)
    }

    private mutating func fix(_ series: ArraySlice<SeriesDelta>, of delta: PendingDelta) {
        if encode(delta, series: series.map { counted($0) }, isFinal: false) { return }
        guard series.count > 1 else {
            unencodable += UInt64(series.count)
            return
        }
        let middle = series.startIndex + series.count / 2
        fix(series[..<middle], of: delta)
        fix(series[middle...], of: delta)
    }

    /// Appends the encoded delta; false, and nothing changed, where it does not fit.
    private mutating func encode(
        _ delta: PendingDelta, series: [SeriesDelta], isFinal: Bool
    ) -> Bool {
        var flags: Delta.Flags = isFinal ? .final : []
        if delta.isCoalesced { flags.insert(.coalesced) }
        let from = max(
            delta.fromWindow,
            delta.toWindow - min(delta.toWindow, UInt32(Limits.deltaWindows)))
        let full = Delta(
            flags: flags, runTag: runTag, slot: slot, epoch: epoch, seq: fixedSeq + 1,
            fromWindow: from, toWindow: delta.toWindow, planRev: delta.planRev,
            cutAtUs: delta.cutAtUs, counters: delta.counters, series: series)
        let bytes: [UInt8]
        do throws(DeltaError) {
            bytes = try DeltaCodec.encode(full)
        } catch {
            return false
        }
        fixedSeq += 1
        fixed.append(Fixed(seq: fixedSeq, bytes: bytes))
        fixedBytes += bytes.count
        if isFinal { finalSeq = fixedSeq }
        for item in series { cumulative[item.key] = item.value }
        return true
    }

    /// The item with its cumulative count; the table changes only once the delta is fixed.
    private func counted(_ item: SeriesDelta) -> SeriesDelta {
        var item = item
        switch (item.value, cumulative[item.key]) {
        case (.counter(let n, _), .counter(_, let cum)):
            item.value = .counter(delta: n, cum: cum + n)
        case (.counter(let n, _), _): item.value = .counter(delta: n, cum: n)
        case (.histogram(var h), .histogram(let known)):
            h.cum = known.cum + h.count
            item.value = .histogram(h)
        case (.histogram(var h), _):
            h.cum = h.count
            item.value = .histogram(h)
        case (.gauge, _): break
        }
        return item
    }

    /// `series` and every series ever sent that is not among them, with nothing new.
    private func closing(_ series: [SeriesDelta]) -> [SeriesDelta] {
        var all = series.map { counted($0) }
        let present = Set(series.map(\.key))
        let rest = cumulative.filter { !present.contains($0.key) }
        for (key, value) in rest.sorted(by: { $0.key.text < $1.key.text }) {
            switch value {
            case .counter(_, let cum):
                all.append(SeriesDelta(key: key, value: .counter(delta: 0, cum: cum)))
            case .histogram(let h):
                let none = HistogramDelta(
                    count: 0, cum: h.cum, min: 0, max: 0, sum: 0, over: [], buckets: [])
                all.append(SeriesDelta(key: key, value: .histogram(none)))
            case .gauge: break
            }
        }
        return all
    }
}
