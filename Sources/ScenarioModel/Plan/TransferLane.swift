// Which lane a workload's requests take: the one decision that generator and reports share.

/// How requests are sent (DESIGN section 7).
package enum TransferLane: String, Sendable, CaseIterable {
    /// HTTP/1.1: libcurl connects, secures and moves the bytes, the rest is ours.
    case direct
    /// libcurl does everything.
    case multi
}

extension Scenario {
    /// The lane of a workload of this scenario: what it asks for, or `direct` wherever its requests
    /// need nothing that only libcurl does.
    package func lane(of workload: Workload) -> TransferLane {
        switch workload.transport {
        case .direct: .direct
        case .multi: .multi
        case .auto: needsMulti == nil ? .direct : .multi
        }
    }

    /// The key of `defaults` because of which requests need the multi lane; nil: none.
    package var needsMulti: String? {
        if defaults.http != .http1 { return "http" }
        if defaults.redirects > 0 { return "redirects" }
        return defaults.compression ? "compression" : nil
    }
}
