// Everything one worker records between two cuts. There are two of them per worker: one is being
// written, the other drained.

import HarnessCore
import ScenarioModel
import Telemetry

// @unchecked: it is owned by one thread at a time, the worker or the cutter, and changes hands only
// through the worker's mailbox, whose lock orders the accesses.
final class WorkerRecording: @unchecked Sendable {
    /// A workload's measured part and its warm-up twins.
    struct Phases {
        let measured: WorkloadRecorder
        let warmup: WorkloadRecorder
    }
    let workloads: [Phases]
    let selected: SelectedRecorder
    /// Nil where nobody counts the warm-up.
    let selectedWarmup: SelectedRecorder?
    var errorSamples: [SeriesDelta] = []
    /// Gauges of this window: VUs, turn, CPU.
    var gauges: [SeriesDelta] = []

    init(
        scenarios: [String], names: [NameTable], selected: SelectedSeries, limits: SeriesLimits
    ) {
        self.selected = SelectedRecorder(selected, limits: limits)
        selectedWarmup =
            selected.hasWarmup ? SelectedRecorder(selected, limits: limits, isWarmup: true) : nil
        workloads = zip(scenarios, names).map { name, table in
            Phases(
                measured: WorkloadRecorder(
                    scenario: name, isWarmup: false, names: table, limits: limits),
                warmup: WorkloadRecorder(
                    scenario: name, isWarmup: true, names: table, limits: limits))
        }
    }

    /// Moves everything out; returns the series and how many samples were beyond the histograms.
    func drain() -> (series: [SeriesDelta], overflow: UInt64) {
        var series: [SeriesDelta] = []
        var overflow: UInt64 = 0
        for phases in workloads {
            overflow += phases.measured.drain(into: &series)
            overflow += phases.warmup.drain(into: &series)
        }
        selected.drain(into: &series)
        selectedWarmup?.drain(into: &series)
        series.append(contentsOf: errorSamples)
        series.append(contentsOf: gauges)
        errorSamples.removeAll()
        gauges.removeAll()
        return (series, overflow)
    }
}
