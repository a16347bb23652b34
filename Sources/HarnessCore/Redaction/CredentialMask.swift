// Takes credentials that nobody told us out of foreign text: an error page that shows the request
// it was sent, a message with a URL in it. What the document calls a secret is `SecretRedactor`'s;
// this is for what merely looks like one:
//
//     Authorization: Bearer eyJhbGci...      Authorization: ***
//     {"apiKey": "k-81f3", "side": "BUY"}    {"apiKey": "***", "side": "BUY"}
//     https://ann:pw@host/o?sig=ab&n=1       https://***@host/o?sig=***&n=***
//     GET /o?signature=ab HTTP/1.1           GET /o?signature=*** HTTP/1.1
//
// A value is masked for its name, so a credential under a name of the target's own stays. Masks
// rather too much than too little. Not for the hot path: it allocates.

package enum CredentialMask {
    /// - Complexity: O(bytes x names).
    package static func masked(_ text: String) -> String {
        var scanner = CredentialScanner(bytes: Array(text.utf8))
        return scanner.run()
    }
}

private struct CredentialScanner {
    private let bytes: [UInt8]
    private var out: [UInt8] = []
    private var i = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() -> String {
        out.reserveCapacity(bytes.count)
        while i < bytes.count {
            if maskKeyed() || maskScheme() || maskUserInfo() || maskQuery() { continue }
            out.append(bytes[i])
            i += 1
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Values that go on to the end of their line: blanks and commas are part of them.
    private static let lineNames = [
        "authorization", "proxy-authorization", "cookie", "set-cookie",
    ].map { Array($0.utf8) }
    private static let names =
        lineNames
        + [
            "x-mbx-apikey", "x-api-key", "x-auth-token", "api-key", "api_key", "apikey",
            "access_key", "accesskey", "access_token", "accesstoken", "refresh_token",
            "refreshtoken", "id_token", "token", "secret", "client_secret", "clientsecret",
            "secret_key", "secretkey", "private_key", "password", "passwd", "passphrase",
            "signature", "session", "session_id", "sessionid",
        ].map { Array($0.utf8) }
    private static let schemes = ["bearer ", "basic "].map { Array($0.utf8) }

    /// `name: value`, `name=value`, `"name": "value"`, also with the quotes of JSON inside JSON.
    private mutating func maskKeyed() -> Bool {
        guard isBoundary(before: i), let name = Self.names.first(where: { stands($0, at: i) })
        else { return false }
        var k = i + name.count
        guard k == bytes.count || !isName(bytes[k]) else { return false }
        k = skip(k) { $0 == UInt8(ascii: "\\") || Self.isQuote($0) }
        k = skip(k, Self.isBlank)
        guard k < bytes.count, bytes[k] == UInt8(ascii: ":") || bytes[k] == UInt8(ascii: "=")
        else { return false }
        let isHeader = bytes[k] == UInt8(ascii: ":")
        k = skip(k + 1, Self.isBlank)
        let begin = skip(k) { $0 == UInt8(ascii: "\\") || Self.isQuote($0) }
        let end: Int
        if begin > k {
            end = quotedEnd(begin, isEscaped: bytes[k] == UInt8(ascii: "\\"))
        } else if isHeader, Self.lineNames.contains(name) {
            end = skip(begin) { $0 >= 0x20 && !Self.isQuote($0) }
        } else {
            end = skip(begin) { !Self.isBlank($0) && !Self.endsValue($0) }
        }
        guard end > begin else { return false }
        mask(keeping: begin, skippingTo: end)
        return true
    }

    private func quotedEnd(_ begin: Int, isEscaped: Bool) -> Int {
        var k = begin
        while k < bytes.count, !Self.isQuote(bytes[k]) {
            if bytes[k] == UInt8(ascii: "\\") {
                if isEscaped { break }
                k += 1
            }
            k += 1
        }
        return min(k, bytes.count)
    }

    /// `Bearer <token>` wherever it stands.
    private mutating func maskScheme() -> Bool {
        guard isBoundary(before: i), let scheme = Self.schemes.first(where: { stands($0, at: i) })
        else { return false }
        let begin = i + scheme.count
        let end = skip(begin) { isName($0) || "._~+/=".utf8.contains($0) }
        guard end - begin >= 8 else { return false }
        mask(keeping: begin, skippingTo: end)
        return true
    }

    /// What stands before the `@` of an authority.
    private mutating func maskUserInfo() -> Bool {
        guard stands(Array("://".utf8), at: i) else { return false }
        let begin = i + 3
        let end = skip(begin) { !Self.isBlank($0) && !Self.endsURL($0) && !"/?#".utf8.contains($0) }
        guard let at = bytes[begin..<end].lastIndex(of: UInt8(ascii: "@")), at > begin else {
            return false
        }
        mask(keeping: begin, skippingTo: at)
        return true
    }

    /// Every value of `?name=value&name=value`.
    private mutating func maskQuery() -> Bool {
        guard bytes[i] == UInt8(ascii: "?") else { return false }
        let nameEnd = skip(i + 1) { isName($0) || "%.[]".utf8.contains($0) }
        guard nameEnd > i + 1, nameEnd < bytes.count, bytes[nameEnd] == UInt8(ascii: "=") else {
            return false
        }
        let end = skip(i + 1) {
            !Self.isBlank($0) && !Self.endsURL($0) && $0 != UInt8(ascii: "#")
        }
        out.append(bytes[i])
        i += 1
        let pairs = bytes[i..<end].split(
            separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        for (n, pair) in pairs.enumerated() {
            if n > 0 { out.append(UInt8(ascii: "&")) }
            if let equals = pair.firstIndex(of: UInt8(ascii: "=")), equals + 1 < pair.endIndex {
                out.append(contentsOf: pair[...equals])
                out.append(contentsOf: SecretRedactor.mask.utf8)
            } else {
                out.append(contentsOf: pair)
            }
        }
        i = end
        return true
    }

    // MARK: Bytes

    private mutating func mask(keeping begin: Int, skippingTo end: Int) {
        out.append(contentsOf: bytes[i..<begin])
        out.append(contentsOf: SecretRedactor.mask.utf8)
        i = end
    }

    /// Letters in either case.
    private func stands(_ word: [UInt8], at position: Int) -> Bool {
        guard position + word.count <= bytes.count else { return false }
        return word.indices.allSatisfy { n in
            let byte = bytes[position + n]
            return byte == word[n] || (0x41...0x5A).contains(byte) && byte | 0x20 == word[n]
        }
    }

    /// A word begins here: also in `session-token`, `user_password`, `sessionToken`.
    private func isBoundary(before position: Int) -> Bool {
        guard position > 0, position < bytes.count, isLetterOrDigit(bytes[position - 1]) else {
            return true
        }
        return (0x61...0x7A).contains(bytes[position - 1])
            && (0x41...0x5A).contains(bytes[position])
    }

    private func isName(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte)
    }

    private func skip(_ from: Int, _ belongs: (UInt8) -> Bool) -> Int {
        var k = from
        while k < bytes.count, belongs(bytes[k]) { k += 1 }
        return k
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte <= 0x20 }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 }

    private static func endsValue(_ byte: UInt8) -> Bool { "&,;\"'<>{}[]()`".utf8.contains(byte) }

    private static func endsURL(_ byte: UInt8) -> Bool { "\"'<>`\\".utf8.contains(byte) }
}
