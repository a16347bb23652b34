import Foundation
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import Collector

@Suite struct HTMLReportTests {
    private static func text(_ run: FinishedRun) -> String {
        String(decoding: HTMLReport.render(run), as: UTF8.self)
    }

    @Test func writesPreviewWhereAsked() throws {
        guard let folder = ProcessInfo.processInfo.environment["SPOTLOAD_PREVIEW"] else { return }
        for (name, run) in [
            ("rich", HTMLFixture.run()), ("hostile", HTMLFixture.run(hostile: HTMLFixture.hostile)),
            ("empty", ReportFixture.empty), ("failing", ReportFixture.failing),
            ("closed", ReportFixture.closed), ("passing", ReportFixture.passing),
        ] {
            try Self.text(run).write(toFile: "\(folder)/\(name).html", atomically: true, encoding: .utf8)
        }
    }
}
