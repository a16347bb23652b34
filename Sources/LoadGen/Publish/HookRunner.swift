// Runs setup or teardown on a thread of its own: it may take a minute, and the heartbeats must go
// on meanwhile.

import HarnessCore
import Synchronization

final class HookRunner: Sendable {
    private let result: Mutex<HookOutcome?> = Mutex(nil)
    let hook: FlowHook

    init(_ hook: FlowHook, on plane: any DataPlane) {
        self.hook = hook
        _ = DedicatedThread(name: "agent-\(hook.rawValue)") { [self] in
            let outcome = plane.run(hook)
            result.withLock { $0 = outcome }
        }
    }

    /// Nil while it runs.
    var outcome: HookOutcome? { result.withLock { $0 } }
}

extension HookOutcome {
    /// What others hear of it: never a secret, never more than the fleet can share.
    func record(
        run: String, epoch: UInt64, hook: FlowHook, blotter: SecretBlotter
    ) -> HookRecord {
        var record = HookRecord(
            run: run, epoch: epoch, hook: hook.rawValue, failure: failure.map(blotter.blotted),
            captures: captures.mapValues { SetupCapture(kind: $0.kind.rawValue, text: $0.text) })
        let secret = captures.keys.sorted().first { name in
            captures[name].map { blotter.holdsSecret($0.text) } ?? false
        }
        let size = captures.reduce(0) { $0 + $1.key.utf8.count + $1.value.text.utf8.count }
        if let secret {
            record.failure = "capture \"\(secret)\" holds a secret, which may not leave its agent"
            record.captures = [:]
        } else if size > Limits.setupCaptureBytes {
            record.failure =
                "its captures are \(size) bytes, at most \(Limits.setupCaptureBytes) can be shared"
            record.captures = [:]
        }
        return record
    }
}

extension SetupRecord {
    /// Nil: a capture is of a kind this build does not know.
    var values: [String: SetupValue]? {
        var values: [String: SetupValue] = [:]
        for (name, capture) in captures {
            guard let kind = SetupValue.Kind(rawValue: capture.kind) else { return nil }
            values[name] = SetupValue(kind: kind, text: capture.text)
        }
        return values
    }
}

extension PlanRecord {
    /// What the workers are told of it; nil where its pauses are malformed.
    var control: ScheduleControl? {
        guard let pauses = SchedulePauses(self.pauses) else { return nil }
        func runTime(_ window: Int) -> TimeSpan { .seconds(Int64(window)) }
        var control = ScheduleControl()
        control.pauses = pauses.spans.map {
            ScheduleControl.Pause(from: runTime($0.from), to: $0.to.map(runTime))
        }
        control.scales = scales.map {
            ScheduleControl.Scale(scenario: $0.scenario, from: runTime($0.from), vus: $0.vus)
        }
        return control
    }
}
