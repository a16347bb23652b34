// How a finished run is shown: `run` and `report` alike.

import ArgumentParser
import Collector
import Foundation
import HarnessCore

struct OutputOptions: ParsableArguments {
    @Flag(help: "Only the verdict and what does not pass.")
    var quiet = false

    @Flag(help: "No colour, whatever the terminal.")
    var noColor = false

    @Flag(help: "summary.json on stdout instead of text.")
    var json = false

    /// Prints the report; its last line is the last of all.
    /// - Parameter isInJob: also annotates and sums up for GitHub Actions, where it runs there.
    func show(_ run: FinishedRun, isInJob: Bool) {
        if isInJob {
            let job = GitHubJob(ProcessInfo.processInfo.environment)
            let annotations = job.annotations(run).map { $0 + "\n" }.joined()
            // JSON is for a program: nothing else may be on stdout. The runner reads both.
            if json { Terminal.errorRaw(annotations) } else { Terminal.output(annotations) }
            job.appendSummary(run)
        }
        if json {
            Terminal.output(String(decoding: SummaryJSON.render(run), as: UTF8.self))
        } else {
            Terminal.output(
                TerminalReport.render(
                    run, color: Terminal.wantsColor(disabled: noColor), width: Terminal.width,
                    quiet: quiet))
        }
    }
}
