// All files of a finished run, written by `spotload run` and `spotload report` alike: the same run
// gives the same bytes. summary.json comes last and lists all others with their digests, so a
// folder that has it is complete.

package import HarnessCore

package enum RunReports {
    package static let summaryName = "summary.json"

    /// Blocks on the disk.
    /// - Parameter wal: folder of the run's log, which the .hlog files are made from.
    /// - Returns: the run with the names and digests of what was written.
    /// - Throws: `CommandFailure` 69 naming the file that could not be written.
    package static func writeAll(
        _ run: FinishedRun, wal: String, into directory: RunDirectory
    ) throws(CommandFailure) -> FinishedRun {
        var run = run
        for log in try logs(wal, run, directory) { run.logs[log.series] = log.name }
        try directory.write(JUnitXML.name, JUnitXML.render(run))
        try directory.write(MarkdownReport.name, MarkdownReport.render(run))
        try directory.write(TimeseriesCSV.name, TimeseriesCSV.render(run))
        run.written = directory.files.filter { ![HTMLReport.name, summaryName].contains($0.name) }
        try directory.write(HTMLReport.name, HTMLReport.render(run))
        run.written = directory.files.filter { $0.name != summaryName }
        run.files = run.written.map(\.name) + [summaryName]
        try directory.write(summaryName, SummaryJSON.render(run))
        return run
    }

    private static func logs(
        _ wal: String, _ run: FinishedRun, _ directory: RunDirectory
    ) throws(CommandFailure) -> [RunHlogs.File] {
        do {
            return try RunHlogs.write(
                wal: wal, startedAtUnixNs: run.facts.startedAtUnixNs, into: directory)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(
                .unavailable, "the run's logs cannot be made from \(wal): \(error)")
        }
    }
}
