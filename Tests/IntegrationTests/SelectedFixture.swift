// A document, and finished requests made up for it, from the recorders of a worker through the
// aggregate to the judge: no clock, no socket.

import Collector
import HarnessCore
import ScenarioModel
import Telemetry

@testable import LoadGen

/// One finished request.
struct SelectedRequest {
    var workload = 0
    var step = 0
    var name = ""
    var group = -1
    var method = HTTPMethod.get
    var status = 200
    var verdict = RequestVerdict.ok
    var ms: Int64 = 10
    var http: HTTPProtocol? = .http11
    var tls: TLSVersion?
    var failure: TransferFailure?
    var rejectCode: String?
    var checks: [CheckOutcome] = []
}

final class SelectedFixture {
    let scenario: Scenario
    let contexts: [FlowContext]
    private let names: [NameTable]
    private let filter: SelectedFilter
    private let recording: WorkerRecording

    init(_ document: String) throws {
        let scenario = try ScenarioLoader.load(
            text: document, file: "f", options: LoadOptions()
        ).scenario
        self.scenario = scenario
        let programs = try scenario.workloads.map {
            try FlowProgram(
                scenario: scenario, workload: $0, targetURL: "http://h", runID: "run", slot: 0,
                env: [:], runTag: "abcdef")
        }
        names = programs.map { program in
            let table = NameTable()
            for name in program.staticNames { _ = table.id(name) }
            return table
        }
        contexts = zip(programs, names).map { FlowContext(program: $0, names: $1) }
        let selected = SelectedSeries(scenario)
        filter = SelectedFilter(selected, scenario: scenario, contexts: contexts)
        recording = WorkerRecording(
            scenarios: scenario.workloads.map(\.name), names: names, selected: selected,
            limits: SeriesLimits(scenario))
    }

    func record(_ request: SelectedRequest) {
        let recorder = recording.workloads[request.workload].measured
        let span = TimeSpan.milliseconds(request.ms)
        let outcome = TransferOutcome(
            status: request.status, wasSent: true, service: span, waiting: span,
            bytesReceived: 100, http: request.http, tls: request.tls, failure: request.failure)
        let prepared = PreparedRequest()
        prepared.method = request.method
        prepared.nameID = names[request.workload].id(request.name)
        prepared.stepID = request.step
        prepared.groupID = request.group
        let context = contexts[request.workload]
        let code = request.rejectCode.map { text in
            Array(text.utf8).withUnsafeBytes { context.rejectCode($0) }
        }
        let sample = RequestSample(
            workload: request.workload, tags: RequestTags(prepared), verdict: request.verdict,
            rejectCode: code ?? -1, responseNs: span.ns, connWaitNs: 0)
        let isExpected = request.verdict != .failed
        let named = recorder.request(prepared.nameID)
        named.count(
            status: request.status, isExpected: isExpected,
            isRejected: request.verdict == .rejected, rejectCode: sample.rejectCode
        ) { context.rejectCodeName($0) }
        named.recordResponse(span.ns, isExpected: isExpected)
        named.recordService(span.ns, isExpected: isExpected)
        recorder.record(.waiting, span.ns)
        recorder.count(.dataReceived, 100)
        for candidate in filter.candidates(of: sample)
        where filter.holds(candidate, sample, outcome) {
            recording.selected.record(candidate, sample, outcome, checks: request.checks)
        }
    }

    func countIterations(_ n: UInt64, workload: Int) {
        recording.workloads[workload].measured.count(.iterations, n)
    }

    /// Everything recorded so far, in one window.
    func series() -> [SeriesDelta] {
        var series = recording.drain().series
        for context in contexts { context.drain(into: &series) }
        return series
    }

    /// What the judge makes of it: a row per threshold, in order.
    func rows() -> [CriterionRow] {
        var counters = RunCounters()
        counters.started = 1
        let delta = Delta(
            flags: .final, runTag: Delta.runTag(of: "run"), slot: 0, epoch: 1, seq: 1,
            fromWindow: 0, toWindow: 1, planRev: 1, cutAtUs: 1_000_000, counters: counters,
            series: series())
        var aggregate = RunAggregate(scenario: scenario)
        aggregate.merge(delta)
        let facts = RunFacts(
            runID: "run", scenarioFile: "f", scenarioName: "t", seed: 1, agents: 1,
            startedAtUnixNs: 0, duration: .seconds(10), warmup: .zero, version: "v", target: "h")
        let books = AccountingSummary(
            planned: 1, started: 1, dropped: 0, missed: 0, unaccounted: 0,
            finalsEqualMerged: true, agentsFinal: 1, agents: 1, deltas: 1)
        return Judge(scenario: scenario).verdict(aggregate, facts: facts, accounting: books).rows
    }
}
