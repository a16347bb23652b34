// How the machine was to this agent in a window: the signals of measurement.md section 4 that no
// worker can tell of itself. Read by the cutter once a window, never on a worker's thread; costs
// about a hundred microseconds there (the test `cost` prints it).
//
//     health_coreBusy ppm   busiest core            health_pressure ppm     somebody waited, 10 s
//     health_runQueue ppm   a worker, ready and     health_throttled        periods in this window
//                           not run: the worst      health_retransmits ppm  of TCP segments sent
//     health_steal ppm      of all cores
//
// Shares are of what passed since the window before, so the first window of a run has none. What
// cannot be read is not published: the collector lists it as not measured.

import HarnessCore
import Telemetry

/// Confined to one thread at a time.
final class HealthSampler {
    /// Where things are; tests have folders of their own.
    struct Paths {
        var proc = "/proc"
        var cgroups = "/sys/fs/cgroup"
    }

    private let stat: KernelFile?
    private let pressure: KernelFile?
    private let snmp: KernelFile?
    private let cpuStat: KernelFile?
    /// Of the workers' threads.
    private let schedules: [KernelFile]

    private var readAt: Instant?
    private var cores: [Int: CoreTimes]?
    private var waitedNs: [UInt64]?
    private var throttled: UInt64?
    private var segments: (sent: UInt64, again: UInt64)?

    /// - Parameter threads: kernel ids of the workers.
    init(threads: [Int32], paths: Paths = Paths()) {
        stat = KernelFile(paths.proc + "/stat")
        pressure = KernelFile(paths.proc + "/pressure/cpu")
        snmp = KernelFile(paths.proc + "/net/snmp")
        cpuStat = Self.cpuStat(paths)
        schedules = threads.compactMap { KernelFile("\(paths.proc)/self/task/\($0)/schedstat") }
    }

    private static func cpuStat(_ paths: Paths) -> KernelFile? {
        guard let text = KernelFile(paths.proc + "/self/cgroup")?.text(),
            let group = KernelTexts.cpuGroup(cgroup: text)
        else { return nil }
        // Inside a container the path may be the host's, and the container's group is the root.
        let folder = paths.cgroups + (group.hierarchy.isEmpty ? "" : "/" + group.hierarchy)
        return KernelFile(folder + group.path + "/cpu.stat") ?? KernelFile(folder + "/cpu.stat")
    }

    /// What passed since the call before.
    func read(now: Instant) -> [SeriesDelta] {
        let wallNs = readAt.map { (now - $0).ns }
        readAt = now
        let signals: [(String, Int64?)] = [
            ("runQueue", runQueue(wallNs)), ("throttled", throttledPeriods()),
            ("pressure", pressureNow()), ("retransmits", retransmits()),
        ]
        return (coreSignals() + signals).compactMap { key, value in
            value.map { HealthGauge.make(key, $0) }
        }
    }

    private func coreSignals() -> [(String, Int64?)] {
        let before = cores
        cores = stat?.text().flatMap { KernelTexts.cores(stat: $0) }
        guard let before, let cores else { return [] }
        var busiest: Double?
        var stolen: UInt64 = 0
        var total: UInt64 = 0
        for (number, now) in cores {
            guard let then = before[number], now.total > then.total else { continue }
            // Idle and iowait may go back a little: proc(5).
            let busy = now.busy > then.busy ? now.busy - then.busy : 0
            busiest = max(busiest ?? 0, Double(busy) / Double(now.total - then.total))
            stolen += now.stolen > then.stolen ? now.stolen - then.stolen : 0
            total += now.total - then.total
        }
        guard let busiest else { return [] }
        return [
            ("coreBusy", Self.ppm(busiest)), ("steal", Self.ppm(Double(stolen) / Double(total))),
        ]
    }

    private func runQueue(_ wallNs: Int64?) -> Int64? {
        let before = waitedNs
        let now = schedules.map { $0.text().flatMap { KernelTexts.waitedNs(schedstat: $0) } }
        waitedNs = now.contains(nil) || now.isEmpty ? nil : now.compactMap { $0 }
        guard let before, let waitedNs, let wallNs, wallNs > 0 else { return nil }
        let worst = zip(before, waitedNs).map { $1 > $0 ? $1 - $0 : 0 }.max() ?? 0
        return Self.ppm(Double(worst) / Double(wallNs))
    }

    private func throttledPeriods() -> Int64? {
        let before = throttled
        throttled = cpuStat?.text().flatMap { KernelTexts.throttledPeriods(cpuStat: $0) }
        guard let before, let throttled else { return nil }
        return Int64(clamping: throttled > before ? throttled - before : 0)
    }

    private func pressureNow() -> Int64? {
        pressure?.text().flatMap { KernelTexts.pressure(text: $0) }.map(Self.ppm)
    }

    private func retransmits() -> Int64? {
        let before = segments
        segments = snmp?.text().flatMap { KernelTexts.segments(snmp: $0) }
        guard let before, let segments else { return nil }
        let sent = segments.sent > before.sent ? segments.sent - before.sent : 0
        let again = segments.again > before.again ? segments.again - before.again : 0
        return sent == 0 ? 0 : Self.ppm(Double(again) / Double(sent))
    }

    private static func ppm(_ share: Double) -> Int64 { Int64((share * 1e6).rounded()) }
}

@available(*, unavailable)
extension HealthSampler: Sendable {}

/// A signal of one window, as a delta carries it.
enum HealthGauge {
    /// - Parameter key: of measurement.md section 4.
    static func make(_ key: String, _ value: Int64) -> SeriesDelta {
        SeriesDelta(
            key: SeriesKey("health_" + key),
            value: .gauge(GaugeDelta(n: 1, last: value, min: value, max: value, sum: value)))
    }
}
