// CPU and memory of the run's processes, from /proc: sampled while they live, because a child that
// has ended has no figures any more.

import Collector
import Foundation
import HarnessCore
import Synchronization

final class ProcessMonitor: Sendable {
    private struct Sample {
        var first: (cpu: Double, at: Instant)?
        var cpu = 0.0
        var at = Instant(ns: 0)
        var rss: UInt64 = 0
    }
    private struct Watched {
        let name: String
        let pid: Int32
        var sample = Sample()
    }
    private let watched = Mutex<[Watched]>([])
    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    func watch(_ name: String, pid: Int32) {
        watched.withLock { $0.append(Watched(name: name, pid: pid)) }
    }

    /// Forgets what was used so far: the run begins now.
    func begin() {
        watched.withLock { all in
            for i in all.indices { all[i].sample.first = nil }
        }
        sample()
    }

    /// Reads every process that is still there.
    func sample() {
        let now = Instant.now()
        watched.withLock { all in
            for i in all.indices {
                guard let cpu = Self.cpuSeconds(all[i].pid) else { continue }
                all[i].sample.cpu = cpu
                all[i].sample.at = now
                all[i].sample.rss = Self.peakBytes(all[i].pid) ?? all[i].sample.rss
                if all[i].sample.first == nil { all[i].sample.first = (cpu, now) }
            }
        }
    }

    /// What each used between `begin` and its last sample.
    var usages: [ProcessUsage] {
        watched.withLock { all in
            all.compactMap { item in
                guard let first = item.sample.first else { return nil }
                let wall = (item.sample.at - first.at).seconds
                let cpu = item.sample.cpu - first.cpu
                return ProcessUsage(
                    name: item.name, cpuSeconds: cpu, cpuShare: wall > 0 ? cpu / wall : 0,
                    rssBytes: item.sample.rss)
            }
        }
    }

    /// utime + stime of proc(5) stat; nil where the process is gone.
    private static func cpuSeconds(_ pid: Int32) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let close = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
        else { return nil }
        return (user + system) / ticksPerSecond
    }

    /// VmHWM of proc(5) status.
    private static func peakBytes(_ pid: Int32) -> UInt64? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else {
            return nil
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
        return kilobytes.flatMap { UInt64($0) }.map { $0 * 1_024 }
    }
}
