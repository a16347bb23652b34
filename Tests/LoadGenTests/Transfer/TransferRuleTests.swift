// Which addresses may be connected to, how failures are named, which samples are over a limit.

import CCurl
import Glibc
import HarnessCore
import ScenarioModel
import Testing

@testable import LoadGen

@Suite struct TransferRuleTests {
    /// Asks with a socket address as libcurl hands it over; nil: allowed.
    private static func objection(
        _ text: String, port: UInt16 = 80, url: String, _ rule: AddressRule
    ) -> String? {
        var storage = sockaddr_storage()
        let family = text.contains(":") ? AF_INET6 : AF_INET
        return withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress else { return "no memory" }
            if family == AF_INET {
                var address = sockaddr_in()
                address.sin_family = sa_family_t(family)
                address.sin_port = port.bigEndian
                guard inet_pton(family, text, &address.sin_addr) == 1 else { return "no address" }
                base.storeBytes(of: address, as: sockaddr_in.self)
            } else {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(family)
                address.sin6_port = port.bigEndian
                guard inet_pton(family, text, &address.sin6_addr) == 1 else { return "no address" }
                base.storeBytes(of: address, as: sockaddr_in6.self)
            }
            return rule.objection(
                family: family, address: base.assumingMemoryBound(to: sockaddr.self),
                url: Array(url.utf8))
        }
    }

    private static func rule(_ run: [String], own: [String]? = nil) throws -> AddressRule {
        AddressRule(
            run: TargetRule(allowed: try run.map { try AllowedTarget($0) }),
            own: try own.map { TargetRule(allowed: try $0.map { try AllowedTarget($0) }) })
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("::ffff:127.0.0.1", true),
        ("128.0.0.1", false), ("0.0.0.0", false), ("10.0.0.1", false), ("192.0.2.1", false),
        ("::", false), ("::2", false), ("1::1", false), ("::ffff:10.0.0.1", false),
        ("::127.0.0.1", false), ("fe80::1", false), ("169.254.169.254", false),
    ])
    func loopbackAlone(address: String, isAllowed: Bool) throws {
        let rule = try Self.rule([])
        #expect((Self.objection(address, url: "http://any/", rule) == nil) == isAllowed)
        #expect(rule.refused == (isAllowed ? 0 : 1))
    }

    /// address, port, url -> words of the objection; nil: allowed.
    @Test(arguments: [
        ("10.1.2.3", 8_080 as UInt16, "http://sut:8080/x", nil as String?),
        ("10.1.2.3", 8_080, "http://SUT.:8080", nil),
        ("10.1.2.4", 8_080, "http://sut:8080/", "10.1.2.4:8080 of sut is none that sut had"),
        ("10.1.2.3", 8_081, "http://sut:8081/", "add --allow-target sut:8081 --yes-i-am-"),
        ("10.1.2.3", 8_080, "http://other:8080/", "of other is not allowed"),
        ("10.1.2.3", 8_080, "http://sut@other:8080/", "of other is not allowed"),
        ("2001:db8::5", 443, "https://[2001:DB8::5]/", nil),
        ("2001:db8::50", 443, "https://[2001:db8::50]/", "[2001:db8::50]:443 is not allowed"),
        ("169.254.169.254", 80, "http://169.254.169.254/", "metadata of clouds: it is never"),
        ("10.1.2.3", 8_080, "ftp://sut:8080/", "none of http or https"),
        ("127.0.0.1", 80, "file:///etc/passwd", "none of http or https"),
        ("10.7.0.1", 80, "http://ours/", "this agent's own rule"),
        ("10.8.0.1", 80, "http://theirs/", "address 10.8.0.1:80 of theirs is not allowed: add"),
    ])
    func namedTargets(address: String, port: UInt16, url: String, words: String?) throws {
        let run = ["sut:8080=10.1.2.3", "[2001:db8::5]:443=2001:db8::5", "ours=10.7.0.0/16"]
        let own = ["sut:8080=10.1.0.0/16", "[2001:db8::5]", "theirs=10.8.0.0/16"]
        let rule = try Self.rule(run, own: own)
        let objection = Self.objection(address, port: port, url: url, rule)
        #expect((objection == nil) == (words == nil), "\(objection ?? "")")
        if let words { #expect(objection?.contains(words) == true, "\(objection ?? "")") }
        // Asked again, of another host in between.
        _ = Self.objection("127.0.0.1", url: "http://between/", rule)
        #expect(Self.objection(address, port: port, url: url, rule) == objection)
    }

    @Test func unreadableEntriesAllowNothing() {
        var assignment = AgentAssignment(
            runID: "r", scenario: Scenario(name: "s", workloads: [], flows: [:]), slot: 0, epoch: 1,
            weights: [1], segment: 0, targetURL: "http://sut",
            allowedTargets: ["broken=", "sut:80=10.0.0.1", "=10.0.0.0/8"], env: [:],
            runTag: "abcdef",
            workers: 1)
        assignment.refusedEndpoints = ["127.0.0.1:6379", "nonsense"]
        #expect(assignment.runRule.allowed.flatMap(\.lines) == ["sut:80=10.0.0.1"])
        #expect(assignment.runRule.refused.map(\.description) == ["127.0.0.1:6379"])
    }

    /// a redirect's `Location` against where it came from.
    @Test(arguments: [
        ("http://a/x", "http://a/y", true), ("http://a", "http://A?q", true),
        ("http://a:1/x", "http://a:2/x", false), ("http://a/x", "https://a/x", false),
        ("http://a/x", "http://b/x", false), ("http://a/x", "http://a.b/x", false),
        ("http://a?x=/", "http://a#/", true), ("http://me@a/", "http://a/", false),
    ])
    func origins(a: String, b: String, isSame: Bool) {
        #expect(Redirect.isSameOrigin(Array(a.utf8), Array(b.utf8)) == isSame)
    }

    /// lines -> what is left of them.
    @Test(arguments: [
        ("A: 1|Cookie: x|B: 2|", true, false, "A: 1|B: 2|"),
        ("Authorization: x|", true, true, ""), ("", true, true, ""), ("host:x|", true, false, ""),
        ("Cookie: x|Content-Type: t|", false, true, "Cookie: x|"),
        ("COOKIE;|Cookies: y|", true, true, "Cookies: y|"),
        ("Cookie: x|Content-Type: t|", false, false, "Cookie: x|Content-Type: t|"),
    ])
    func headersOfHops(lines: String, leaves: Bool, dropsBody: Bool, left: String) {
        var bytes = lines.utf8.map { $0 == UInt8(ascii: "|") ? 0 : $0 }
        let count = bytes.withUnsafeMutableBytes {
            Redirect.filter($0, leavesOrigin: leaves, dropsBody: dropsBody)
        }
        let text = bytes.prefix(count).map { $0 == 0 ? UInt8(ascii: "|") : $0 }
        #expect(String(decoding: text, as: UTF8.self) == left)
    }

    @Test(arguments: [
        ("127.0.0.1", "host!127.0.0.1"), ("::1", "host!::1"), ("eth0", "if!eth0"),
        ("1.2.3", "if!1.2.3"),
    ])
    func interfaces(address: String, option: String) {
        var options = EasyOptions()
        #expect(options.interface == nil)
        options.localAddress = address
        #expect(options.interface == option)
    }

    /// Whole seconds, never less than what was asked for.
    @Test(arguments: [(0 as Int64, 0), (1, 1), (1_000_000_000, 1), (1_000_000_001, 2)])
    func dnsSeconds(ns: Int64, seconds: Int) {
        var options = EasyOptions()
        #expect(options.dnsSeconds == 60)
        options.dnsTtl = TimeSpan(ns: ns)
        #expect(options.dnsSeconds == seconds)
    }

    @Test func limitsOfThresholds() {
        func threshold(
            _ comparison: Threshold.Comparison, _ limit: Double,
            _ aggregation: Threshold.Aggregation = .percentile(99)
        ) -> Threshold {
            Threshold(
                selector: MetricSelector(text: "m", metric: "m", tags: [:]), expression: "",
                aggregation: aggregation, comparison: comparison, limit: limit,
                source: SourcePosition(file: "f", line: 1, column: 1))
        }
        func limits(_ thresholds: [Threshold]) -> [UInt64] {
            var scenario = Scenario(name: "s", workloads: [], flows: [:])
            scenario.thresholds = thresholds
            return SeriesLimits(scenario)["m"]
        }
        #expect(limits([threshold(.less, 100)]) == [99_999_999])
        #expect(limits([threshold(.lessOrEqual, 100)]) == [100_000_000])
        #expect(limits([threshold(.lessOrEqual, 16.7)]) == [16_700_000])
        #expect(limits([threshold(.less, 16.7)]) == [16_699_999])
        #expect(limits([threshold(.greater, 5), threshold(.less, 5, .avg)]).isEmpty)
        #expect(limits([threshold(.less, -1), threshold(.less, .infinity)]).isEmpty)
        #expect(limits([threshold(.less, 5), threshold(.less, 5)]).count == 1)
        let many = (1...20).map { threshold(.less, Double($0)) }
        #expect(limits(many) == (1...8).map { $0 * 1_000_000 - 1 })
    }
}
