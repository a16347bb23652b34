// VALID: whether the generator can be believed, every signal that is not OK, the books of the
// fleet, and once and for all what this version does not measure.

import HarnessCore
import ScenarioModel
import Telemetry

extension TerminalReport {
    static func validity(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        var lines = titled(run, width: width)
        lines += paragraph(GeneratorText.sentence(run), indent: indent, width: width)
        lines += wrapped("", load(run), separator: "   ", width: width)
        for text in findings(run) { lines += paragraph(text, indent: indent, width: width) }
        // One line, however long: it is there to be searched for.
        let margin = String(repeating: " ", count: indent)
        lines.append(TerminalLine(margin + accounting(run.accounting)))
        for text in remarks(run) { lines += paragraph(text, indent: indent, width: width) }
        return lines
    }

    /// Every signal that is not OK, and why the data are not trusted, where they are not.
    static func findings(_ run: FinishedRun) -> [String] {
        let validity = run.verdict.validity
        return validity.signals.filter { $0.key != "data" }.map(text)
            + validity.distrust.map { "data not trusted: \($0)" }
    }

    /// What the stream held besides, bounds that the document moved, what nobody measured.
    static func remarks(_ run: FinishedRun) -> [String] {
        let overrides = run.aggregate.scenario.health.texts.sorted { $0.key < $1.key }
        let bounds = overrides.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let validity = run.verdict.validity
        let unmeasured = validity.notMeasured.joined(separator: ", ")
        return CalibrationText.remarks(validity)
            + [
                stream(run.accounting), bounds.isEmpty ? nil : "health overrides: " + bounds,
                unmeasured.isEmpty ? nil : "not measured: " + unmeasured,
            ].compactMap { $0 }
    }

    static func stateWord(_ run: FinishedRun) -> (word: String, style: TerminalStyle) {
        switch run.verdict.validity.state {
        case .ok: ("VALID", .good)
        case .suspect: ("SUSPECT", .doubtful)
        // Signals alone spoil a PASS only down to WARN: the word INVALID is the verdict's.
        case .invalidating:
            run.verdict.verdict == .invalid ? ("INVALID", .spoiled) : ("TAINTED", .doubtful)
        }
    }

    private static func titled(_ run: FinishedRun, width: Int) -> [TerminalLine] {
        let (word, style) = stateWord(run)
        var line = TerminalLine(word, style)
        let parts = wrapped(word, delivery(run), separator: "   ", width: width)
        // The title is coloured by itself; the wrapped text already holds it.
        let text = parts[0].rendered(color: false)
        line.append(String(text.dropFirst(word.count)))
        return [line] + parts.dropFirst()
    }

    /// What became of the arrivals, and how late the generator was.
    static func delivery(_ run: FinishedRun) -> [String] {
        var parts: [String] = []
        let tally = run.verdict.validity.arrivals
        if let delivered = run.verdict.validity.delivered {
            let reasons =
                ReportText.grouped(tally.dropped) + (tally.dropped > 0 ? ": no free VU" : "")
            let missed = tally.missed > 0 ? ", missed \(ReportText.grouped(tally.missed))" : ""
            parts.append(
                "delivered \(ReportText.share(delivered)) of \(ReportText.grouped(tally.scheduled))"
                    + " (late \(ReportText.grouped(tally.late)), dropped \(reasons)\(missed))")
        }
        if run.model != "open" {
            parts.append("closed model: arrivals never attempted are not in these numbers")
        }
        let lag = run.aggregate.lag
        if let p99 = lag.percentileNs(99) {
            let worst = ReportText.latency(Double(lag.max))
            parts.append("lag p99 \(ReportText.latency(p99)), max \(worst)")
        }
        return parts.isEmpty ? ["nothing in the measured part"] : parts
    }

    static func load(_ run: FinishedRun) -> [String] {
        let validity = run.verdict.validity
        var parts: [String] = []
        let cpu = run.aggregate.agents.values.compactMap(\.health.meanThreadCpu)
        if let busiest = cpu.max() {
            let which = cpu.count > 1 ? " (busiest agent)" : ""
            parts.append("worker CPU \(ReportText.percent(busiest, 0))\(which)")
        }
        if let turn = validity.longestTurnNs {
            parts.append("longest turn \(ReportText.latency(turn))")
        }
        let tainted = ReportText.grouped(UInt64(max(0, validity.taintedWindows)))
        let windows = ReportText.grouped(UInt64(max(0, validity.measuredWindows)))
        parts.append("tainted windows \(tainted) of \(windows)")
        parts += SteadyText.words(run)
        parts.append(CalibrationText.phrase(validity))
        return parts
    }

    private static func text(of signal: ValiditySignal) -> String {
        let place = signal.agent.map { " on agent \($0)" } ?? ""
        let windows =
            signal.windows > 0 ? " in \(ReportText.counted(signal.windows, "window"))" : ""
        return "\(signal.state.rawValue) \(signal.key)\(place): \(signal.worst),"
            + " bound \(signal.bound)\(windows)"
    }

    /// The identity in figures. Not grouped, so that it can be checked by copying.
    static func accounting(_ a: AccountingSummary) -> String {
        let finals =
            a.agentsFinal == 0
            ? "no finals" : a.finalsEqualMerged ? "finals = merged" : "finals != merged"
        return
            "accounting: planned \(a.planned) = started \(a.started) + dropped \(a.dropped)"
            + " + missed \(a.missed) + unaccounted \(a.unaccounted); \(finals),"
            + " \(a.agentsFinal) of \(ReportText.counted(a.agents, "agent"))"
    }

    /// What the stream held besides: nil where it was clean.
    private static func stream(_ a: AccountingSummary) -> String? {
        var parts: [String] = []
        if a.badDeltas > 0 {
            parts.append(
                "\(ReportText.counted(Int(clamping: a.badDeltas), "damaged delta")) rejected")
        }
        if a.duplicates > 0 {
            parts.append("\(ReportText.counted(Int(clamping: a.duplicates), "duplicate")) ignored")
        }
        return parts.isEmpty
            ? nil
            : "of \(ReportText.grouped(a.deltas)) deltas merged: "
                + parts.joined(separator: ", ")
    }
}
