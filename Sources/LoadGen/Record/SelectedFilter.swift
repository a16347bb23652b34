// Which finished requests belong to which selected series (ScenarioModel's `SelectedSeries`). What
// follows from the step is settled before the start: each (workload, request step) has the list of
// series its samples can be in. What only the transfer tells (status, error, protocol, ...) is
// compared as numbers; texts known by id (names, reject codes) are compared once per id.
//
// One per worker, confined to its thread. Steps without candidates cost one look at an empty list.

import HarnessCore
import ScenarioModel

/// What is known of a request before it is sent.
struct RequestTags {
    /// Position in the workload's program.
    let step: Int
    let nameID: Int
    /// Position in the program's group names; -1: none.
    let group: Int
    /// Of the hop, where a redirect changed it.
    var method: HTTPMethod

    init(_ request: PreparedRequest) {
        step = request.stepID
        nameID = request.nameID
        group = request.groupID
        method = request.method
    }
}

/// A finished request, as its samples are tagged.
struct RequestSample {
    /// Position of the workload.
    var workload: Int
    var tags: RequestTags
    var verdict: RequestVerdict
    /// Of a reject: the number `FlowMachine.rejectCode` gave; -1: without a code.
    var rejectCode: Int
    var responseNs: Int64
    /// Nil where it was not sent.
    var connWaitNs: Int64?
}

final class SelectedFilter {
    /// What a sample must be; all of a candidate's must hold.
    enum Condition {
        /// Position in `texts`.
        case name(Int)
        case rejectCode(Int)
        case group(Int)
        case method(HTTPMethod)
        case status(Int)
        case isExpected(Bool)
        case http(HTTPProtocol)
        case tls(TLSVersion)
        case errorClass(String)
        case errorCode(Int)
    }
    struct Candidate {
        /// In `SelectedSeries.selectors`.
        let position: Int
        let metric: SelectedMetric
        let conditions: [Condition]
        /// Of a check: its position among the program's check names; -1: any.
        let check: Int
    }
    /// A text that samples carry by id.
    private struct KnownText {
        let wanted: String
        /// By id: 0 not compared yet, 1 equal, 2 different.
        var answers: [UInt8] = []
    }
    private var texts: [KnownText] = []
    /// By workload, then by step.
    private var candidates: [[[Candidate]]] = []
    /// By workload.
    private let contexts: [FlowContext]

    init(_ selected: SelectedSeries, scenario: Scenario, contexts: [FlowContext]) {
        self.contexts = contexts
        for (workload, context) in zip(scenario.workloads, contexts) {
            let tags = scenario.staticTags(workload)
            candidates.append(
                context.code.requests.map { request in
                    let step = tags.merging(request.tags) { $1 }
                    return selected.selectors.indices.compactMap { i in
                        candidate(i, selected.selectors[i], workload.name, step, context.code)
                    }
                })
        }
    }

    /// Series that samples of the request's step can be in.
    func candidates(of sample: RequestSample) -> [Candidate] {
        candidates[sample.workload][sample.tags.step]
    }

    /// Whether the sample has all tags of the candidate's series.
    func holds(
        _ candidate: Candidate, _ sample: RequestSample, _ outcome: borrowing TransferOutcome
    ) -> Bool {
        for condition in candidate.conditions where !holds(condition, sample, outcome) {
            return false
        }
        return true
    }

    private func holds(
        _ condition: Condition, _ sample: RequestSample, _ outcome: borrowing TransferOutcome
    ) -> Bool {
        switch condition {
        case .name(let text):
            let names = contexts[sample.workload].names
            return isEqual(text, sample.tags.nameID) { names.names[sample.tags.nameID] }
        case .rejectCode(let text):
            guard sample.rejectCode >= 0 else { return false }
            let context = contexts[sample.workload]
            return isEqual(text, sample.rejectCode) { context.rejectCodeName(sample.rejectCode) }
        case .group(let group): return sample.tags.group == group
        case .method(let method): return sample.tags.method == method
        case .status(let status): return outcome.status == status
        case .isExpected(let wanted): return (sample.verdict != .failed) == wanted
        case .http(let http): return outcome.http == http
        case .tls(let tls): return outcome.tls == tls
        case .errorClass(let wanted): return outcome.failure?.errorClass == wanted
        case .errorCode(let wanted):
            if let failure = outcome.failure { return failure.code == wanted }
            return sample.verdict == .failed && outcome.status + 1000 == wanted
        }
    }

    private func isEqual(_ text: Int, _ id: Int, _ value: () -> String) -> Bool {
        while texts[text].answers.count <= id { texts[text].answers.append(0) }
        if texts[text].answers[id] == 0 {
            texts[text].answers[id] = value() == texts[text].wanted ? 1 : 2
        }
        return texts[text].answers[id] == 1
    }

    // MARK: - Before the start

    /// Nil where no sample of the step can be in the series.
    private func candidate(
        _ position: Int, _ selector: MetricSelector, _ scenario: String, _ tags: [String: String],
        _ code: FlowCode
    ) -> Candidate? {
        guard let metric = SelectedMetric(selector.metric) else { return nil }
        var conditions: [Condition] = []
        var check = -1
        for (key, value) in selector.tags {
            switch key {
            case "scenario" where value == scenario: break
            case "check":
                guard let id = code.checkNames.firstIndex(of: value) else { return nil }
                check = id
            default:
                if !MetricTags.request.contains(key), key != "reject_code" {
                    guard tags[key] == value else { return nil }
                } else if let condition = condition(key, value, code) {
                    conditions += condition
                } else {
                    return nil
                }
            }
        }
        return Candidate(
            position: position, metric: metric, conditions: conditions, check: check)
    }

    /// Of a tag that the transfer decides; nil where it can never have the value.
    private func condition(
        _ key: String, _ value: String, _ code: FlowCode
    ) -> [Condition]? {
        switch key {
        case "name": return [.name(text(value))]
        case "reject_code": return [.rejectCode(text(value))]
        case "group": return code.groupNames.firstIndex(of: value).map { [.group($0)] }
        case "method": return HTTPMethod(rawValue: value).map { [.method($0)] }
        case "status": return Int(value).map { [.status($0)] }
        case "expected_response": return [.isExpected(value == "true")]
        case "proto": return HTTPProtocol(rawValue: value).map { [.http($0)] }
        case "tls_version": return TLSVersion(rawValue: value).map { [.tls($0)] }
        case "error_code": return Int(value).map { [.errorCode($0)] }
        case "error":
            guard value.hasPrefix("http_") else { return [.errorClass(value)] }
            return Int(value.dropFirst(5)).map { [.status($0), .isExpected(false)] }
        default: return nil
        }
    }

    private func text(_ wanted: String) -> Int {
        texts.append(KnownText(wanted: wanted))
        return texts.count - 1
    }
}

@available(*, unavailable)
extension SelectedFilter: Sendable {}
