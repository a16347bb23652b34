// Who may ask the live server what. The server listens on loopback only, but a browser on this
// machine opens pages of anybody: a foreign page must not read the run (Origin), nor by a name that
// its owner points at 127.0.0.1 (Host: DNS rebinding), and another user of the machine not without
// the token. Pure.
//
// /metrics and /healthz need no token: a Prometheus scrapes them as it stands, and they hold names
// and numbers, no text of the target.

import Foundation

struct LiveGate: Sendable {
    /// 128 random bits in hex, new for each run.
    let token: String

    enum Answer: Equatable {
        case allowed
        case forbidden(String)
    }

    static func makeToken() -> String {
        (0..<16).map { _ in
            let byte = UInt8.random(in: 0...255)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// - Parameters:
    ///   - host: of the Host header, the port included.
    ///   - path: without query.
    func check(host: String?, origin: String?, path: String, token given: String?) -> Answer {
        guard let host, Self.isLoopback(host) else {
            return .forbidden("this page is for 127.0.0.1 and localhost\n")
        }
        if let origin, origin.lowercased() != "http://" + host.lowercased() {
            return .forbidden("not for pages of another origin\n")
        }
        guard path == "/" || path == "/events" else { return .allowed }
        guard Self.isSame(given ?? "", token) else {
            return .forbidden("open the address that `spotload run --ui` printed, token included\n")
        }
        return .allowed
    }

    /// Any port: the page may be looked at through a forwarded one.
    static func isLoopback(_ host: String) -> Bool {
        var name = host.lowercased()
        if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]") {
            guard let port = Int(name[name.index(after: colon)...]), (1...65_535).contains(port)
            else { return false }
            name = String(name[..<colon])
        }
        return ["127.0.0.1", "localhost", "[::1]"].contains(name)
    }

    /// Takes the same time wherever they differ.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        let (x, y) = (Array(a.utf8), Array(b.utf8))
        guard x.count == y.count else { return false }
        return zip(x, y).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
