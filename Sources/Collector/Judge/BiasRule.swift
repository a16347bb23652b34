// The direction-of-bias table of measurement.md section 4, for one row at a time, and the overall
// verdict over the rows (section 5). Pure.
//
//     cause                                     latency, errors         lower bound on throughput
//     suspect, or any tainted window            PASS->WARN, must stand  PASS->WARN
//     under-delivered; closed model > 5 % taint PASS->INVALID, must     PASS stays, FAIL->INVALID
//     pool limited                              PASS->INVALID           both stay
//     data not trusted                          INVALID                 INVALID
//
// A FAIL *stands* if it also fails over the untainted windows, or (no turn over its second bound)
// on service time.

import HarnessCore
import ScenarioModel
import Telemetry

struct BiasRule {
    let validity: Validity
    let aggregate: RunAggregate
    let elapsed: TimeSpan

    /// Whether arrivals were started for the scenario a selector names (nil: for any).
    func hasStarted(_ scenario: String?) -> Bool {
        guard let scenario else { return aggregate.counters.started > 0 }
        let tags = ["scenario": scenario]
        return aggregate.totals.count("arrivals", tags) > 0
            || aggregate.totals.count("iterations", tags) > 0
    }

    func applied(to row: CriterionRow) -> CriterionRow {
        var row = row
        if let reason = validity.distrust.first {
            row.verdict = .invalid
            row.reason = "data not trusted: \(reason)"
            return row
        }
        guard let threshold = row.threshold else { return row }
        let isThroughput = threshold.isThroughputBound(
            kind: aggregate.reading(threshold.selector).kind)
        switch row.verdict {
        case .pass: judgePass(&row, isThroughput: isThroughput)
        case .fail: judgeFail(&row, threshold, isThroughput: isThroughput)
        case .warn, .inconclusive, .invalid: break
        }
        return row
    }

    private var isUnderDelivered: Bool {
        validity.isUnderDelivered
            || (validity.isClosedModel && validity.taintedShare > HealthBounds.share)
    }

    private var delivered: String {
        validity.delivered.map { ReportText.percent($0, 2) } ?? "less than planned"
    }

    private func judgePass(_ row: inout CriterionRow, isThroughput: Bool) {
        if !isThroughput && isUnderDelivered {
            row.verdict = .invalid
            row.reason =
                validity.isUnderDelivered
                ? "the generator delivered \(delivered) of the arrivals: use more agents"
                : "the generator was late in more than 5 % of the windows: use more agents"
        } else if !isThroughput && validity.isPoolLimited {
            row.verdict = .invalid
            row.reason = "pool limited: delivered \(delivered), arrivals found no free VU"
        } else if validity.state != .ok || validity.taintedWindows > 0 {
            row.verdict = .warn
            row.reason = "the generator is suspect"
        }
    }

    private func judgeFail(
        _ row: inout CriterionRow, _ threshold: Threshold, isThroughput: Bool
    ) {
        if isThroughput {
            guard isUnderDelivered else { return }
            row.verdict = .invalid
            row.reason = "the generator delivered \(delivered) of the arrivals: use more agents"
            return
        }
        guard isUnderDelivered || validity.taintedWindows > 0, !stands(threshold) else {
            return
        }
        row.verdict = .invalid
        row.reason = "fails only where the generator itself was late"
    }

    private func stands(_ threshold: Threshold) -> Bool {
        if fails(threshold) { return true }
        let turn = validity.longestTurnNs ?? 0
        guard turn <= aggregate.bounds.turn.invalidating, let onService = threshold.onServiceTime
        else { return false }
        return fails(onService, in: aggregate.totals)
    }

    private func fails(_ threshold: Threshold) -> Bool {
        fails(threshold, in: aggregate.untainted)
    }

    private func fails(_ threshold: Threshold, in table: SeriesTable) -> Bool {
        let observation = threshold.observe(
            table, aggregate.reading(threshold.selector), elapsed: elapsed)
        return observation.holds(threshold) == false
    }
}

/// The verdict over all rows.
struct Overall {
    let rows: [CriterionRow]
    let validity: Validity
    let facts: RunFacts

    var verdict: RunVerdict {
        var verdict = rows.map(\.verdict).max { $0.rank < $1.rank } ?? ofNoCriteria
        var reasons = rows.filter { $0.verdict == verdict && verdict != .pass }.map { row in
            row.reason.isEmpty ? row.name : "\(row.name): \(row.reason)"
        }
        if rows.isEmpty { reasons = ["0 criteria"] + validity.distrust }
        if facts.interrupted {
            // What was not measured to its end settles nothing but a failure.
            if verdict == .pass || verdict == .warn { verdict = .inconclusive }
            reasons.insert("interrupted after \(facts.duration.goText)", at: 0)
        }
        if let aborted = facts.aborted, !facts.interrupted {
            reasons.insert("aborted: \(ReportText.escaped(aborted))", at: 0)
        }
        return RunVerdict(
            verdict: verdict, exitCode: exitCode(verdict), reasons: reasons, rows: rows,
            validity: validity)
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
