// Where load may go (fleet.md section 10), as a pure value: loopback, and the targets that were
// allowed by name; never the reserved addresses, nor the endpoints the run itself lives on.
//
// `run` asks it before anything is started, an agent of the run's rule and of its own on each
// connection, `observe` before it scrapes.

package struct TargetRule: Sendable, Equatable {
    package var allowed: [AllowedTarget]
    /// The run's Redis, its live page: never loaded, loopback or not.
    package var refused: Set<SocketEndpoint>

    package init(allowed: [AllowedTarget] = [], refused: Set<SocketEndpoint> = []) {
        self.allowed = allowed
        self.refused = refused
    }

    package enum Verdict: Sendable, Equatable {
        case allowed
        /// Whatever is allowed; with the reason, as the end of a sentence.
        case never(String)
        /// Nobody has allowed it.
        case notAllowed
    }

    /// - Parameter host: canonical.
    package func verdict(_ endpoint: SocketEndpoint, host: String) -> Verdict {
        if refused.contains(where: { Self.isSame($0, endpoint) }) {
            return .never("is the run's Redis or its live page")
        }
        if let objection = ReservedAddresses.objection(to: endpoint.address) {
            return .never(objection)
        }
        if endpoint.address.isLoopback { return .allowed }
        let isAllowed = allowed.contains { target in
            target.covers(host: host, port: endpoint.port)
                && target.blocks.contains { $0.contains(endpoint.address) }
        }
        return isAllowed ? .allowed : .notAllowed
    }

    /// A server on one loopback address mostly listens on them all.
    private static func isSame(_ a: SocketEndpoint, _ b: SocketEndpoint) -> Bool {
        a.port == b.port
            && (a.address == b.address || a.address.isLoopback && b.address.isLoopback)
    }

    /// Whether something that `target` allows is allowed here, too.
    package func allowsSome(of target: AllowedTarget) -> Bool {
        allowed.contains { own in
            (own.host == AllowedTarget.anyHost || own.host == target.host)
                && (own.ports.isEmpty || target.ports.isEmpty
                    || own.ports.contains { target.ports.contains($0) })
                && own.blocks.contains { block in target.blocks.contains { $0.overlaps(block) } }
        }
    }

    /// Every target with the addresses it has: those of its blocks, else as it resolves now.
    /// - Parameter unresolved: told of a name without an address; it then has none.
    package func resolved(
        _ unresolved: (AllowedTarget, String) throws(CommandFailure) -> Void
    ) throws(CommandFailure) -> TargetRule {
        var rule = self
        for i in rule.allowed.indices where rule.allowed[i].blocks.isEmpty {
            do throws(TargetError) {
                rule.allowed[i].blocks = try HostResolver.resolve(rule.allowed[i].host)
                    .map { AddressBlock($0) }
            } catch {
                try unresolved(rule.allowed[i], error.description)
            }
        }
        return rule
    }
}

extension TargetRule {
    /// What to add to a command line so that `host` may be loaded.
    package static func flags(host: String, port: UInt16) -> String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "--allow-target \(name):\(port) --yes-i-am-authorized=\(name)"
    }
}
