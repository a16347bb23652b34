// The closing of the books (fleet.md section 3): identities over all epochs, what is unaccounted
// for, and in words where. Pure: ledgers, plan and last heartbeats in, summary out.

package import HarnessCore
import ScenarioModel
import Telemetry

/// What is known of a slot when the run is over.
package struct SlotAccount: Sendable, Equatable {
    package var slot: Int
    package var epoch: UInt64
    /// Until when its segment owed arrivals: the end of the schedule, or a stop of the run. In
    /// schedule time, and in run time, which goes on while schedules are paused.
    package var owedUntil: TimeSpan
    package var owedUntilRunTime: TimeSpan
    /// The 14 counters of its newest heartbeat; nil if there was none.
    package var heartbeatCounters: [UInt64]?
    /// Why it is gone before its time; nil where it is not.
    package var loss: String?

    package init(
        slot: Int, epoch: UInt64, owedUntil: TimeSpan, owedUntilRunTime: TimeSpan? = nil,
        heartbeatCounters: [UInt64]?, loss: String?
    ) {
        self.slot = slot
        self.epoch = epoch
        self.owedUntil = owedUntil
        self.owedUntilRunTime = owedUntilRunTime ?? owedUntil
        self.heartbeatCounters = heartbeatCounters
        self.loss = loss
    }
}

package struct FleetAccounts: Sendable, Equatable {
    package private(set) var summary: AccountingSummary
    /// One line for each slot that is not fully accounted for.
    package private(set) var losses: [Int: String] = [:]

    package init(
        ledgers: [EpochLedger], slots: [SlotAccount], planned: PlannedArrivals, deltas: UInt64,
        duplicates: UInt64, badDeltas: UInt64
    ) {
        var totals = RunCounters()
        for ledger in ledgers { totals = totals + ledger.counters }
        summary = AccountingSummary(
            planned: totals.scheduled, started: totals.started, dropped: totals.dropped,
            missed: totals.missed, unaccounted: 0, finalsEqualMerged: true, agentsFinal: 0,
            agents: slots.count, deltas: deltas, duplicates: duplicates, badDeltas: badDeltas)
        for ledger in ledgers { check(ledger) }
        // Counting may be long where arrivals are random: once for all that owe until one moment.
        var owed: [TimeSpan: [UInt64]] = [:]
        for slot in slots {
            let own = ledgers.filter { Int($0.slot) == slot.slot }
            let newest = own.first { $0.epoch == slot.epoch }
            let isFinal = newest?.isFinal ?? false
            if isFinal { summary.agentsFinal += 1 }
            guard !isFinal || slot.loss != nil else { continue }
            let until = slot.owedUntil
            let counts = owed[until] ?? planned.counts(before: until)
            owed[until] = counts
            let known = own.reduce(UInt64(0)) { $0 &+ planned.known(of: $1) }
            close(slot, own, newest: newest, owed: counts[slot.slot], known: known)
        }
        summary.planned &+= summary.unaccounted
        summary.brokenIdentities.sort()
    }

    private mutating func check(_ ledger: EpochLedger) {
        let place = "slot \(ledger.slot), epoch \(ledger.epoch)"
        if !ledger.disagreements.isEmpty {
            summary.finalsEqualMerged = false
            summary.brokenIdentities += ledger.disagreements.prefix(5).map { "\(place): \($0)" }
        }
        if ledger.badDeltas > 0 {
            summary.brokenIdentities.append("\(place): \(ledger.badDeltas) deltas refused")
        }
        // Without a final something may still be in flight: its loss is named instead.
        guard ledger.isFinal else { return }
        let c = ledger.counters
        if c.samples != ledger.mergedSamples { summary.finalsEqualMerged = false }
        for (name, left, right) in [
            (
                "scheduled = started + dropped + missed", c.scheduled,
                c.started &+ c.dropped &+ c.missed
            ),
            ("started = completed + interrupted", c.started, c.completed &+ c.interrupted),
            ("transfersStarted = transfersEnded", c.transfersStarted, c.transfersEnded),
            ("samples = sum of histogram counts", c.samples, ledger.mergedSamples),
        ] where left != right {
            summary.brokenIdentities.append("\(place): \(name): \(left) is not \(right)")
        }
    }

    /// A slot that is not fully accounted for.
    private mutating func close(
        _ slot: SlotAccount, _ ledgers: [EpochLedger], newest: EpochLedger?, owed: UInt64,
        known: UInt64
    ) {
        let arrivals = owed > known ? owed - known : 0
        summary.unaccounted += arrivals
        let first = newest?.toWindow ?? 0
        let last = UInt32(clamping: (slot.owedUntilRunTime.ns + 999_999_999) / 1_000_000_000)
        var text = "slot \(slot.slot): \(slot.loss ?? "no final delta"): "
        text += last > first ? "windows \(first)-\(last - 1)" : "the end"
        text += " unaccounted, at most \(arrivals) arrivals"
        if newest?.isFinal != true {
            text += ", \(lostSamples(slot, newest)) samples known lost"
        }
        losses[slot.slot] = text
    }

    /// What the newest heartbeat or delta has counted beyond what was merged.
    private func lostSamples(_ slot: SlotAccount, _ ledger: EpochLedger?) -> UInt64 {
        let merged = ledger?.mergedSamples ?? 0
        let heard = slot.heartbeatCounters?.last ?? 0
        let recorded = max(heard, ledger?.counters.samples ?? 0)
        return recorded > merged ? recorded - merged : 0
    }
}
