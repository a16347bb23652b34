// Form parameters against a slow, obvious decoder, on seeded random bytes.

import HarnessCore
import Testing

@testable import Engine

@Suite struct ParametersTwinTests {
    /// Values by name, or the code of what is wrong.
    private enum Twin: Equatable {
        case values([String: [UInt8]], hasUnknown: Bool)
        case refused(Int32)
    }

    /// Splits at each `&`, then at the first `=`, and decodes one byte after the other.
    private static func slow(_ query: String, _ body: String) -> Twin {
        var values: [String: [UInt8]] = [:]
        var hasUnknown = false
        var fromQuery: Set<String> = []
        for (part, isQuery) in [(query, true), (body, false)] {
            for pair in part.split(separator: "&") {
                let sides = pair.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard let text = decoded(sides[0]),
                    let value = decoded(sides.count > 1 ? sides[1] : "")
                else { return .refused(-1100) }
                guard let known = ParameterName(text) else {
                    hasUnknown = true
                    continue
                }
                let name = "\(known)"
                if !isQuery, fromQuery.contains(name) { continue }
                if values[name] != nil { return .refused(-1101) }
                values[name] = value
                if isQuery { fromQuery.insert(name) }
            }
        }
        return .values(values, hasUnknown: hasUnknown)
    }

    private static func decoded(_ text: Substring) -> [UInt8]? {
        var out: [UInt8] = []
        var rest = text
        while let c = rest.popFirst() {
            switch c {
            case "+": out.append(32)
            case "%":
                let digits = rest.prefix(2)
                guard digits.count == 2, digits.allSatisfy(\.isHexDigit),
                    let byte = UInt8(digits, radix: 16)
                else { return nil }
                rest = rest.dropFirst(2)
                out.append(byte)
            default: out += Array(String(c).utf8)
            }
        }
        return out
    }

    private static func fast(_ query: String, _ body: String) -> Twin {
        Array(query.utf8).withUnsafeBytes { q in
            Array(body.utf8).withUnsafeBytes { b in
                do throws(Rejection) {
                    let p = try Parameters(query: q, body: b, isJSON: false)
                    var values: [String: [UInt8]] = [:]
                    for name in ParameterName.allCases {
                        guard let text = p[name] else { continue }
                        values["\(name)"] = Array(text)
                    }
                    return .values(values, hasUnknown: p.hasUnknownName)
                } catch {
                    return .refused(error.code)
                }
            }
        }
    }

    /// Names known and not, whole and with a letter escaped; values with and without escapes, some
    /// broken.
    private static func form(_ rng: inout SplitMix64) -> String {
        let names = [
            "symbol", "side", "price", "newClientOrderId", "account", "pri%63e", "s%79mbol",
            "symbo", "colour", "", "a+b", "side%",
        ]
        let pieces = [
            "", "A", "0.01", "+", "%41", "%2b", "%3D", "=", "x y", "%", "%4", "%zz", "%%",
        ]
        return (0..<Int.random(in: 0...4, using: &rng)).map { _ in
            let name = names.randomElement(using: &rng) ?? ""
            let isClean = Bool.random(using: &rng)
            let value = (0..<Int.random(in: 0...4, using: &rng)).map { _ in
                pieces[Int.random(in: 0..<(isClean ? 7 : pieces.count), using: &rng)]
            }.joined()
            return Bool.random(using: &rng) || !value.isEmpty ? "\(name)=\(value)" : name
        }.joined(separator: Bool.random(using: &rng) ? "&" : "&&")
    }

    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func formsAreReadAlike(seed: UInt64) {
        var rng = SplitMix64(state: seed)
        var refused = 0
        for _ in 0..<3_000 {
            let (query, body) = (Self.form(&rng), Self.form(&rng))
            let expected = Self.slow(query, body)
            if case .refused = expected { refused += 1 }
            #expect(Self.fast(query, body) == expected, "\(query) | \(body)")
        }
        // Neither all nor none.
        #expect((300...2_700).contains(refused))
    }
}
