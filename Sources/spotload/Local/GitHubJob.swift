// The job on GitHub Actions that this process is part of, if any, as its environment tells:
// GITHUB_ACTIONS (annotations on stdout), GITHUB_STEP_SUMMARY (a file to append to),
// GITHUB_WORKSPACE (what annotations' paths are relative to).

import Collector
import Foundation
import HarnessCore

struct GitHubJob {
    private let isJob: Bool
    private let summary: String?
    private let workspace: String?

    init(_ environment: [String: String]) {
        isJob = environment["GITHUB_ACTIONS"] == "true"
        summary = environment["GITHUB_STEP_SUMMARY"].flatMap { $0.isEmpty ? nil : $0 }
        workspace = environment["GITHUB_WORKSPACE"].flatMap { $0.isEmpty ? nil : $0 }
    }

    func annotations(_ run: FinishedRun) -> [String] {
        isJob ? GitHubReport.annotations(run, path: repositoryPath) : []
    }

    /// Relative to the workspace; nil outside of it.
    private func repositoryPath(_ file: String) -> String? {
        guard let workspace else { return file }
        let root = URL(fileURLWithPath: workspace).standardizedFileURL.path
        let full = URL(fileURLWithPath: file).standardizedFileURL.path
        let lead = root.hasSuffix("/") ? root : root + "/"
        return full.hasPrefix(lead) ? String(full.dropFirst(lead.count)) : nil
    }

    /// Tells on stderr where it cannot: the run is judged all the same.
    func appendSummary(_ run: FinishedRun) {
        guard let summary else { return }
        do throws(SystemError) {
            try append(MarkdownReport.render(run), to: summary)
        } catch {
            Terminal.error(
                "warning: the job's summary \(ReportText.escaped(summary)) cannot be written: "
                    + error.reason)
        }
    }

    private func append(_ report: [UInt8], to path: String) throws(SystemError) {
        let descriptor = try retryingInterrupts("open", subject: path) {
            open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        }
        defer { close(descriptor) }
        var status = stat()
        try retryingInterrupts("fstat", subject: path) { fstat(descriptor, &status) }
        var rest = GitHubReport.summary(report, used: Int(status.st_size))[...]
        while !rest.isEmpty {
            let written = try retryingInterrupts("write", subject: path) {
                rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(written)
        }
    }
}
