// Blots secrets out of what leaves an agent beside its requests: log lines, heartbeats' reasons,
// answers of hooks, tags of series. A secret is found raw and as base64 (at any offset), percent-
// and JSON-encoded.

import HarnessCore
import Synchronization
import Telemetry

final class SecretBlotter: Sendable {
    private static let blot = Array("***".utf8)
    private static let cachedKeys = 10_000
    /// Longest first, so that none is left in half.
    private let forms: [[UInt8]]
    /// Keys seen before and what became of them: a series comes once a second.
    private let keys = Mutex<[SeriesKey: SeriesKey]>([:])

    init(_ secrets: [String: String]) {
        let all = Set(secrets.values.flatMap { Self.forms(of: Array($0.utf8)) })
        forms = all.sorted { $0.count > $1.count }
    }

    func holdsSecret(_ text: String) -> Bool {
        guard !forms.isEmpty else { return false }
        let bytes = Array(text.utf8)
        return forms.contains { Self.find($0, in: bytes, from: 0) != nil }
    }

    func blotted(_ text: String) -> String {
        guard holdsSecret(text) else { return text }
        var bytes = Array(text.utf8)
        for form in forms {
            var from = 0
            while let place = Self.find(form, in: bytes, from: from) {
                bytes.replaceSubrange(place..<place + form.count, with: Self.blot)
                from = place + Self.blot.count
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same for tags; series that become one are joined.
    func blotted(_ series: [SeriesDelta]) -> [SeriesDelta] {
        guard !forms.isEmpty else { return series }
        var isChanged = false
        let out = series.map { item in
            let key = blotted(item.key)
            isChanged = isChanged || key != item.key
            return SeriesDelta(key: key, value: item.value)
        }
        return isChanged ? SeriesMerge.join([out]) : series
    }

    private func blotted(_ key: SeriesKey) -> SeriesKey {
        if let known = keys.withLock({ $0[key] }) { return known }
        let tags = key.tags.map { ($0.name, blotted($0.value)) }
        let clean = SeriesKey(key.metric, Dictionary(uniqueKeysWithValues: tags))
        keys.withLock { keys in
            if keys.count >= Self.cachedKeys { keys.removeAll() }
            keys[key] = clean
        }
        return clean
    }

    // MARK: forms

    private static func forms(of secret: [UInt8]) -> [[UInt8]] {
        [secret, percentEncoded(secret, space: "%20"), percentEncoded(secret, space: "+")]
            + [jsonEscaped(secret)] + (0..<3).map { base64(secret, offset: $0) }
    }

    private static func percentEncoded(_ secret: [UInt8], space: String) -> [UInt8] {
        secret.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."), UInt8(ascii: "~"):
                [byte]
            case UInt8(ascii: " "): Array(space.utf8)
            default: Array("%".utf8) + Hex.text([byte]).uppercased().utf8
            }
        }
    }

    private static func jsonEscaped(_ secret: [UInt8]) -> [UInt8] {
        secret.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): Array("\\n".utf8)
            case UInt8(ascii: "\r"): Array("\\r".utf8)
            case UInt8(ascii: "\t"): Array("\\t".utf8)
            case 0..<0x20: Array("\\u00".utf8) + Hex.text([byte]).utf8
            default: [byte]
            }
        }
    }

    /// The characters that the secret alone decides where it begins `offset` bytes into a group of
    /// three: without those it shares with its neighbours.
    private static func base64(_ secret: [UInt8], offset: Int) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        // Whole sextets within the secret's bits, counted from the start of the group.
        let firstBit = offset * 8
        let endBit = firstBit + secret.count * 8
        var bit = (firstBit + 5) / 6 * 6
        while bit + 6 <= endBit {
            var sextet = 0
            for i in 0..<6 {
                let at = bit + i - firstBit
                sextet = sextet << 1 | Int(secret[at / 8] >> (7 - UInt8(at % 8)) & 1)
            }
            out.append(alphabet[sextet])
            bit += 6
        }
        return out
    }

    private static func find(_ form: [UInt8], in bytes: [UInt8], from: Int) -> Int? {
        guard form.count > 0, bytes.count - from >= form.count else { return nil }
        for place in from...(bytes.count - form.count) where bytes[place] == form[0] {
            if (1..<form.count).allSatisfy({ bytes[place + $0] == form[$0] }) { return place }
        }
        return nil
    }
}
