// The direction-of-bias table of measurement.md section 4, for one row at a time. Pure.
//
//     cause                                     latency, errors         lower bound on throughput
//     suspect, or any tainted window            PASS->WARN, must stand  PASS->WARN, must stand
//     under-delivered; closed model > 5 % taint PASS->INVALID, must     PASS stays, FAIL->INVALID
//     pool limited                              PASS->INVALID           both stay
//     data not trusted                          INVALID                 INVALID
//
// A FAIL *stands* if it also fails over the untainted windows, or (no turn over its second bound)
// on service time, or, for error ratios, counting only failures that were HTTP responses.

import HarnessCore
import ScenarioModel

struct BiasRule {
    let validity: Validity

    /// - Parameters:
    ///   - isThroughput: the row is a lower bound on throughput.
    ///   - stands: whether its FAIL does; asked only where that matters.
    func applied(
        to row: CriterionRow, isThroughput: Bool, stands: () -> Bool
    ) -> CriterionRow {
        var row = row
        if let reason = validity.distrust.first {
            row.verdict = .invalid
            row.reason = "data not trusted: \(reason)"
            row.needs = nil
            row.validity = ["data"]
            return row
        }
        switch row.verdict {
        case .pass: judgePass(&row, isThroughput: isThroughput)
        case .fail: judgeFail(&row, isThroughput: isThroughput, stands)
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
            row.validity = validity.isUnderDelivered ? deliveryKeys : keys
        } else if !isThroughput && validity.isPoolLimited {
            row.verdict = .invalid
            row.reason = "pool limited: delivered \(delivered), arrivals found no free VU"
            row.validity = deliveryKeys
        } else if validity.state != .ok || validity.taintedWindows > 0 {
            row.verdict = .warn
            row.reason = "the generator is suspect"
            row.needs = "a run with a healthy generator: more agents, or a machine with less to do"
            row.validity = keys
        }
    }

    private func judgeFail(
        _ row: inout CriterionRow, isThroughput: Bool, _ stands: () -> Bool
    ) {
        if isThroughput, isUnderDelivered {
            row.verdict = .invalid
            row.reason = "the generator delivered \(delivered) of the arrivals: use more agents"
            row.validity = deliveryKeys
            return
        }
        guard isUnderDelivered || validity.taintedWindows > 0, !stands() else { return }
        row.verdict = .invalid
        row.reason = "fails only where the generator itself was late"
        row.needs = nil
        row.validity = keys
    }

    /// Of the signals that are not OK, each once, in order.
    private var keys: [String] {
        var seen: Set<String> = []
        return validity.signals.map(\.key).filter { seen.insert($0).inserted }
    }

    private var deliveryKeys: [String] { keys.filter { $0 == "delivered" || $0 == "loss" } }
}
