// Panel 2: whether the generator can be believed. It stands above every latency, because it says
// what they are worth: what was delivered, every signal that is not OK, the books of the fleet,
// steady state, bounds that were overridden, and what was not measured at all.

import HarnessCore
import ScenarioModel
import Telemetry

extension HTMLReportBuilder {
    func validity() -> HTMLValidity {
        let validity = run.verdict.validity
        let (word, verdict) = standing(validity.state)
        let signals = validity.signals.filter { $0.key != "data" }
        return HTMLValidity(
            style: HTMLIcon.style(verdict), iconMarkup: HTMLIcon.verdict(verdict), word: word,
            lead: lead, stats: stats(validity),
            distrust: validity.distrust.map { HTMLText.foreign($0, limit: 500) },
            signals: signals.isEmpty ? nil : table(of: signals),
            accounting: TerminalReport.accounting(run.accounting), stream: stream,
            notes: notes)
    }

    /// Signals alone spoil a PASS only down to WARN: the word INVALID is the verdict's.
    private func standing(_ state: HealthState) -> (String, Verdict) {
        switch state {
        case .ok: return ("VALID", .pass)
        case .suspect: return ("SUSPECT", .warn)
        case .invalidating:
            let isInvalid = run.verdict.verdict == .invalid
            return (isInvalid ? "INVALID" : "TAINTED", isInvalid ? .invalid : .warn)
        }
    }

    private var lead: String {
        let worth =
            switch GeneratorText.finding(run.verdict.validity) {
            case .no: " The numbers below are the target's."
            case .perhaps, .yes: " What rests on it below is marked."
            case .pool, .unknown: ""
            }
        return GeneratorText.sentence(run) + worth
    }

    private func stats(_ validity: Validity) -> [HTMLPair] {
        let tally = validity.arrivals
        let lag = run.aggregate.lag
        let cpu = run.aggregate.agents.values.compactMap(\.health.meanThreadCpu).max()
        let lost = run.aggregate.agents.values.reduce(UInt64(0)) { $0 + $1.lostSamples }
        return [
            HTMLPair(
                term: "Delivered", value: validity.delivered.map(ReportText.share) ?? "n/a",
                more: validity.delivered == nil
                    ? "closed model: no plan to deliver"
                    : "of \(ReportText.grouped(tally.scheduled)) arrivals: late"
                        + " \(ReportText.grouped(tally.late)), dropped"
                        + " \(ReportText.grouped(tally.dropped)), missed"
                        + " \(ReportText.grouped(tally.missed))"),
            HTMLPair(
                term: "Schedule lag, P99", value: ReportText.latency(lag.percentileNs(99)),
                more: lag.isEmpty ? nil : "largest \(ReportText.latency(Double(lag.max)))"),
            HTMLPair(
                term: "Worker CPU", value: cpu.map { ReportText.percent($0, 0) } ?? "-",
                more: run.aggregate.agents.count > 1 ? "of the busiest agent" : nil),
            HTMLPair(term: "Longest turn", value: ReportText.latency(validity.longestTurnNs)),
            HTMLPair(
                term: "Tainted windows", value: ReportText.grouped(UInt64(validity.taintedWindows)),
                more: "of \(ReportText.grouped(UInt64(validity.measuredWindows))) measured"),
            HTMLPair(term: "Samples lost", value: ReportText.grouped(lost)),
        ]
    }

    private func table(of signals: [ValiditySignal]) -> HTMLTable {
        HTMLTable(
            caption: "Signals that are not OK",
            head: [
                HTMLCell(text: "Signal", style: "l"), HTMLCell(text: "State", style: "l"),
                HTMLCell(text: "Agent"), HTMLCell(text: "Worst"), HTMLCell(text: "Bound"),
                HTMLCell(text: "Windows"),
            ],
            rows: signals.map { signal in
                HTMLRow(cells: [
                    HTMLCell(text: signal.key, style: "l"),
                    HTMLCell(text: signal.state.rawValue, style: "l"),
                    HTMLCell(text: signal.agent.map { String($0) } ?? "all"),
                    HTMLCell(text: HTMLText.foreign(signal.worst)),
                    HTMLCell(text: HTMLText.foreign(signal.bound)),
                    HTMLCell(text: signal.windows == 0 ? "-" : String(signal.windows)),
                ])
            })
    }

    private var stream: String? {
        let a = run.accounting
        guard a.badDeltas > 0 || a.duplicates > 0 else { return nil }
        return "Of \(ReportText.grouped(a.deltas)) deltas: \(ReportText.grouped(a.badDeltas))"
            + " damaged and rejected, \(ReportText.grouped(a.duplicates)) duplicates ignored."
    }

    private var notes: [HTMLPair] {
        let overrides = run.aggregate.scenario.health.texts.sorted { $0.key < $1.key }.map {
            "\($0.key): \($0.value)"
        }
        let validity = run.verdict.validity
        let steady = validity.steady.map { isSingle ? $0.text : "\($0.scenario): \($0.text)" }
        return [
            HTMLPair(
                term: "Steady state",
                value: steady.isEmpty
                    ? "not checked" : HTMLText.foreign(steady.joined(separator: "; "), limit: 1_000)
            ),
            HTMLPair(
                term: "Health bounds",
                value: overrides.isEmpty
                    ? "none overridden"
                    : "overridden: " + HTMLText.foreign(overrides.joined(separator: ", "))),
            HTMLPair(
                term: "Calibration",
                value: HTMLText.foreign(
                    ([CalibrationText.phrase(validity)] + CalibrationText.remarks(validity))
                        .joined(separator: "; "), limit: 1_000)),
            HTMLPair(
                term: "Not measured",
                value: validity.notMeasured.isEmpty
                    ? "all signals were measured"
                    : validity.notMeasured.joined(separator: ", ")),
        ]
    }
}
