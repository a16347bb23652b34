// What a worker hands over at the end of a window: its recording, the flows' counts, its gauges.

import HarnessCore
import ScenarioModel
import Telemetry

extension LoadWorker {
    func postCut(isAnswer: Bool) {
        let full = bench.recording
        bench.recording = control.takeSpare() ?? makeRecording()
        bench.errorSamples.drain(into: &full.errorSamples)
        full.gauges = gauges()
        var flowSeries: [SeriesDelta] = []
        for context in contexts { context.drain(into: &flowSeries) }
        control.post(
            WorkerCut(
                recording: full, flowSeries: flowSeries, counters: bench.counters,
                vus: runners.reduce(0) { $0 + $1.busy }),
            isAnswer: isAnswer)
    }

    private func gauges() -> [SeriesDelta] {
        let reading = health.take(now: Instant.now(), cpu: DedicatedThread.cpuTime())
        var all = [
            HealthGauge.make("turn", reading.turnNs),
            HealthGauge.make("threadCpu", reading.cpuPpm),
            HealthGauge.make("sockets", Int64(clamping: bench.takeSocketFailures())),
        ]
        for runner in runners {
            let tags = ["scenario": runner.workload.name]
            all.append(Self.gauge(SeriesKey("vus", tags), Int64(runner.busy)))
            all.append(Self.gauge(SeriesKey("vus_max", tags), Int64(runner.users.count)))
        }
        return all
    }

    private static func gauge(_ key: SeriesKey, _ value: Int64) -> SeriesDelta {
        SeriesDelta(
            key: key,
            value: .gauge(GaugeDelta(n: 1, last: value, min: value, max: value, sum: value)))
    }
}
