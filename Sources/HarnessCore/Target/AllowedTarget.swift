// One target that load may go to: a host, its ports, the addresses it may have. As text, of
// `--allow-target` and of a run's spec:
//
//     sut.example                   any port; the addresses it has at `opening`
//     sut.example:8080              that port
//     sut.example:8080=10.20.0.0/16 any address of the block, however the name resolves
//     [2001:db8::5]:443=2001:db8::5
//     *:443=10.20.0.0/16            any host of these addresses

package struct AllowedTarget: Sendable, Hashable {
    /// Canonical (`HostName`); `*`: any.
    package var host: String
    /// Empty: any.
    package var ports: [UInt16]
    /// Empty: those the name has when it is resolved.
    package var blocks: [AddressBlock]

    package static let anyHost = "*"

    package init(host: String, ports: [UInt16], blocks: [AddressBlock]) {
        self.host = host
        self.ports = ports
        self.blocks = blocks
    }

    /// - Throws: `TargetError`; also for blocks and addresses that are never loaded.
    package init(_ text: String) throws(TargetError) {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let (host, port) = try Self.hostAndPort(sides[0], in: text)
        var blocks: [AddressBlock] = []
        if sides.count == 2 {
            blocks = [try AddressBlock(sides[1])]
        } else if let address = HostName.address(host) {
            blocks = [AddressBlock(address)]
        }
        self.init(
            host: HostName.canonical(host),
            ports: port.map { [$0] } ?? [], blocks: blocks)
        try check(text)
    }

    /// - Throws: `TargetError` where it could never be used.
    package func check(_ text: String) throws(TargetError) {
        if host == Self.anyHost, blocks.isEmpty {
            throw TargetError("\"\(text)\": any host needs addresses: *=10.20.0.0/16")
        }
        for block in blocks {
            if let objection = ReservedAddresses.objection(to: block) {
                throw TargetError("\"\(text)\": \(block) \(objection): never allowed")
            }
        }
        if let address = HostName.address(host), !blocks.contains(where: { $0.contains(address) }) {
            throw TargetError("\"\(text)\": \(address) is not in that block")
        }
    }

    private static func hostAndPort(
        _ text: Substring, in whole: String
    ) throws(TargetError) -> (host: Substring, port: UInt16?) {
        let shape = "\"\(whole)\" is no target: HOST, HOST:PORT or HOST:PORT=ADDRESS/LENGTH"
        if text.contains("://") || text.contains("/") {
            throw TargetError(shape + ", without scheme and path")
        }
        // Without brackets, what has several colons is an address, and has no port.
        let isBare = text.count { $0 == ":" } > 1 && !text.hasPrefix("[")
        let bracket = text.hasPrefix("[") ? text.lastIndex(of: "]") : text.startIndex
        guard let from = bracket else { throw TargetError(shape) }
        let colon = isBare ? nil : text[from...].firstIndex(of: ":")
        let host = colon.map { text[..<$0] } ?? text
        guard !host.isEmpty, Self.isHost(host) else { throw TargetError(shape) }
        guard let colon else { return (host, nil) }
        let digits = text[text.index(after: colon)...]
        if digits == "*" { return (host, nil) }
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits),
            port > 0
        else { throw TargetError("\"\(whole)\": \"\(digits)\" is no port: 1 to 65535") }
        return (host, port)
    }

    package static func isHost(_ host: Substring) -> Bool {
        if host == anyHost { return true }
        if host.contains(":") || host.hasPrefix("[") { return InternetAddress(host) != nil }
        return host.utf8.count <= 255
            && host.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (97...122).contains(byte | 0x20)
                    || byte == 45 || byte == 46 || byte == 95
            }
    }

    package func covers(host other: String, port: UInt16) -> Bool {
        (host == Self.anyHost || host == other) && (ports.isEmpty || ports.contains(port))
    }

    /// The same, a line for each port and block: `init` reads each of them.
    package var lines: [String] {
        let name = host.contains(":") ? "[\(host)]" : host
        let ports = ports.isEmpty ? ["*"] : ports.map(String.init)
        return ports.flatMap { port in
            blocks.isEmpty ? ["\(name):\(port)"] : blocks.map { "\(name):\(port)=\($0)" }
        }
    }
}
