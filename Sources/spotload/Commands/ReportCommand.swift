// `spotload report DIR`.

import ArgumentParser
import Collector
import Foundation
import HarnessCore

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Render the reports of a run again, from its folder.",
        discussion: """
            Merges the deltas of the run's log again, judges again, prints the report
            and writes all files anew: the same run gives the same bytes. Needs
            run.json, scenario.effective.yaml and wal/; the scenario's data files are
            not needed. A run whose collector died is rendered as far as its log goes,
            and is INVALID.

            Exit codes: those of the verdict (0, 90, 91, 99, 105); 64 usage, 69 no
            folder of a run, 104 what it holds is damaged or mixed.
            """)

    @Argument(help: "Folder of a run, such as results/<run-id>.")
    var directory: String

    @Option(help: "Write the files there instead; what DIR was made from is copied along.")
    var out: String?

    @OptionGroup var output: OutputOptions

    mutating func run() async throws {
        let (source, target) = (directory, out)
        let outcome = await Blocking.run(name: "report") {
            Result { () throws(CommandFailure) in
                let run = try ReopenedRun.load(source)
                let folder = try ReopenedRun.folder(for: run, from: source, to: target)
                return try RunReports.writeAll(
                    run, wal: ReopenedRun.walPath(source), into: folder)
            }
        }
        var finished = try outcome.get()
        finished.directory = target ?? source
        output.show(finished, isInJob: false)
        let code = finished.verdict.exitCode
        if code != .pass { Foundation.exit(code.rawValue) }
    }
}
