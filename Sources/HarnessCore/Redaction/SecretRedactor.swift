// Takes secrets out of texts that leave the agent: log lines, error samples, names. A target may
// echo what it was sent, in the encoding of its choice, so a secret is found
//
//     as it is, percent-encoded (`%2F`, `%2f`, `+` for a blank) and JSON-escaped (`\"`, `\/`,
//     `\u00e9`), in any mixture of the three;
//     in base64, plain or url-safe, alone or inside a longer text: of the bytes around it there are
//     three alignments, and of each the characters that depend on the secret alone.
//
//     "user:s3cret" -> dXNlcjpzM2NyZXQ=          of `s3cret` two bytes in: M2NyZX after "dXNlcjpz"
//
// Not for the hot path: it allocates.

/// Replaces each secret in a text by `***`. Immutable.
package struct SecretRedactor: Sendable {
    package static let mask = "***"
    /// Longest first, so that a secret inside another one does not leave the rest of it behind.
    private let secrets: [Secret]
    private let base64Forms: [[UInt8]]
    /// By byte: whether anything we look for begins with it.
    private let beginnings: [Bool]

    /// The forms of each of its characters.
    private struct Secret: Sendable {
        let characters: [[[UInt8]]]
    }

    /// Empty secrets are none.
    package init(_ secrets: [String]) {
        let given = Set(secrets).filter { !$0.isEmpty }
            .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        self.secrets = given.map { Secret(characters: $0.unicodeScalars.map(Self.forms)) }
        base64Forms = given.flatMap { Self.base64Forms(of: Array($0.utf8)) }
            .sorted { $0.count > $1.count }
        var beginnings = [Bool](repeating: false, count: 256)
        let first = self.secrets.flatMap { $0.characters.first ?? [] } + base64Forms
        for form in first { beginnings[Int(form[0])] = true }
        self.beginnings = beginnings
    }

    /// Redacts nothing.
    package static let none = SecretRedactor([])

    package var isEmpty: Bool { secrets.isEmpty }

    /// - Parameter isCut: the text's end was cut off: the beginning of a secret there goes too.
    /// - Complexity: O(bytes x secrets).
    package func redact(_ text: String, isCut: Bool = false) -> String {
        if isEmpty { return text }
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var i = 0
        while i < bytes.count {
            if beginnings[Int(bytes[i])], let end = matchEnd(bytes, i, isCut: isCut) {
                out.append(contentsOf: Self.mask.utf8)
                i = end
            } else {
                out.append(bytes[i])
                i += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Position behind the secret that begins at `i`.
    private func matchEnd(_ bytes: [UInt8], _ i: Int, isCut: Bool) -> Int? {
        for secret in secrets {
            if let end = Self.match(secret, bytes, i, isCut: isCut) { return end }
        }
        for form in base64Forms {
            let rest = bytes[i...]
            if rest.starts(with: form) { return i + form.count }
            if isCut, rest.count >= Self.shortestCut, form.starts(with: rest) { return bytes.count }
        }
        return nil
    }

    /// Of a cut secret at least so much must be there: one letter would be any text's end.
    private static let shortestCut = 3

    // MARK: Plain, percent-encoded, JSON-escaped

    /// A backslash may be itself or the beginning of an escape: all readings are followed.
    private static func match(
        _ secret: Secret, _ bytes: [UInt8], _ start: Int, isCut: Bool
    ) -> Int? {
        var ends: Set<Int> = [start]
        for (n, forms) in secret.characters.enumerated() {
            var next: Set<Int> = []
            for i in ends {
                for form in forms where equalsIgnoringHexCase(bytes[i...], form) {
                    next.insert(i + form.count)
                }
                let rest = bytes[i...]
                if isCut, n >= shortestCut, forms.contains(where: { $0.starts(with: rest) }) {
                    return bytes.count
                }
            }
            if next.isEmpty { return nil }
            ends = next
        }
        return ends.max()
    }

    /// How a character may stand in a text, hexadecimal digits in lower case.
    private static func forms(of scalar: Unicode.Scalar) -> [[UInt8]] {
        let utf8 = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        var all = [utf8, utf8.flatMap { [UInt8(ascii: "%")] + hex(UInt32($0), digits: 2) }]
        all.append(
            UTF16.encode(scalar).map { Array($0) }?.flatMap {
                Array("\\u".utf8) + hex(UInt32($0), digits: 4)
            } ?? utf8)
        switch scalar {
        case " ": all.append([UInt8(ascii: "+")])
        case "\"", "\\", "/": all.append([UInt8(ascii: "\\")] + utf8)
        case "\n": all.append(Array("\\n".utf8))
        case "\r": all.append(Array("\\r".utf8))
        case "\t": all.append(Array("\\t".utf8))
        default: break
        }
        return all
    }

    private static func hex(_ value: UInt32, digits: Int) -> [UInt8] {
        let text = String(value, radix: 16)
        return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
    }

    /// The characters of an escape (`%`, `\u` and on) in either case; others as they are.
    private static func equalsIgnoringHexCase(_ rest: ArraySlice<UInt8>, _ form: [UInt8]) -> Bool {
        guard rest.count >= form.count else { return false }
        let isEscape = form.count > 1 && (form[0] == 0x25 || form[0] == 0x5C)
        return zip(rest, form).allSatisfy { byte, wanted in
            byte == wanted || isEscape && (0x41...0x46).contains(byte) && byte | 0x20 == wanted
        }
    }

    // MARK: Base64

    private static let alphabets = ["+/", "-_"].map { last in
        Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
    }

    /// The characters that only the secret decides, for each number of bytes before it mod 3.
    private static func base64Forms(of secret: [UInt8]) -> [[UInt8]] {
        var found: Set<[UInt8]> = []
        for before in 0..<3 {
            let bits = (secret.count + before) * 8
            let first = (before * 8 + 5) / 6
            let last = bits / 6
            // Fewer than four characters (three bytes) would be found in any text.
            guard last - first >= 4 else { continue }
            let padded = [UInt8](repeating: 0, count: before) + secret + [0, 0]
            for alphabet in alphabets {
                found.insert((first..<last).map { alphabet[sextet($0, of: padded)] })
            }
        }
        return Array(found)
    }

    /// Six bits of a row of bytes, from bit 6n on.
    private static func sextet(_ n: Int, of bytes: [UInt8]) -> Int {
        let bit = n * 6
        let word = Int(bytes[bit / 8]) << 8 | Int(bytes[bit / 8 + 1])
        return (word >> (10 - bit % 8)) & 63
    }
}
