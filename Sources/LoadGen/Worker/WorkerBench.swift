// What all workloads of one worker share: the turn's clock, the transport, the recording, the
// counters, the heap of waiting VUs. Confined to the worker's thread.

import Glibc
import HarnessCore
import Telemetry

final class WorkerBench {
    let transport: Transport
    /// The clock of this turn; read once, after sockets were handled.
    var now = Instant(ns: 0)
    /// Run time 0.
    var startAt = Instant.distantFuture
    /// Schedule time; of no use before run time 0 is known.
    var clock = ScheduleClock(start: Instant(ns: 0))
    /// What operators announced.
    var schedule = ScheduleControl()
    /// Intended starts before it belong to the warm-up.
    var measuredFrom = Instant.distantFuture
    /// Past it nothing new is dispatched (fleet.md 6, self-fence).
    var dispatchUntil = Instant.distantFuture
    var recording: WorkerRecording
    let selected: SelectedFilter
    /// Cumulative; samples and overflow are counted where recordings are drained.
    var counters = RunCounters()
    var errorSamples = ErrorSamples()
    var wakes: WakeHeap
    /// Index in the worker's VUs -> the VU.
    var users: [VirtualUser] = []
    /// Connections this machine could not make, since the last call of `takeSocketFailures`.
    private var socketFailures = 0

    init(
        transport: Transport, recording: WorkerRecording, selected: SelectedFilter, vus: Int
    ) {
        self.selected = selected
        self.transport = transport
        self.recording = recording
        wakes = WakeHeap(capacity: vus)
        users.reserveCapacity(vus)
    }

    /// A transfer failed with this errno: no port left, or no descriptor.
    func noteFailure(errno code: Int) {
        switch Int32(truncatingIfNeeded: code) {
        case EADDRNOTAVAIL, EMFILE, ENFILE: socketFailures += 1
        default: break
        }
    }

    func takeSocketFailures() -> Int {
        defer { socketFailures = 0 }
        return socketFailures
    }

    /// Records a request in the selected series it belongs to.
    func recordSelected(
        _ sample: RequestSample, _ outcome: borrowing TransferOutcome, checks: [CheckOutcome],
        isWarmup: Bool
    ) {
        guard let recorder = isWarmup ? recording.selectedWarmup : recording.selected else {
            return
        }
        for candidate in selected.candidates(of: sample)
        where selected.holds(candidate, sample, outcome) {
            recorder.record(candidate, sample, outcome, checks: checks)
        }
    }

    /// The recorder for what was intended at `intended`.
    func recorder(_ workload: Int, intended: Instant) -> WorkloadRecorder {
        let phases = recording.workloads[workload]
        return intended < measuredFrom ? phases.warmup : phases.measured
    }
}

@available(*, unavailable)
extension WorkerBench: Sendable {}
