// `spotload agent`: joins a pool, takes a seat, runs its part, publishes, leaves (fleet.md
// section 1). Blocking; called on a DedicatedThread.

package import HarnessCore

package enum Agent {
    /// Registers, takes a seat, runs, publishes, leaves; again and again unless `once`.
    ///
    /// - Parameter makePlane: builds the workers for an assignment; called on a thread of its own.
    /// - Returns: 0, 69, 70, 75, 104 or 105 as fleet.md section 1 says.
    package static func run(
        _ options: AgentOptions, signals: AgentSignals,
        makePlane: @escaping @Sendable (AgentAssignment) throws -> any DataPlane
    ) -> ExitCode {
        guard PoolKeys.isValid(name: options.pool) else {
            options.log("\"\(options.pool)\" is no pool name: 1 to 40 of a-z, 0-9 and -")
            return .usage
        }
        while true {
            var member = PoolMember(options: options, signals: signals)
            switch member.join() {
            case .ended(let code): return code
            case .seated(let seated):
                let seat = seated.seat
                options.log("seated: run \(seat.run), slot \(seat.slot), epoch \(seat.epoch)")
                let session = AgentSession(
                    options: options, signals: signals, seated: seated, makePlane: makePlane)
                let code = session.run()
                if options.once || code != .pass || signals.isStopRequested { return code }
            }
        }
    }
}
