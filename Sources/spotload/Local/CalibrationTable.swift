// A calibration as people read it: a row per step while it goes on, then what it came to.

import Collector
import HarnessCore
import LoadGen

enum CalibrationTable {
    private static let columns: [(title: String, width: Int)] = [
        ("arrivals/s", 11), ("requests/s", 12), ("delivered", 11), ("lag p99", 11),
        ("worker CPU", 12), ("p50", 10), ("p99", 11), ("null server", 13),
    ]

    static func title(_ shape: String, _ options: CalibrateOptions) -> String {
        let machine = MachineIdentity.current
        let agents = ReportText.counted(options.agents, "agent")
        let workers = ReportText.counted(options.workers, "worker")
        return "spotload \(machine.version)   calibrate \(ReportText.escaped(shape))   "
            + "\(agents) of \(workers)   \(ReportText.escaped(machine.cpu)), "
            + ReportText.counted(machine.cores, "core")
            + (machine.build == "release" ? "" : ", \(machine.build) build") + "\n"
    }

    static var header: String {
        " " + columns.map { ReportText.right($0.title, $0.width) }.joined() + "\n"
    }

    /// `+` held, `x` gave way.
    static func row(_ step: CalibrationEntry.Step, isConfirmed: Bool) -> String {
        let cells = [
            ReportText.grouped(UInt64(step.arrivalsPerSecond.rounded())),
            ReportText.grouped(UInt64(step.requestsPerSecond.rounded())),
            step.delivered.map { ReportText.percent($0, 2) } ?? "-", milliseconds(step.lagP99Ms),
            step.threadCpu.map { ReportText.percent($0, 0) } ?? "-",
            milliseconds(step.serviceP50Ms), milliseconds(step.serviceP99Ms),
            step.nullServerCpu.map { ReportText.percent($0, 0) } ?? "-",
        ]
        let marker = step.gaveWay.isEmpty ? "+" : "x"
        let words = step.gaveWay.joined(separator: ", ") + (isConfirmed ? "" : ": once more")
        return marker
            + zip(cells, columns).map { ReportText.right($0, $1.width) }.joined()
            + (step.gaveWay.isEmpty ? "" : "  " + words) + "\n"
    }

    private static func milliseconds(_ value: Double?) -> String {
        value.map { ReportText.decimal($0, 3) + " ms" } ?? "-"
    }

    static func result(_ entry: CalibrationEntry) -> String {
        let agents = Double(entry.key.agents)
        var lines: [(String, String)] = []
        let why =
            entry.isBounded
            ? entry.gaveWay.joined(separator: ", ") + " gives way above it"
            : "no rate that was tried gave way: it is at least this"
        lines.append(
            ("C", "\(rates(entry.arrivalsPerSecond, entry.requestsPerSecond)): \(why)"))
        if entry.key.agents > 1 {
            lines.append(
                (
                    "per agent",
                    rates(entry.arrivalsPerSecond / agents, entry.requestsPerSecond / agents)
                ))
        }
        let cpu = entry.cpuUsPerRequest.map {
            "   \(ReportText.decimal($0, 1)) us of CPU for a request"
        }
        lines.append(
            (
                "per core",
                "\(rate(entry.requestsPerSecondPerCore)) requests/s of a worker thread"
                    + (cpu ?? "")
            ))
        lines.append(
            ("advised", "\(rate(entry.advisedArrivalsPerSecond)) arrivals/s at most (0.5 C)"))
        if let floor = entry.floor {
            lines.append(
                (
                    "floor",
                    "service time P50 \(ReportText.decimal(floor.p50Ms, 3)) ms, P99 "
                        + "\(ReportText.decimal(floor.p99Ms, 3)) ms: less is not to be told apart"
                ))
        }
        let key = entry.key
        lines.append(
            (
                "holds for",
                "lane \(key.lane), \(key.tls ? "TLS" : "no TLS"), "
                    + "\(key.reuse ? "connections kept" : "a connection per request"), "
                    + "\(key.socket), \(key.bodyClass.rawValue) a request"
            ))
        for note in entry.notes { lines.append(("note", ReportText.escaped(note))) }
        return lines.map { ReportText.left($0.0, 11) + $0.1 + "\n" }.joined()
    }

    private static func rates(_ arrivals: Double, _ requests: Double) -> String {
        "\(rate(arrivals)) arrivals/s, \(rate(requests)) requests/s"
    }

    private static func rate(_ value: Double) -> String {
        value >= 100
            ? ReportText.grouped(UInt64(value.rounded())) : ReportText.decimal(value, 1)
    }
}
