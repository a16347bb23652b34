// The recorder of one request name: what it counts adds up, and a hostile target does not fill it.
// Bounds of the texts that go into series keys.

import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import LoadGen

@Suite struct RecordRequestTests {
    private func recorder() -> RequestRecorder {
        let scenario = Scenario(name: "s", workloads: [], flows: [:])
        return RequestRecorder(
            tags: ["scenario": "s", "name": "n"], limits: SeriesLimits(scenario))
    }

    private func sum(_ series: [SeriesDelta], _ metric: String, _ tags: [String: String] = [:])
        -> UInt64
    {
        series.reduce(0) { total, item in
            guard item.key.metric == metric, tags.allSatisfy({ item.key[$0.key] == $0.value })
            else { return total }
            switch item.value {
            case .counter(let delta, _): return total + delta
            case .histogram(let h): return total + h.count
            case .gauge: return total
            }
        }
    }

    @Test func outcomesAreKeptApart() {
        let recorder = recorder()
        recorder.recordResponse(5, isExpected: true)
        recorder.recordService(4, isExpected: true)
        recorder.count(status: 200, isExpected: true, isRejected: false)
        recorder.recordResponse(7, isExpected: true)
        recorder.count(status: 409, isExpected: true, isRejected: true)
        recorder.recordResponse(9, isExpected: false)
        recorder.count(status: 0, isExpected: false, isRejected: false)
        recorder.count(TransferFailure(errorClass: "connect", code: 1212))
        var series: [SeriesDelta] = []
        #expect(recorder.drain(into: &series) == 0)
        #expect(sum(series, "http_req_response_time", ["expected_response": "true"]) == 2)
        #expect(sum(series, "http_req_response_time", ["expected_response": "false"]) == 1)
        #expect(sum(series, "http_req_duration") == 1)
        #expect(sum(series, "http_reqs") == 3)
        #expect(sum(series, "http_reqs", ["status": "409", "expected_response": "true"]) == 1)
        #expect(sum(series, "http_req_failed", ["rate": "true"]) == 1)
        #expect(sum(series, "http_req_failed", ["rate": "false"]) == 2)
        #expect(sum(series, "http_req_rejected", ["rate": "true"]) == 1)
        #expect(sum(series, "http_req_errors", ["error": "connect", "error_code": "1212"]) == 1)
        #expect(series.allSatisfy { $0.key["name"] == "n" && $0.key["scenario"] == "s" })
        series = []
        _ = recorder.drain(into: &series)
        #expect(series.isEmpty, "a drained recorder is empty")
    }

    @Test func inventedStatusesShareOneRow() {
        let recorder = recorder()
        for status in 100..<700 {
            recorder.count(status: status, isExpected: false, isRejected: false)
            recorder.count(.status(status))
        }
        var series: [SeriesDelta] = []
        _ = recorder.drain(into: &series)
        #expect(sum(series, "http_reqs") == 600)
        #expect(sum(series, "http_req_errors") == 600)
        #expect(series.count { $0.key.metric == "http_reqs" } == 65)
        #expect(series.count { $0.key.metric == "http_req_errors" } == 65)
        #expect(sum(series, "http_reqs", ["status": "(other)"]) == 536)
        #expect(sum(series, "http_req_errors", ["error": "other"]) == 536)
    }

    @Test func overflowIsReported() {
        let recorder = recorder()
        recorder.recordResponse(Int64(HistogramLayout.capacity) + 1, isExpected: true)
        recorder.recordService(1, isExpected: false)
        var series: [SeriesDelta] = []
        #expect(recorder.drain(into: &series) == 1)
        #expect(series.count == 1)
    }

    @Test(arguments: [
        ("plain", 160, "plain"), ("abcdef", 3, "abc"), ("a\"b", 3, "a\""), ("a\"b", 2, "a"),
        ("\\\\\\", 4, "\\\\"), ("ééé", 5, "éé"), ("", 0, ""),
    ])
    func textsAreBounded(text: String, bytes: Int, kept: String) {
        #expect(TagText.bounded(text, bytes) == kept)
    }

    @Test func keysFitTheWire() throws {
        let long = String(repeating: "\"", count: 1_000)
        var samples = ErrorSamples()
        samples.add(
            scenario: "orders", name: long, errorClass: "http_503", code: 1503, isWarmup: false,
            text: long)
        var series: [SeriesDelta] = []
        samples.drain(into: &series)
        let key = try #require(series.first?.key)
        #expect(key.text.utf8.count <= Limits.deltaKeyBytes)
        #expect(SeriesKey(text: key.text) == key)
    }

    @Test func errorSamplesAreFewAndClean() {
        var samples = ErrorSamples()
        func add(_ text: String, isWarmup: Bool = false) {
            samples.add(
                scenario: "s", name: "n", errorClass: "reset", code: 1220, isWarmup: isWarmup,
                text: text)
        }
        func drained() -> [SeriesDelta] {
            var series: [SeriesDelta] = []
            samples.drain(into: &series)
            return series
        }
        add("a\r\nb\u{0}\u{7F}")
        add("again")
        add("again")
        add("")
        add("warm", isWarmup: true)
        #expect(drained().map { $0.key["text"] } == ["a  b  ", "again"])
        for i in 0..<20 { add("x\(i)") }
        #expect(drained().count == Limits.errorSamplesPerWindow)
        var kept = 10
        for i in 0..<1_000 {
            add("y\(i)")
            kept += drained().count
        }
        #expect(kept == Limits.errorSamplesPerRun)
    }
}
