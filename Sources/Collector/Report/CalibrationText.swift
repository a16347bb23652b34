// What reports say about the generator's calibrated capacity: one phrase of the VALID lines, one
// remark where there is more to say, one object of summary.json.

import HarnessCore

enum CalibrationText {
    /// `planned peak 0.31 of calibrated capacity`, `not calibrated`.
    static func phrase(_ validity: Validity) -> String {
        if validity.isClosedModel { return "planned peak n/a (closed model)" }
        guard let facts = validity.calibration, let worst = facts.worst?.fraction else {
            return "not calibrated"
        }
        let open = facts.hasClosedModel ? ", open models only" : ""
        return "planned peak \(ReportText.decimal(worst, 2)) of calibrated capacity\(open)"
    }

    /// The warning above what is advised; agents that have no calibration beside others that do.
    static func remarks(_ validity: Validity) -> [String] {
        guard let facts = validity.calibration, !validity.isClosedModel else { return [] }
        var remarks = [facts.warning].compactMap { $0 }
        let missing = facts.agents.filter { $0.fraction == nil }.map { String($0.slot) }
        if !missing.isEmpty, let why = facts.missing {
            let which = missing.count == facts.agents.count ? "" : "agent "
            let slots = missing.count == facts.agents.count ? "" : missing.joined(separator: ", ")
            remarks.append("\(which)\(slots)\(slots.isEmpty ? "" : " ")not calibrated: \(why)")
        }
        return remarks
    }

    static func json(_ validity: Validity) -> ReportJSON {
        let facts = validity.calibration
        let state =
            validity.isClosedModel
            ? "closed model" : facts?.worst == nil ? "not calibrated" : "calibrated"
        return .object([
            ("state", .string(state)),
            ("fraction", .real(facts?.worst?.fraction)),
            ("advised", .number(CalibrationFacts.advised)),
            ("most", .number(CalibrationFacts.most)),
            ("missing", .text(facts?.missing)),
            ("hasClosedModel", .bool(validity.isClosedModel || facts?.hasClosedModel == true)),
            ("agents", .array((facts?.agents ?? []).map(agent))),
        ])
    }

    private static func agent(_ agent: CalibrationFacts.Agent) -> ReportJSON {
        .object([
            ("agent", .integer(agent.slot)),
            ("fraction", .real(agent.fraction)),
            ("plannedPeakPerS", .number(agent.plannedPeak)),
            ("capacityPerS", .real(agent.capacity)),
            ("isAtLeast", .bool(agent.isAtLeast)),
            ("unit", .string(agent.unit)),
            ("shape", .text(agent.shape)),
            ("measuredAt", .text(agent.measuredAt)),
        ])
    }
}
