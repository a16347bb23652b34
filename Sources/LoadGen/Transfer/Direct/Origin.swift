// Where requests go: scheme, host and port as libcurl reads them from a URL, known again by the way
// they are written. Confined to the worker's thread.

import CCurl
import Glibc
import HarnessCore

/// One spelling of an origin.
final class Origin {
    /// `http://host:port`, as URLs write it.
    private let spelling: UnsafeMutableBufferPointer<UInt8>
    /// The same for all spellings of an origin: connections are kept by it.
    let key: Int
    let isTLS: Bool
    /// `Host: host:port` with its line's end, as libcurl sends it.
    let hostLine: [UInt8]
    /// A URL of it that libcurl connects by, ended by NUL.
    let connectURL: [UInt8]
    /// Another number for each origin that is met, so for each spelling.
    let serial: Int
    /// The spelling names a user or no host: each such URL is parsed, for the user's authorization
    /// and for the host that libcurl finds.
    let isParsedEachTime: Bool

    init(
        spelling: some BidirectionalCollection<UInt8>, key: Int, serial: Int, parts: URLParts,
        connectURL: [UInt8]
    ) {
        self.spelling = .allocate(capacity: spelling.count)
        _ = self.spelling.initialize(from: spelling)
        self.key = key
        self.serial = serial
        isTLS = parts.isTLS
        hostLine = Array("Host: \(parts.hostAndPort)\r\n".utf8)
        self.connectURL = connectURL + [0]
        isParsedEachTime =
            spelling.contains(UInt8(ascii: "@")) || spelling.last == UInt8(ascii: "/")
    }

    deinit { spelling.deallocate() }

    /// Length of the spelling where `url` begins with it, a path follows, and it is not parsed each
    /// time; else 0.
    func prefix(of url: UnsafeBufferPointer<UInt8>) -> Int {
        let length = spelling.count
        guard !isParsedEachTime, url.count > length, url[length] == UInt8(ascii: "/"),
            let base = url.baseAddress, let known = spelling.baseAddress,
            memcmp(base, known, length) == 0
        else { return 0 }
        return length
    }
}

/// The origins a worker has met.
struct OriginTable {
    private var origins: [Origin] = []
    private var keys: [String: Int] = [:]
    private var nextKey = 0
    private var serials = 0
    private static let spellingsMax = 256
    private static let keysMax = 4_096

    /// - Complexity: O(spellings met).
    func find(_ url: UnsafeBufferPointer<UInt8>) -> Origin? {
        origins.first { $0.prefix(of: url) > 0 }
    }

    /// The origin of a URL that was parsed, as that URL writes it if it has no user.
    mutating func intern(_ parts: URLParts, _ url: UnsafeBufferPointer<UInt8>) -> Origin {
        if let known = find(url) { return known }
        let spelling = url.prefix(Self.originLength(url))
        // What is met without end (a host from a template) is forgotten, not kept without end.
        if origins.count >= Self.spellingsMax { origins.removeAll() }
        serials += 1
        let origin = Origin(
            spelling: spelling, key: key(parts.canonical), serial: serials, parts: parts,
            connectURL: Array(url))
        if !origin.isParsedEachTime { origins.append(origin) }
        return origin
    }

    private mutating func key(_ canonical: String) -> Int {
        if let known = keys[canonical] { return known }
        if keys.count >= Self.keysMax { keys.removeAll() }
        nextKey += 1
        keys[canonical] = nextKey
        return nextKey
    }

    /// Up to the path, query or fragment.
    private static func originLength(_ url: UnsafeBufferPointer<UInt8>) -> Int {
        var slashes = 0
        for (i, byte) in url.enumerated() {
            if byte == UInt8(ascii: "/") { slashes += 1 }
            if slashes == 3 || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") { return i }
        }
        return url.count
    }
}

@available(*, unavailable)
extension Origin: Sendable {}
