// Which host names mean this machine and nothing else, by spelling alone: no resolver is asked.

package enum LoopbackName {
    /// `localhost`, an IPv4 address 127.x.y.z, `::1` (in brackets or not).
    package static func contains(_ host: String) -> Bool {
        var bare = host[...]
        if bare.hasPrefix("["), bare.hasSuffix("]") { bare = bare.dropFirst().dropLast() }
        return bare.lowercased() == "localhost" || bare == "::1" || isLoopbackV4(bare)
    }

    private static func isLoopbackV4(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
