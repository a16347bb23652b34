// Open files an agent may have, against those its VUs need: a VU keeps a connection. Found out
// before the start; later it would look as if the target refused connections.

import CLinux
import Glibc
package import HarnessCore
import ScenarioModel

package struct FileLimit: Sendable {
    /// Beside connections: standard streams, Redis, epoll sets, timers, resolvers.
    static let others = 64
    /// What this process may open.
    package let files: Int

    package init(files: Int) { self.files = files }

    /// The soft limit goes up to the hard one.
    package static func raised() -> FileLimit {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return FileLimit(files: .max) }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        getrlimit(resource, &limit)
        return FileLimit(files: Int(clamping: limit.rlim_cur))
    }

    /// - Parameters:
    ///   - ready: VUs that will be there at the start, each with a connection at least.
    ///   - most: connections there may be in the course of the run.
    /// - Returns: a warning where only the latter may be too many.
    /// - Throws: `CommandFailure` 69 where the VUs cannot all connect.
    package func check(ready: Int, most: Int) throws(CommandFailure) -> String? {
        let advice = "raise the hard limit (ulimit -Hn, LimitNOFILE=) or use more agents"
        if ready + Self.others > files {
            throw CommandFailure(
                .unavailable,
                "\(ready) VUs of this agent need \(ready + Self.others) open files, a connection "
                    + "each; it may have \(files): \(advice)")
        }
        guard most > files - Self.others else { return nil }
        return "this agent may open \(files) files, its VUs up to \(most) connections; what it "
            + "cannot open fails as connect: \(advice)"
    }

    /// The same for what an agent does of `scenario`.
    /// - Parameter widths: by workload: requests a VU has at once.
    func check(
        _ scenario: Scenario, weights: [Int], segment: Int, widths: [Int]
    ) throws(CommandFailure) -> String? {
        var (ready, most) = (0, 0)
        for (workload, width) in zip(scenario.workloads, widths) {
            let share = WorkloadShare(
                workload.executor, weights: weights, segment: segment, worker: 0, workers: 1)
            ready += share.preAllocated
            most += share.vuNumbers.count * max(1, width)
        }
        return try check(ready: ready, most: most)
    }
}
