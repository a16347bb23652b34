// Who sits where: a pure choice among the registered agents of a pool (fleet.md section 2): same
// protocol and version, idle, distinct hosts first, then capacity, then the order of registration.

package import HarnessCore

package struct SeatCandidate: Sendable, Equatable {
    package var registration: Registration
    /// Present in the pool and not busy.
    package var isIdle: Bool

    package init(registration: Registration, isIdle: Bool) {
        self.registration = registration
        self.isIdle = isIdle
    }
}

package enum Seating {
    /// One agent for each free slot as far as there are any.
    ///
    /// - Parameter takenHosts: hosts of the agents that are seated already.
    package static func choose(
        free: [Int], from candidates: [SeatCandidate], takenHosts: [String]
    ) -> [(slot: Int, registration: Registration)] {
        var usable = candidates.filter { candidate in
            candidate.isIdle && candidate.registration.proto == Limits.fleetProtocol
                && candidate.registration.version == Limits.version
        }.map(\.registration)
        var load: [String: Int] = [:]
        for host in takenHosts { load[host, default: 0] += 1 }
        var chosen: [(slot: Int, registration: Registration)] = []
        // Those that want a slot get it first; they are not used for another.
        for slot in free {
            guard let place = usable.firstIndex(where: { $0.wantSlot == slot }) else { continue }
            let registration = usable.remove(at: place)
            load[registration.host, default: 0] += 1
            chosen.append((slot, registration))
        }
        let rest = free.filter { slot in !chosen.contains { $0.slot == slot } }
        for slot in rest {
            let best = usable.indices.filter { usable[$0].wantSlot == nil }.min { a, b in
                let x = usable[a]
                let y = usable[b]
                return (load[x.host, default: 0], -x.capacity, a)
                    < (load[y.host, default: 0], -y.capacity, b)
            }
            guard let best else { break }
            let registration = usable.remove(at: best)
            load[registration.host, default: 0] += 1
            chosen.append((slot, registration))
        }
        return chosen.sorted { $0.slot < $1.slot }
    }
}
