// Steady state (measurement.md section 6) as text and JSON. The one place that reports ask.

enum SteadyText {
    /// Words for the VALID section; empty where nobody looked.
    static func words(_ run: FinishedRun) -> [String] { [] }

    /// What to name among the things that were not measured.
    static func notMeasured(_ run: FinishedRun) -> [String] { ["steady state"] }

    static func json(_ run: FinishedRun) -> ReportJSON {
        .object([("state", .string("not measured"))])
    }
}
