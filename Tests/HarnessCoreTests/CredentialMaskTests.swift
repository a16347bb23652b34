import HarnessCore
import Testing

@Suite struct CredentialMaskTests {
    /// foreign text -> what may be shown of it.
    @Test(arguments: [
        // Headers
        ("Authorization: Bearer abc.def-1", "Authorization: ***"),
        ("authorization:Basic dXNlcjpwdw==\r\nHost: a", "authorization:***\r\nHost: a"),
        ("X-MBX-APIKEY: k81f3 x-api-key=77", "X-MBX-APIKEY: *** x-api-key=***"),
        ("Cookie: a=1; b=2\nSet-Cookie: c=3", "Cookie: ***\nSet-Cookie: ***"),
        ("Proxy-Authorization: Digest u=\"x\"", "Proxy-Authorization: ***\"x\""),
        // JSON
        (#"{"apiKey": "k-1", "side": "BUY"}"#, #"{"apiKey": "***", "side": "BUY"}"#),
        (#"{"password":"a\"b","n":1}"#, #"{"password":"***","n":1}"#),
        (#"{"e":"{\"token\":\"t0\",\"n\":2}"}"#, #"{"e":"{\"token\":\"***\",\"n\":2}"}"#),
        (#"{"secret":12345,"x":1}"#, #"{"secret":***,"x":1}"#),
        (#"{"token":"cut off her"#, #"{"token":"***"#),
        // URLs
        ("at https://ann:pw@h.io/o?sig=ab&n=1#f: no", "at https://***@h.io/o?sig=***&n=***#f: no"),
        ("GET /o?signature=ab&flag HTTP/1.1", "GET /o?signature=***&flag HTTP/1.1"),
        ("<a href=\"/x?k=v&empty=\">", "<a href=\"/x?k=***&empty=\">"),
        ("http://h/p@q", "http://h/p@q"), ("what? a=b", "what? a=b"),
        // Anywhere
        ("sent Bearer eyJhbGciOi.J9 to it", "sent Bearer *** to it"),
        ("Bearer of news", "Bearer of news"),
        // Words that only look like names
        ("tokens: 5", "tokens: 5"), ("a token of thanks", "a token of thanks"),
        ("my-token: x", "my-token: ***"), ("sessionToken=x", "sessionToken=***"),
        ("token", "token"), ("token:", "token:"), ("broken: x", "broken: x"),
        ("status 503: overloaded", "status 503: overloaded"), ("", ""),
        ("Größe=5; passwd = hünter2, ok", "Größe=5; passwd = ***, ok"),
    ])
    func masks(text: String, shown: String) {
        #expect(CredentialMask.masked(text) == shown)
        #expect(CredentialMask.masked(shown) == shown, "what is masked stays as it is")
    }

    /// Whatever bytes come, what is no credential is kept, and nothing traps.
    @Test func anyBytes() {
        var state: UInt64 = 0x5EED
        let pieces = [
            "token", "\"", "\\", ":", "=", "?", "&", "://", "@", "#", " ", "Bearer ", "a", "é",
            "\n",
            "authorization", "'",
        ]
        for _ in 0..<2_000 {
            var text = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            let masked = CredentialMask.masked(text)
            let kept = masked.replacing("***", with: "")
            #expect(kept.unicodeScalars.allSatisfy { text.unicodeScalars.contains($0) }, "\(text)")
        }
    }
}
