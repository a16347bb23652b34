// Where load may go: addresses in all their spellings, blocks, targets as text, and the rule.

import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct TargetRuleTests {
    /// host as in a URL -> the one form it has.
    @Test(arguments: [
        ("localhost", "localhost"), ("LocalHost.", "localhost"), ("SUT.Example", "sut.example"),
        ("127.0.0.1", "127.0.0.1"), ("0x7f.1", "127.0.0.1"), ("2130706433", "127.0.0.1"),
        ("017700000001", "127.0.0.1"), ("0X7F000001", "127.0.0.1"), ("127.1", "127.0.0.1"),
        ("10.1.257", "10.1.1.1"), ("127.0.0.1.", "127.0.0.1"), ("[::1]", "::1"), ("::1", "::1"),
        ("[2001:DB8:0::5]", "2001:db8::5"), ("[::ffff:10.0.0.1]", "10.0.0.1"),
        ("[::ffff:a00:1]", "10.0.0.1"), ("1.2.3.256", "1.2.3.256"), ("256.1", "256.1"),
        ("4294967296", "4294967296"), ("08", "08"), ("0x", "0x"), ("1..2", "1..2"),
        ("-1", "-1"), ("+1", "+1"), ("1.2.3.4.5", "1.2.3.4.5"), (".", "."), ("a.b.", "a.b"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ])
    func hosts(written: String, canonical: String) {
        #expect(HostName.canonical(written) == canonical)
    }

    /// The resolver agrees: what we call an address is the one it would connect to.
    @Test func addressesAsTheResolverReadsThem() throws {
        var random = SplitMix64(state: 20_261_128)
        for _ in 0..<2_000 {
            let parts = 1 + Int(random.next() % 4)
            let text = (0..<parts).map { i in
                let room = i == parts - 1 ? 8 * (5 - parts) : 8
                // One in eight does not fit.
                let value =
                    random.next() % (1 << UInt64(min(room + (random.next() % 8 == 0 ? 2 : 0), 33)))
                return switch random.next() % 3 {
                case 0: String(value)
                case 1: "0x" + String(value, radix: 16)
                default: "0" + String(value, radix: 8)
                }
            }.joined(separator: ".")
            var twin = in_addr()
            let isAddress = inet_aton(text, &twin) != 0
            let ours = HostName.address(text)
            #expect((ours != nil) == isAddress, "\(text)")
            if let ours { #expect(ours.v4 == UInt32(bigEndian: twin.s_addr), "\(text)") }
        }
    }

    /// url -> host, port; "" is none.
    @Test(arguments: [
        ("http://a/x", "a", 80), ("HTTPS://a", "a", 443), ("http://a:8080/", "a", 8_080),
        ("http://a?b:1", "a", 80), ("http://a#@b", "a", 80), ("http://u:p@b:81/@c", "b", 81),
        ("http://[::1]:9/", "[::1]", 9), ("http://[::1]", "[::1]", 80), ("http://a:/", "a", 80),
        ("http://127.0.0.1@192.0.2.1/", "192.0.2.1", 80), ("ftp://a/", "", 0),
        ("file:///etc/passwd", "", 0), ("http://", "", 0), ("http:///x", "", 0),
        ("http://:80/", "", 0), ("http://a:0/", "", 0), ("http://a:65536/", "", 0),
        ("http://a:80x/", "", 0), ("http://[::1/", "", 0), ("http://[::1]x/", "", 0),
        ("//a/", "", 0), ("a:80", "", 0), ("", "", 0),
    ])
    func authorities(url: String, host: String, port: Int) {
        let found = URLAuthority.of(url)
        #expect((found?.host ?? "") == host && Int(found?.port ?? 0) == port)
    }

    /// block, what it is or why it is none, an address in it, one outside.
    @Test(arguments: [
        ("10.20.0.0/16", "10.20.0.0/16", "10.20.255.255", "10.21.0.0"),
        ("10.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", "10.0.0.2"),
        ("10.0.0.1/32", "10.0.0.1", "10.0.0.1", "10.0.0.0"),
        ("0.0.0.0/0", "0.0.0.0/0", "255.1.2.3", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
        ("2001:db8::5", "2001:db8::5", "2001:db8::5", "2001:db8::6"),
        ("2001:db8::4/127", "2001:db8::4/127", "2001:db8::5", "2001:db8::6"),
        ("::/0", "::/0", "10.0.0.1", ""), ("128.0.0.0/1", "128.0.0.0/1", "200.1.1.1", "1.1.1.1"),
        ("2001:db8:0:0:8000::/65", "2001:db8:0:0:8000::/65", "2001:db8:0:0:ffff::", "2001:db8::1"),
        ("10.0.0.1/8", "!10.0.0.0/8 is the block around it, 10.0.0.1/32", "", ""),
        ("10.0.0.0/33", "!0 to 32", "", ""), ("2001:db8::/129", "!0 to 128", "", ""),
        ("10.0.0.0/", "!0 to 32", "", ""), ("10.0.0.0/+8", "!0 to 32", "", ""),
        ("10.0/16", "!no block", "", ""), ("sut/8", "!no block", "", ""), ("", "!no block", "", ""),
    ])
    func blocks(text: String, written: String, inside: String, outside: String) throws {
        do {
            let block = try AddressBlock(text)
            #expect(block.description == written)
            #expect(block.contains(try #require(InternetAddress(inside))))
            if let other = InternetAddress(outside) { #expect(!block.contains(other)) }
        } catch let error as TargetError {
            #expect(written.hasPrefix("!"), "\(error)")
            #expect(error.description.contains(written.dropFirst()), "\(error)")
        }
    }

    /// text -> its lines, or words of the error after `!`.
    @Test(arguments: [
        ("sut.example", "sut.example:*"), ("SUT.example.:8080", "sut.example:8080"),
        ("sut:8080=10.20.0.0/16", "sut:8080=10.20.0.0/16"), ("sut:*=10.0.0.1", "sut:*=10.0.0.1"),
        ("10.0.0.1:80", "10.0.0.1:80=10.0.0.1"), ("0xa.1:80", "10.0.0.1:80=10.0.0.1"),
        ("[2001:db8::5]:443", "[2001:db8::5]:443=2001:db8::5"),
        ("2001:db8::5", "[2001:db8::5]:*=2001:db8::5"),
        ("[::ffff:10.0.0.1]:80", "10.0.0.1:80=10.0.0.1"),
        ("10.0.0.1:80=10.0.0.0/8", "10.0.0.1:80=10.0.0.0/8"),
        ("*:443=10.20.0.0/16", "*:443=10.20.0.0/16"), ("127.0.0.1", "127.0.0.1:*=127.0.0.1"),
        ("a_b-c.d:1", "a_b-c.d:1"),
        ("http://sut", "!without scheme"), ("sut/path", "!without scheme"), ("", "!no target"),
        (":80", "!no target"), ("sut:0", "!no port"), ("sut:65536", "!no port"),
        ("sut:http", "!no port"), ("sut:", "!no port"), ("sut:+1", "!no port"),
        ("[::1", "!no target"), ("[sut]:80", "!no target"), ("s ut", "!no target"),
        ("sut=10.0.0.1/8", "!bits set"), ("sut=", "!no block"), ("*:80", "!any host needs"),
        ("10.0.0.1=10.1.0.0/16", "!10.0.0.1 is not in that block"),
        ("169.254.169.254", "!never allowed"), ("sut=169.254.0.0/16", "!never allowed"),
        ("[fe80::1]:80", "!never allowed"), ("[fd00:ec2::254]", "!never allowed"),
        ("224.0.0.1", "!never allowed"), ("255.255.255.255", "!never allowed"),
        ("0.0.0.0", "!never allowed"), ("[::]:80", "!never allowed"), ("[ff02::1]", "!never"),
        ("[::ffff:169.254.169.254]", "!never allowed"), ("[::10.0.0.1]", "!obsolete IPv6 form"),
        ("[64:ff9b::a9fe:a9fe]", "!never allowed"), ("[2002:a9fe:a9fe::1]", "!never allowed"),
    ])
    func targets(text: String, written: String) {
        do {
            let target = try AllowedTarget(text)
            #expect(target.lines == [written])
            for line in target.lines { #expect(try AllowedTarget(line) == target) }
        } catch {
            #expect(written.hasPrefix("!"), "\(error)")
            #expect("\(error)".contains(written.dropFirst()), "\(error)")
        }
    }

    private static let rule = TargetRule(
        allowed: [
            "sut:8080=10.1.2.3", "sut:8081=10.1.2.0/24", "any=10.9.0.0/16",
            "[2001:db8::5]:443=2001:db8::5", "nat=64:ff9b::/96", "wide=0.0.0.0/0",
        ].compactMap { try? AllowedTarget($0) },
        refused: [SocketEndpoint("127.0.0.1:6379")!, SocketEndpoint("10.9.0.1:6379")!])

    /// host, endpoint -> yes, no, or never.
    @Test(arguments: [
        ("x", "127.0.0.1:80", "yes"), ("x", "127.255.0.9:1", "yes"), ("x", "[::1]:80", "yes"),
        ("x", "[::ffff:127.0.0.1]:80", "yes"), ("x", "128.0.0.1:80", "no"),
        ("x", "[::2]:80", "never"), ("x", "[::127.0.0.1]:80", "never"),
        ("x", "[64:ff9b::7f00:1]:80", "never"), ("x", "[1::1]:80", "no"),
        ("sut", "10.1.2.3:8080", "yes"), ("sut", "[::ffff:10.1.2.3]:8080", "yes"),
        ("sut", "10.1.2.3:80", "no"), ("sut", "10.1.2.4:8080", "no"), ("x", "10.1.2.3:8080", "no"),
        ("sut", "10.1.2.4:8081", "yes"), ("sut", "10.1.3.4:8081", "no"),
        ("any", "10.9.200.1:1", "yes"), ("2001:db8::5", "[2001:db8::5]:443", "yes"),
        ("2001:db8::5", "[2001:db8::50]:443", "no"), ("any", "[2001:db8::5]:443", "no"),
        ("nat", "[64:ff9b::a00:1]:80", "yes"), ("nat", "[64:ff9b::a9fe:a9fe]:80", "never"),
        ("wide", "8.8.8.8:53", "yes"), ("wide", "169.254.169.254:80", "never"),
        ("wide", "0.0.0.0:80", "never"), ("wide", "0.1.2.3:80", "never"),
        ("wide", "239.1.1.1:80", "never"), ("wide", "255.255.255.255:80", "never"),
        ("wide", "100.100.100.200:80", "never"), ("wide", "168.63.129.16:80", "never"),
        ("wide", "[fe80::1]:80", "never"), ("wide", "[febf::1]:80", "never"),
        ("wide", "[ff02::1]:80", "never"), ("wide", "[fd00:ec2::254]:80", "never"),
        ("wide", "[::]:80", "never"), ("x", "127.0.0.1:6379", "never"),
        ("x", "[::1]:6379", "never"), ("x", "127.0.0.2:6379", "never"),
        ("any", "10.9.0.1:6379", "never"), ("any", "10.9.0.2:6379", "yes"),
    ])
    func verdicts(host: String, endpoint: String, expected: String) throws {
        let verdict = Self.rule.verdict(try #require(SocketEndpoint(endpoint)), host: host)
        let word =
            switch verdict {
            case .allowed: "yes"
            case .notAllowed: "no"
            case .never: "never"
            }
        #expect(word == expected, "\(verdict)")
    }

    /// No address is allowed to a rule that allows none, but those of loopback; 64-bit words drawn
    /// so that each prefix of the table above comes up.
    @Test func nothingButLoopbackByDefault() {
        var random = SplitMix64(state: 7)
        let heads: [UInt64] = [
            0, 0x0064_FF9B << 32, 0x0064_FF9B_0001 << 16, 0x2002 << 48, 0xFE80 << 48, 0x2001 << 48,
        ]
        var allowed = 0
        for i in 0..<20_000 {
            let tail = i % 2 == 0 ? 0xFFFF_7F00_0000 | random.next() % 0x100_0000 : random.next()
            let isShort = random.next() % 3 == 0
            let address = InternetAddress(
                high: heads[Int(random.next() % 6)], low: isShort ? tail & 0xFFFF_FFFF : tail)
            let verdict = TargetRule().verdict(SocketEndpoint(address, 80), host: "h")
            #expect((verdict == .allowed) == address.isLoopback, "\(address)")
            if verdict == .allowed { allowed += 1 }
        }
        #expect(allowed > 100)
    }

    @Test(arguments: [
        ("sut:80=10.0.0.1", "sut:80=10.0.0.0/8", true),
        ("sut:80=10.0.0.0/8", "sut:*=10.0.0.1", true),
        ("sut:80=10.0.0.1", "sut:81=10.0.0.1", false), ("sut:80=10.0.0.1", "x:80=10.0.0.1", false),
        ("sut:80=10.0.0.1", "*:80=10.0.0.0/8", true),
        ("sut:80=10.0.0.1", "sut:80=11.0.0.0/8", false),
    ])
    func agents(wanted: String, own: String, isAllowed: Bool) throws {
        let rule = TargetRule(allowed: [try AllowedTarget(own)])
        #expect(rule.allowsSome(of: try AllowedTarget(wanted)) == isAllowed)
    }

    @Test func names() throws {
        #expect(try HostResolver.resolve("0x7f.1").map(\.description) == ["127.0.0.1"])
        #expect(try HostResolver.resolve("localhost").allSatisfy(\.isLoopback))
        #expect(throws: TargetError.self) { try HostResolver.resolve("no-such-host.invalid") }
    }
}
