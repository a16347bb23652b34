// Who waits in a pool, and who of it sits where: for `spotload agents`. Reads only.

package import HarnessCore
package import RedisClient

/// An agent that is there now.
package struct PoolAgent: Sendable, Equatable, Codable {
    package var agent: String
    package var host: String
    package var pid: Int32
    package var version: String
    package var cores: Int
    package var capacity: Int
    package var wantSlot: Int?
    /// `idle` or `busy`.
    package var state: String
    /// Where it is busy.
    package var run: String?
    package var slot: Int?
    package var rttUs: Int64
}

package enum PoolListing {
    /// The agents of `pool` that are present, in the order they registered.
    ///
    /// - Throws: `CommandFailure` 69 where Redis does not answer.
    package static func read(
        _ pool: String, at endpoint: RedisEndpoint
    ) throws(CommandFailure) -> [PoolAgent] {
        do throws(RedisError) {
            return try read(
                PoolKeys(pool: pool), over: try RedisConnection(endpoint, name: "spotload-agents"))
        } catch {
            throw CommandFailure(.unavailable, "no Redis at \(endpoint): \(error.detail)")
        }
    }

    private static func read(
        _ keys: PoolKeys, over connection: RedisConnection
    ) throws(RedisError) -> [PoolAgent] {
        let reply = try connection.command(["XRANGE", keys.registrations, "-", "+"])
        if let text = reply.errorText { throw RedisError(.closed, text) }
        var seen: Set<String> = []
        let registrations = (reply.streamEntries ?? []).compactMap { entry in
            Registration(fields: entry.fields.map { String(decoding: $0, as: UTF8.self) })
        }.filter { seen.insert($0.agent).inserted }
        guard !registrations.isEmpty else { return [] }
        let presences = try connection.command(
            ["MGET"] + registrations.map { keys.agent($0.agent) })
        let seats = try connection.command(["MGET"] + registrations.map { keys.seat($0.agent) })
        return zip(registrations, zip(presences.elements ?? [], seats.elements ?? []))
            .compactMap { registration, found in
                // Losing the errors is right: an unreadable record is none.
                let presence = found.0.bytes.flatMap { try? AgentPresence.decode($0) }
                let seat = found.1.bytes.flatMap { try? SeatRecord.decode($0) }
                return presence.map { agent(registration, $0, seat) }
            }
    }

    private static func agent(
        _ registration: Registration, _ presence: AgentPresence, _ seat: SeatRecord?
    ) -> PoolAgent {
        PoolAgent(
            agent: registration.agent, host: registration.host, pid: registration.pid,
            version: registration.version, cores: registration.cores,
            capacity: registration.capacity, wantSlot: registration.wantSlot,
            state: presence.state, run: presence.run ?? seat?.run, slot: seat?.slot,
            rttUs: presence.rttUs)
    }
}
