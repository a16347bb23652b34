// All files of a finished run, written by `spotload run` and `spotload report` alike: the same run
// gives the same bytes. summary.json comes last and lists all others with their digests, so a folder
// that has it is complete.

package import HarnessCore

package enum RunReports {
    package static let summaryName = "summary.json"

    /// Blocks on the disk.
    /// - Returns: the run with the names and digests of what was written.
    /// - Throws: `CommandFailure` 69 naming the file that could not be written.
    package static func writeAll(
        _ run: FinishedRun, into directory: RunDirectory
    ) throws(CommandFailure) -> FinishedRun {
        var run = run
        try directory.write(JUnitXML.name, JUnitXML.render(run))
        try directory.write(MarkdownReport.name, MarkdownReport.render(run))
        try directory.write(TimeseriesCSV.name, TimeseriesCSV.render(run))
        run.written = directory.files.filter { $0.name != summaryName }
        run.files = run.written.map(\.name) + [summaryName]
        try directory.write(summaryName, SummaryJSON.render(run))
        return run
    }
}
