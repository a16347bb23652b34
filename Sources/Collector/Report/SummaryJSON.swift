// summary.json, schema version 1 (measurement.md section 7; docs/schema/summary.schema.json). What
// this version does not measure is null or an empty list, never a number that looks measured.
// Times: keys ending in Ms are ms, in S seconds. The same run gives the same bytes. Additions keep
// the version, anything else raises it.

import HarnessCore
import ScenarioModel
import Telemetry

package enum SummaryJSON {
    package static let schemaVersion = 1

    package static func render(_ run: FinishedRun) -> [UInt8] { value(run).prettyBytes }

    static func value(_ run: FinishedRun) -> ReportJSON {
        .object([
            ("$schema", .string("summary.schema.json")),
            ("schemaVersion", .integer(schemaVersion)),
            ("run", self.run(run)),
            ("verdict", .string(run.verdict.verdict.rawValue)),
            ("exitCode", .integer(Int(run.verdict.exitCode.rawValue))),
            ("reasons", .strings(run.verdict.reasons)),
            ("criteria", criteria(run)),
            ("validity", validity(run)),
            ("scenarios", scenarios(run)),
            ("series", series(run)),
            ("counters", counters(run)),
            ("gauges", gauges(run)),
            ("custom", custom(run)),
            ("observed", .array(ObservedReading.all(run).map(observed))),
            ("errors", errors(run)),
            ("status", .object(run.statuses.map { ($0.status, .count($0.count)) })),
            ("agents", .array(run.slots.map { agent(run, slot: $0) })),
            ("processes", .array(run.processes.map(process))),
            ("environment", run.environment?.value ?? .object([])),
            ("files", .array(run.written.map(file))),
        ])
    }

    private static func run(_ run: FinishedRun) -> ReportJSON {
        let facts = run.facts
        return .object([
            ("id", .string(facts.runID)),
            ("startedAt", .string(WallClock.iso8601(unixNs: facts.startedAtUnixNs))),
            ("durationS", .number(facts.duration.seconds)),
            ("warmupS", .number(facts.warmup.seconds)),
            ("measuredS", .number(run.measured.seconds)),
            ("seed", .count(facts.seed)),
            ("scenario", .string(facts.scenarioName)),
            ("scenarioFile", .string(facts.scenarioFile)),
            ("scenarioSha256", .string(facts.scenarioSha256)),
            ("target", .string(facts.target)),
            ("version", .string(facts.version)),
            ("model", .string(run.model)),
            ("agents", .integer(facts.agents)),
            ("requestsPerS", .real(run.requestsPerSecond)),
            ("interrupted", .bool(facts.interrupted)),
            ("aborted", .text(facts.aborted)),
            ("pauses", .array(facts.pauses.spans.map(pause))),
            ("scales", .array(facts.scales.map(scale))),
            ("tags", .tags(facts.tags)),
        ])
    }

    private static func pause(_ span: SchedulePauses.Span) -> ReportJSON {
        .object([
            ("fromS", .integer(span.from)), ("toS", span.to.map { .integer($0) } ?? .null),
        ])
    }

    private static func scale(_ scale: PlanRecord.Scale) -> ReportJSON {
        .object([
            ("scenario", .string(scale.scenario)), ("fromS", .integer(scale.from)),
            ("vus", .integer(scale.vus)),
        ])
    }

    private static func observed(_ reading: ObservedReading) -> ReportJSON {
        .object([
            ("metric", .string(reading.name.text)), ("samples", .integer(reading.samples)),
            ("avg", .real(reading.average)), ("min", .real(reading.minimum)),
            ("max", .real(reading.maximum)), ("scrapes", .integer(reading.source.expected)),
            ("answered", .integer(reading.source.answered)),
            ("failure", .text(reading.source.failure)),
        ])
    }

    private static func process(_ process: ProcessUsage) -> ReportJSON {
        .object([
            ("name", .string(process.name)), ("cpuS", .number(process.cpuSeconds)),
            ("cpuShare", .number(process.cpuShare)), ("rssBytes", .count(process.rssBytes)),
        ])
    }

    private static func file(_ file: WrittenFile) -> ReportJSON {
        .object([
            ("name", .string(file.name)), ("bytes", .integer(file.bytes)),
            ("sha256", .string(file.sha256)),
        ])
    }
}
