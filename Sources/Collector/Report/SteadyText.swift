// Steady state (measurement.md section 6) as text and JSON. The one place that reports ask.

import HarnessCore

enum SteadyText {
    /// Words for the VALID section: once where all scenarios say the same; none with `steady: off`.
    static func words(_ run: FinishedRun) -> [String] {
        let results = run.verdict.validity.steady
        guard let first = results.first else { return [] }
        if results.allSatisfy({ $0.text == first.text }) { return [words(first)] }
        return results.map { "\($0.scenario) \(words($0))" }
    }

    private static func words(_ result: SteadyResult) -> String {
        switch result.state {
        case .notApplicable, .tooShort: "steady state \(result.text)"
        case .steady, .settledLate, .notSteady: result.text
        }
    }

    /// The worst state of all scenarios, and each.
    static func json(_ run: FinishedRun) -> ReportJSON {
        let results = run.verdict.validity.steady
        let worst = results.max { rank($0.state) < rank($1.state) }
        return .object([
            ("state", .string(worst.map { name($0.state) } ?? "off")),
            ("scenarios", .array(results.map(scenario))),
        ])
    }

    private static func scenario(_ result: SteadyResult) -> ReportJSON {
        .object([
            ("scenario", .string(result.scenario)), ("state", .string(name(result.state))),
            ("settledAfterS", .real(result.settledAfter?.seconds)),
            ("suggestedWarmupS", .real(result.suggestedWarmup?.seconds)),
            ("series", .text(result.series)), ("text", .string(result.text)),
        ])
    }

    private static func name(_ state: SteadyResult.State) -> String {
        switch state {
        case .steady: "steady"
        case .settledLate: "settled late"
        case .notSteady: "not steady"
        case .notApplicable: "not applicable"
        case .tooShort: "not tested"
        }
    }

    private static func rank(_ state: SteadyResult.State) -> Int {
        switch state {
        case .steady: 0
        case .notApplicable: 1
        case .tooShort: 2
        case .settledLate: 3
        case .notSteady: 4
        }
    }
}
