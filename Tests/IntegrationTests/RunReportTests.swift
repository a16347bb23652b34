// The files of a real run: there, valid by other people's tools, and the same when `spotload
// report` makes them again. And what a job on GitHub Actions gets.

import Foundation
import TestSupport
import Testing

@Suite struct RunReportTests {
    /// Counts are judged, so that a busy machine changes no verdict: 100 checks of which half fail.
    private static let document = RunScenarios.gets(
        rate: 25, seconds: 2, threshold: "count<=0"
    )
    .replacing(
        "http_req_failed: [\"count<=0\"]",
        with: """
            http_reqs: ["count>=1"]
              dropped_iterations: ["count<0"]
            """
    )

    private static func files(_ folder: String) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0 != "wal"
        }
        return Dictionary(
            uniqueKeysWithValues: try names.map { name in
                (name, try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
            })
    }

    @Test func filesAreWrittenAndWrittenAgain() throws {
        let home = try TemporaryDirectory()
        let summary = home.path + "/step-summary.md"
        let run = try RunTrial(
            Self.document,
            environment: [
                "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary, "GITHUB_WORKSPACE": "",
            ])
        #expect(run.exitCode() == 99, "\(run.output)")
        let folder = try #require(run.results)
        let written = try Self.files(folder)
        for name in [
            "summary.json", "junit.xml", "report.md", "timeseries.csv", "run.json",
            "environment.json", "scenario.effective.yaml",
        ] { #expect(written[name] != nil, "\(name) of \(written.keys.sorted())") }
        // The job's summary is the report; the failing criterion is annotated at its line.
        #expect(try Data(contentsOf: URL(fileURLWithPath: summary)) == written["report.md"])
        let lines = run.output.split(separator: "\n").map(String.init)
        let annotations = lines.filter { $0.hasPrefix("::") }
        let place = try #require(
            Self.document.split(separator: "\n", omittingEmptySubsequences: false)
                .firstIndex { $0.contains("dropped_iterations:") })
        #expect(annotations.count { $0.hasPrefix("::error ") } == 1, "\(annotations)")
        #expect(
            annotations.contains {
                $0.hasPrefix("::error file=\(run.directory.path)/scenario.yaml,line=\(place + 1),")
            }, "\(annotations), line \(place + 1)")
        #expect(lines.last?.hasPrefix("Requests/sec: ") == true)
        // Again, over its own and into another folder.
        for (arguments, target) in [
            ([], folder), (["--out", home.path + "/two"], home.path + "/two"),
        ] {
            let again = try RunningProgram(
                RunningProgram.spotload, ["report", folder] + arguments)
            #expect(again.exitCode() == 99, "\(again.output)")
            #expect(again.output.contains("VERDICT  FAIL (exit 99)"))
            let files = try Self.files(target)
            for name in Set(files.keys).union(written.keys).sorted() {
                #expect(files[name] == written[name], "\(name)")
            }
        }
        try Self.checkXML(folder + "/junit.xml")
    }

    /// By another's tool, where this machine has it (Debian: libxml2-utils).
    private static func checkXML(_ file: String) throws {
        let tool = URL(fileURLWithPath: "/usr/bin/xmllint")
        guard FileManager.default.isExecutableFile(atPath: tool.path) else {
            print("skipped: no xmllint here; `make bootstrap` installs libxml2-utils")
            return
        }
        let schema = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/schema/junit.xsd").path
        let check = try RunningProgram(tool, ["--noout", "--schema", schema, file])
        #expect(check.exitCode(within: 30) == 0, "\(check.output)")
        // The schema can say no: a case that is neither.
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let home = try TemporaryDirectory()
        let bad = try home.write(text.replacing("<failure ", with: "<faliure "), to: "bad.xml")
        let refused = try RunningProgram(tool, ["--noout", "--schema", schema, bad])
        #expect(refused.exitCode(within: 30) != 0)
    }

    @Test func aFolderThatIsNoRun() throws {
        let home = try TemporaryDirectory()
        for (arguments, code, words) in [
            ([home.path], 69, "is no folder of a run: run.json cannot be read"),
            ([home.path + "/none"], 69, "run.json cannot be read"), ([], 64, "Missing"),
        ] as [([String], Int32, String)] {
            let program = try RunningProgram(RunningProgram.spotload, ["report"] + arguments)
            #expect(program.exitCode(within: 30) == code, "\(program.output)")
            #expect(program.output.contains(words), "\(program.output)")
        }
    }

    /// The collector is killed in the middle: what its log holds is rendered, and is INVALID.
    @Test func aRunThatWasKilled() throws {
        let run = try RunTrial(RunScenarios.gets(rate: 50, seconds: 60))
        try #require(run.isRunning(), "\(run.output)")
        let folder = try #require(run.results)
        // Two windows at least are in the log.
        let log = folder + "/wal/000001.wal"
        let isLogged = run.program.waits(upTo: 30) {
            (try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int) ?? 0 > 4_000
        }
        run.program.kill(SIGKILL)
        _ = run.exitCode(within: 30)
        #expect(isLogged && run.leavesNoOrphans)
        let report = try RunningProgram(RunningProgram.spotload, ["report", folder, "--json"])
        #expect(report.exitCode(within: 30) == 90, "\(report.output)")
        let summary = try RunSummary(file: folder + "/summary.json")
        #expect(summary.verdict == "INVALID" && summary.accounting.started > 0)
        #expect(summary.run.aborted?.contains("the collector ended before") == true)
        #expect(report.output.contains("\"schemaVersion\": 1"))
    }
}
