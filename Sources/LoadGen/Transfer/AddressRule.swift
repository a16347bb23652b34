// Whether a connection may be made, asked by both lanes with the resolved address when the socket
// is opened, and again of the address it is connected to before a request goes out: so that neither
// a name, nor a redirect, nor a name that resolves anew leads elsewhere (fleet.md section 10).
//
// Two rules must agree: that of the run, which came with its spec, and that of this agent.

import Glibc
import HarnessCore

/// Confined to its worker; C callbacks read it.
final class AddressRule {
    private let run: TargetRule
    /// nil: no rule but the run's.
    private let own: TargetRule?
    /// Connections refused so far.
    private(set) var refused: UInt64 = 0
    /// The host that was asked for last, as it stands in the URL and canonical: most questions are
    /// about the same one.
    private var hostBytes: [UInt8] = []
    private var host = ""

    init(run: TargetRule, own: TargetRule? = nil) {
        self.run = run
        self.own = own
    }

    /// Why no connection to `address` may be made, in words; nil: it may.
    /// - Parameters:
    ///   - address: as long as its family says.
    ///   - url: the request's.
    /// - Complexity: O(targets); allocates where the host is another than the last, or it refuses.
    func objection(
        family: Int32, address: UnsafePointer<sockaddr>, url: [UInt8]
    ) -> String? {
        // The path is the scenario's own `unixSocket`.
        if family == AF_UNIX { return nil }
        guard let endpoint = InternetAddress.endpoint(family: family, address) else {
            refused += 1
            return "an address of family \(family) is not allowed"
        }
        return objection(to: endpoint, url: url)
    }

    /// The same of the address a connection leads to, as libcurl writes it.
    func objection(peer: UnsafePointer<CChar>, port: Int32, url: [UInt8]) -> String? {
        guard let address = InternetAddress(String(cString: peer)) else {
            refused += 1
            return "its connection leads to no address"
        }
        return objection(
            to: SocketEndpoint(address, UInt16(truncatingIfNeeded: port)), url: url)
    }

    func objection(to endpoint: SocketEndpoint, url: [UInt8]) -> String? {
        guard let authority = URLAuthority(url[...]) else {
            refused += 1
            return "its URL is none of http or https"
        }
        if !url[authority.host].elementsEqual(hostBytes) {
            hostBytes = Array(url[authority.host])
            host = HostName.canonical(String(decoding: hostBytes, as: UTF8.self))
        }
        let verdict = run.verdict(endpoint, host: host)
        if verdict == .allowed,
            own.map({ $0.verdict(endpoint, host: host) }) ?? .allowed == .allowed
        {
            return nil
        }
        refused += 1
        return reason(verdict, endpoint)
    }

    private func reason(_ verdict: TargetRule.Verdict, _ endpoint: SocketEndpoint) -> String {
        let address = "address \(endpoint)" + (HostName.address(host) == nil ? " of \(host)" : "")
        switch verdict {
        case .never(let why): return "\(address) \(why): it is never loaded"
        case .allowed: return "\(address) is not allowed by this agent's own rule"
        case .notAllowed:
            let isKnown = run.allowed.contains { $0.covers(host: host, port: endpoint.port) }
            return isKnown
                ? "\(address) is none that \(host) had when the run was opened, "
                    + "or was allowed: add --allow-target \(host):\(endpoint.port)=ADDRESS/LENGTH"
                : "\(address) is not allowed: add "
                    + TargetRule.flags(host: host, port: endpoint.port)
        }
    }
}

@available(*, unavailable)
extension AddressRule: Sendable {}

extension AddressRule {
    convenience init(_ assignment: AgentAssignment) {
        self.init(run: assignment.runRule, own: assignment.ownRule)
    }
}

extension AgentAssignment {
    /// Losing what cannot be read is right: it allows nothing. An agent refuses such a spec before.
    var runRule: TargetRule {
        TargetRule(
            allowed: allowedTargets.compactMap { try? AllowedTarget($0) },
            refused: Set(refusedEndpoints.compactMap { SocketEndpoint($0) }))
    }
}

extension TransferFailure {
    /// The rule refused the connection: nothing was sent. k6 has the code for a blacklisted IP.
    static let blocked = TransferFailure(errorClass: "blocked", code: 1110)
}
