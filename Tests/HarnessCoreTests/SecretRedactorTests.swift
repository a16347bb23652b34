import Foundation
import HarnessCore
import Testing

/// Secrets do not get out, whatever the encoding; other texts stay as they are.
@Suite struct SecretRedactorTests {
    /// Secret, text -> what is shown.
    @Test(arguments: [
        ("s3cret", "a s3cret b", "a *** b"),
        ("s3cret", "s3crets3cret", "******"),
        ("s3cret", "s3cre s3 cret S3CRET", "s3cre s3 cret S3CRET"),
        ("s3cret", "", ""),
        ("a/b=c d", "x a%2Fb%3Dc%20d y", "x *** y"),
        ("a/b=c d", "x a%2fb%3dc+d y", "x *** y"),
        ("a/b=c d", "x a/b%3Dc d y", "x *** y"),
        ("a/b=c d", #"{"k":"a\/b=c d"}"#, #"{"k":"***"}"#),
        (#"pa"ss\w"#, #"{"k":"pa\"ss\\w"}"#, #"{"k":"***"}"#),
        (#"pa"ss\w"#, #"pa%22ss%5Cw"#, "***"),
        (#"a\\b"#, #"a\\b a\\\\b"#, "*** ***"),
        ("line\nbreak", #"{"k":"line\nbreak"}"#, #"{"k":"***"}"#),
        ("pässwörd", "p%C3%A4ssw%c3%b6rd", "***"),
        ("pässwörd", #"p\u00E4ssw\u00f6rd"#, "***"),
        ("key😀key", #"key\ud83d\uDE00key"#, "***"),
        ("s3cret", "czNjcmV0", "***"),
        ("s3cret", "Basic dXNlcjpzM2NyZXQ=", "Basic dXNlcjp***Q="),
        ("??>>??", "Pz8+Pj8/", "***"),
        ("??>>??", "Pz8-Pj8_", "***"),
        ("caf3babe", "CAF3BABE", "CAF3BABE"),
    ])
    func encodings(secret: String, text: String, shown: String) {
        let redacted = SecretRedactor([secret]).redact(text)
        #expect(redacted == shown)
    }

    @Test func theLongerSecretGoesFirst() {
        let redactor = SecretRedactor(["", "abcdef", "abcdefghi", "abcdef"])
        #expect(redactor.redact("abcdefghi abcdefg") == "*** ***g")
        #expect(SecretRedactor([""]).isEmpty && SecretRedactor.none.redact("abc") == "abc")
    }

    /// A cut text may end inside a secret.
    @Test(arguments: [
        ("xyz s3c", "xyz ***"), ("xyz s3", "xyz s3"), ("xyz s3cre%7", "xyz ***"),
        ("xyz s3creX", "xyz s3creX"), ("xyz s3cret", "xyz ***"), ("czNjc", "***"), ("", ""),
    ])
    func cutTexts(text: String, shown: String) {
        #expect(SecretRedactor(["s3cret"]).redact(text, isCut: true) == shown)
        #expect(SecretRedactor(["s3cret"]).redact("s3c!") == "s3c!")
    }

    /// Base64 of any text around any secret: no run of characters that the secret decides is left.
    @Test(arguments: [5, 6] as [UInt64])
    func base64AtAnyPlace(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for _ in 0..<200 {
            func bytes(_ count: Int) -> [UInt8] {
                (0..<count).map { _ in UInt8(0x21 + random.next() % 94) }
            }
            let secret = bytes(6 + Int(random.next() % 10))
            let before = bytes(Int(random.next() % 5))
            let after = bytes(Int(random.next() % 5))
            let text = Data(before + secret + after).base64EncodedString()
            let redactor = SecretRedactor([String(decoding: secret, as: UTF8.self)])
            let shown = redactor.redact(text)
            #expect(shown.contains("***"), "seed \(seed): \(text)")
            // At most three bytes' worth of the secret at each side.
            #expect(shown.count <= text.count - (secret.count * 4 / 3 - 3) + 3)
        }
    }
}
