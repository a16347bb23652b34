// Which entry speaks for an agent: of its machine, build and transport; of its shape where there is
// one, else the slowest of the others, compared by requests. Pure.

package import HarnessCore

package struct CalibrationMatch: Sendable, Equatable {
    package enum Basis: String, Sendable, Codable { case arrivals, requests }
    package var entry: CalibrationEntry
    /// What planned peak and C are compared in: arrivals where the shape is the same.
    package var basis: Basis

    /// C of one of the machine's agents, in `basis`, per second.
    package var capacityPerAgent: Double {
        let capacity = basis == .arrivals ? entry.arrivalsPerSecond : entry.requestsPerSecond
        return capacity / Double(entry.key.agents)
    }
}

/// What is known of an agent and of what it is to do.
package struct CalibrationQuery: Sendable, Equatable {
    package var machine: MachineIdentity
    package var transport: CalibratedTransport
    package var agents: Int
    package var workers: Int
    package var shapeSha256: String
    /// Sent and received per request; nil before the run, when nobody knows.
    package var bytesPerRequest: Double?

    package init(
        machine: MachineIdentity, transport: CalibratedTransport, agents: Int, workers: Int,
        shapeSha256: String, bytesPerRequest: Double?
    ) {
        self.machine = machine
        self.transport = transport
        self.agents = agents
        self.workers = workers
        self.shapeSha256 = shapeSha256
        self.bytesPerRequest = bytesPerRequest
    }
}

extension CalibrationFile {
    /// Nil: nothing here was measured under these circumstances.
    package func match(_ query: CalibrationQuery) -> CalibrationMatch? {
        let fitting = entries.filter { query.fits($0) }
        func slowest(_ entries: [CalibrationEntry]) -> CalibrationEntry? {
            entries.min { $0.requestsPerSecond < $1.requestsPerSecond }
        }
        if let own = slowest(fitting.filter { $0.shape.sha256 == query.shapeSha256 }) {
            return CalibrationMatch(entry: own, basis: .arrivals)
        }
        return slowest(fitting).map { CalibrationMatch(entry: $0, basis: .requests) }
    }
}

extension CalibrationQuery {
    func fits(_ entry: CalibrationEntry) -> Bool {
        let wanted = CalibrationKey(
            machine: machine, transport: transport, agents: agents, workers: workers,
            bodyClass: entry.key.bodyClass)
        return wanted == entry.key && bodyFits(entry)
    }

    /// The class, or at most a factor of two: a class has an edge where nothing changes.
    private func bodyFits(_ entry: CalibrationEntry) -> Bool {
        guard let bytesPerRequest else { return true }
        let measured = max(1, entry.shape.bytesPerRequest)
        let isNear = bytesPerRequest <= 2 * measured && measured <= 2 * bytesPerRequest
        return isNear || entry.key.bodyClass == CalibrationKey.BodyClass(bytes: bytesPerRequest)
    }
}
