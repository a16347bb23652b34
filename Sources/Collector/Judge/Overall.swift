// The verdict over all rows (measurement.md section 5, "Overall"). Pure.

import HarnessCore
import ScenarioModel

struct Overall {
    let rows: [CriterionRow]
    let validity: Validity
    let facts: RunFacts
    /// Requests of the measured part, where none of them got a response; else nil.
    var unanswered: UInt64?

    var verdict: RunVerdict {
        let gated = rows.filter(\.isGated)
        let worst = gated.map(\.verdict).max { $0.rank < $1.rank } ?? ofNoCriteria
        var verdict = worst
        var reasons = gated.filter { $0.verdict == worst && worst != .pass }.map(Self.text)
        if rows.isEmpty { reasons = ["0 criteria"] + validity.distrust }
        let doubts = doubts
        if verdict == .pass || verdict == .warn, !doubts.isEmpty {
            verdict = .warn
            reasons += doubts
        }
        if let unanswered, validity.distrust.isEmpty {
            // Connects that are refused are quick: times and rates alone would look good.
            verdict = [verdict, ofUnanswered].max { $0.rank < $1.rank } ?? verdict
            let sent = ReportText.counted(Int(clamping: unanswered), "request")
            reasons.append("no request was answered: \(sent), no response")
        }
        if facts.interrupted {
            // What was not measured to its end settles nothing but a failure.
            if verdict == .pass || verdict == .warn { verdict = .inconclusive }
            reasons.insert("interrupted after \(ReportText.span(facts.duration))", at: 0)
        }
        if let aborted = facts.aborted, !facts.interrupted {
            // Only a rule that is not gated stops a run whose gated rows pass: on a part of it.
            if verdict == .pass || verdict == .warn { verdict = .inconclusive }
            reasons.insert("aborted: \(ReportText.escaped(aborted))", at: 0)
        }
        return RunVerdict(
            verdict: verdict, exitCode: exitCode(verdict), reasons: reasons, rows: rows,
            validity: validity)
    }

    private static func text(_ row: CriterionRow) -> String {
        row.reason.isEmpty ? row.name : "\(row.name): \(row.reason)"
    }

    /// What makes a PASS a WARN beyond the gated rows: rows that decide nothing but fail, a load
    /// near the generator's ceiling, and a run that settled late. Thresholds are k6's: for them
    /// settling is no matter of the verdict.
    private var doubts: [String] {
        let ungated = rows.filter { !$0.isGated && $0.verdict == .fail }.map { row in
            row.reason.isEmpty
                ? "\(row.name) fails (not gated)" : "\(row.name) fails (not gated): \(row.reason)"
        }
        let sure = ungated + [validity.calibration?.doubt].compactMap { $0 }
        guard rows.contains(where: { $0.threshold == nil }) else { return sure }
        let unsettled = validity.steady.filter {
            $0.state == .settledLate || $0.state == .notSteady
        }
        return sure + unsettled.map { "\($0.scenario) \($0.text)" }
    }

    /// Nobody there, unless it was the generator that had no sockets to ask with.
    private var ofUnanswered: Verdict {
        validity.signals.contains { $0.key == "sockets" } ? .invalid : .fail
    }

    /// What section 4 makes of a PASS.
    private var ofNoCriteria: Verdict {
        switch validity.state {
        case .ok: validity.taintedWindows > 0 ? .warn : .pass
        case .suspect: .warn
        case .invalidating:
            validity.distrust.isEmpty && !validity.isUnderDelivered && !validity.isPoolLimited
                && !validity.isClosedModel ? .warn : .invalid
        }
    }

    /// 93, 105, 92, 99, 90, 91, then 0.
    private func exitCode(_ verdict: Verdict) -> ExitCode {
        var codes: [ExitCode] = [verdict.exitCode]
        if facts.interrupted { codes.append(.interrupted) }
        return ExitCode.precedence.first { codes.contains($0) } ?? .pass
    }
}
