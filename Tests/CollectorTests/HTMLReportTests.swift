import Foundation
import HarnessCore
import ScenarioModel
import Telemetry
import Testing

@testable import Collector

@Suite struct HTMLReportTests {
    static func text(_ run: FinishedRun) -> String {
        String(decoding: HTMLReport.render(run), as: UTF8.self)
    }

    static let panels = [
        "verdict", "validity", "latency", "rates", "spectrum", "errors", "heat", "phases",
        "tables", "observed", "setup",
    ]
    private static let rich = text(HTMLFixture.run())
    private static let hostile = text(HTMLFixture.run(hostile: HTMLFixture.hostile))
    private static var pages: [(name: String, page: String)] {
        [("rich", rich), ("hostile", hostile)]
            + ReportFixture.all.map { (name: $0.name, page: text($0.run)) }
    }

    @Test func sameRunSameBytes() {
        #expect(HTMLReport.render(HTMLFixture.run()) == Array(Self.rich.utf8))
    }

    @Test func verdictAndValidityAsText() {
        let page = Self.text(ReportFixture.failing)
        let main = page.split(separator: "<section class=\"panel\" id=\"latency\"")[0]
        let start = main.range(of: "<section id=\"verdict\"")!.lowerBound
        #expect(String(main[start...]) == HTMLGolden.failing)
    }

    @Test func panelsInOrder() {
        for (name, page) in Self.pages {
            let places = Self.panels.compactMap { panel in
                page.range(
                    of: "<section[^>]*id=\"\(panel)\"", options: .regularExpression)?.lowerBound
            }
            #expect(places.count == Self.panels.count, "\(name)")
            #expect(places == places.sorted(), "\(name)")
        }
    }

    @Test func headingsSkipNoLevel() {
        for (name, page) in Self.pages {
            var last = 0
            for match in page.matches(of: /<h([1-6])[ >]/) {
                let level = Int(match.1) ?? 0
                #expect(level <= last + 1, "\(name): h\(level) after h\(last)")
                last = level
            }
            #expect(page.matches(of: /<h1/).count == 1, "\(name)")
        }
    }

    /// Every id once; every reference to one leads somewhere.
    @Test func picturesAreNamed() {
        for (name, page) in Self.pages {
            let ids = page.matches(of: /\ id="([^"]*)"/).map { String($0.1) }
            #expect(Set(ids).count == ids.count, "\(name)")
            for match in page.matches(of: /aria-labelledby="([^"]*)"/) {
                for id in match.1.split(separator: " ") {
                    #expect(ids.contains(String(id)), "\(name): \(id)")
                }
            }
            for match in page.matches(of: /href="([^"]*)"/) {
                #expect(match.1.hasPrefix("#") && ids.contains(String(match.1.dropFirst())))
            }
            let figures = page.split(separator: "<figure").dropFirst()
            for figure in figures {
                let end = figure.range(of: "</figure>")!.lowerBound
                #expect(figure[..<end].contains("<details>"), "\(name)")
                #expect(figure[..<end].contains("<tbody><tr"), "\(name)")
            }
            #expect(
                page.matches(of: /role="img"/).count == page.matches(of: /<desc id/).count,
                "\(name)")
        }
        #expect(Self.rich.matches(of: /role="img"/).count == 11)
    }

    @Test func nothingIsLoaded() {
        for (name, page) in Self.pages {
            #expect(page.matches(of: /<[a-z][^>]*\ssrc=/).isEmpty, "\(name)")
            #expect(!page.contains("@import"), "\(name)")
            #expect(!page.contains("<link"), "\(name)")
            #expect(page.matches(of: /url\((?!#hatch\))/).isEmpty, "\(name)")
            #expect(page.matches(of: /<[^>]* style=/).isEmpty, "\(name)")
            #expect(page.matches(of: /<[a-z][^>"']*\ on[a-z]+=/).isEmpty, "\(name)")
        }
        #expect(!HTMLScript.text.contains("http"))
        #expect(!HTMLStyle.text.contains("http"))
    }

    @Test func policyNamesItsOwnBytes() throws {
        let page = Self.hostile
        let style = try #require(page.firstMatch(of: /<style>((?s).*?)<\/style>/))
        let script = try #require(page.firstMatch(of: /<script>((?s).*?)<\/script>/))
        let policy = try #require(page.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/))
        #expect(policy.1.hasPrefix("default-src 'none'; "))
        #expect(policy.1.contains("style-src '\(HTMLReport.hash(String(style.1)))';"))
        #expect(policy.1.contains("script-src '\(HTMLReport.hash(String(script.1)))';"))
        #expect(page.matches(of: /<script/).count == 1)
        #expect(page.matches(of: /<style/).count == 1)
        // The digest of nothing, as `openssl dgst -sha256 -binary </dev/null | base64` has it.
        #expect(HTMLReport.hash("") == "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    }

    @Test func scriptIsShort() {
        #expect(HTMLScript.text.split(separator: "\n").count <= 100)
    }

    @Test func foreignTextStaysText() {
        let page = Self.hostile
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(!page.contains("<script>alert") && !page.contains("<img"))
        #expect(page.contains("{{title}} {{{x}}}"))
        let scalars = page.unicodeScalars
        #expect(!scalars.contains { $0.value < 32 && $0 != "\n" })
        #expect(!scalars.contains { $0.properties.generalCategory == .format })
        // By Character this quote would hide behind its mark.
        #expect(!zip(scalars, scalars.dropFirst()).contains { $0 == "\"" && $1 == "\u{301}" })
        for secret in ["u:p@", "k=v", "admin:secret", "token=abc"] {
            #expect(!page.contains(secret), "\(secret)")
        }
        #expect(page.contains("http://10.0.0.1:8080/?token=\u{2026}&amp;x=\u{2026}"))
        let longest = page.matches(of: /(?:huge )+/).map { $0.0.count }.max() ?? 0
        #expect(longest <= 1_000, "\(longest)")
        #expect(page.utf8.count < 1_000_000)
    }

    @Test(arguments: [
        ("plain text", "plain text"),
        ("see http://h/p?a=1&b=2&c#x now", "see http://h/p?a=\u{2026}&b=\u{2026}&c#x now"),
        ("mysql://root:pw@db:3306/spot", "mysql://db:3306/spot"),
        ("https://a@b@host/x@y", "https://host/x@y"),
        ("\"https://u:p@h\" and <ftp://v@g/>", "\"https://h\" and <ftp://g/>"),
        ("http://h/#a?b=c", "http://h/#a?b=c"), ("://", "://"), ("a://@", "a://"),
    ])
    func addressesLoseSecrets(text: String, clean: String) {
        #expect(HTMLText.withoutSecrets(text) == clean)
    }

    @Test func longTextIsCut() {
        let text = HTMLText.foreign(String(repeating: "\u{E9}", count: 500))
        #expect(text.unicodeScalars.count == 200 && text.hasSuffix("\u{2026}"))
        #expect(HTMLText.foreign("a\tb\u{7F}\u{200F}") == "a\u{FFFD}b\u{FFFD}\u{FFFD}")
        let document = HTMLText.document(String(repeating: "a: 1\n", count: 60_000))
        #expect(document.isCut && document.text.count == HTMLText.documentMax)
    }

    @Test func emptyRun() {
        let page = Self.text(ReportFixture.empty)
        for words in [
            "No response time was recorded.", "Nothing was planned or done.",
            "No request was measured.", "No request failed.", "No phases were recorded.",
            "Nothing was scraped from the target", "no samples",
        ] {
            #expect(page.contains(words), "\(words)")
        }
        #expect(!page.contains("NaN") && !page.contains("inf"))
    }

    @Test func oneWindow() {
        let page = Self.text(HTMLFixture.run(seconds: 1))
        #expect(page.contains("role=\"img\""))
        // A single value is a dot.
        #expect(page.contains("h0\"/>"))
        #expect(!page.contains("NaN"))
    }

    /// Whatever the length, a line has 600 points and the file its size.
    @Test func dayLongRun() {
        let windows = 86_400
        let scenario = Synthetic.scenario([], seconds: Int64(windows))
        var aggregate = RunAggregate(scenario: scenario)
        let tags = ["scenario": "orders", "name": "order new", "expected_response": "true"]
        for second in stride(from: 0, to: windows, by: 24) {
            let ms = [5, 7, 9 + Double(second % 97)] + (second == 43_200 ? [5_000] : [])
            let trend = Synthetic.histogram(ms.map { UInt64($0 * 1e6) })
            let series = [
                SeriesDelta(
                    key: SeriesKey("http_req_response_time", tags), value: .histogram(trend)),
                SeriesDelta(key: SeriesKey("http_req_duration", tags), value: .histogram(trend)),
                SeriesDelta(
                    key: SeriesKey("arrivals", ["scenario": "orders"]),
                    value: .counter(delta: 100 + UInt64(second % 13), cum: 0)),
            ]
            aggregate.merge(
                Delta(
                    flags: second == windows - 24 ? .final : [], runTag: Delta.runTag(of: "run"),
                    slot: 0, epoch: 1, seq: UInt64(second + 1), fromWindow: UInt32(second),
                    toWindow: UInt32(second + 24), planRev: 1,
                    cutAtUs: Int64(second + 1) * 1_000_000, counters: RunCounters(),
                    series: series))
        }
        let facts = Synthetic.facts(scenario, seconds: Int64(windows))
        let books = Synthetic.books(aggregate)
        let verdict = Judge(scenario: scenario).verdict(aggregate, facts: facts, accounting: books)
        let page = Self.text(
            FinishedRun(
                aggregate: aggregate, verdict: verdict, facts: facts, accounting: books,
                directory: nil, files: [], processes: []))
        #expect(page.utf8.count < 500_000)
        let lines = page.matches(of: /<path class="line[^"]*"[^>]* d="([^"]*)"/)
        #expect(lines.count > 6)
        for line in lines {
            let points = line.1.count { $0 == "M" || $0 == "L" }
            #expect(points <= 600 && points > 100)
        }
        // The stall of one second is in the chart and its description.
        #expect(page.contains("to 5,000.00 ms"))
        #expect(page.contains(">12h</text>"))
    }

    @Test func manyScenariosStaySmall() {
        let names = (0..<40).map { "scenario-\($0)" }
        let run = HTMLFixture.run(
            seconds: 12, samples: 12, scenarios: names, requests: ["a", "b", "c"])
        let bytes = HTMLReport.render(run)
        #expect(bytes.count < HTMLReport.bytesMax)
        let page = String(decoding: bytes, as: UTF8.self)
        #expect(page.contains("The first 12 of 40 scenarios are drawn"))
        #expect(page.contains("The 12 busiest of 120 requests are drawn"))
        #expect(page.contains("scenario-39 / c"))
        let none = HTMLReport.render(run, charted: 0)
        #expect(!String(decoding: none, as: UTF8.self).contains("latency-0"))
        #expect(none.count < bytes.count / 2)
    }

    // MARK: - Colours

    /// Relative luminance (WCAG 2.2).
    private static func luminance(_ hex: String) -> Double {
        let channels = stride(from: 0, to: 6, by: 2).map { i -> Double in
            let start = hex.index(hex.startIndex, offsetBy: i)
            let value = Double(Int(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)!) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    }

    private static func contrast(_ a: String, _ b: String) -> Double {
        let (x, y) = (luminance(a), luminance(b))
        return (max(x, y) + 0.05) / (min(x, y) + 0.05)
    }

    @Test func coloursStandOut() {
        #expect(abs(Self.contrast("000000", "ffffff") - 21) < 1e-9)
        #expect(abs(Self.contrast("777777", "ffffff") - 4.478) < 1e-3)
        let colors = Dictionary(
            uniqueKeysWithValues: HTMLPalette.entries.map { ($0.name, $0.color) })
        var checked = 0
        for entry in HTMLPalette.entries {
            for background in entry.on {
                for scheme in [\HTMLPalette.Pair.light, \.dark] {
                    let ratio = Self.contrast(
                        entry.color[keyPath: scheme], colors[background]![keyPath: scheme])
                    #expect(ratio >= 4.5, "\(entry.name) on \(background): \(ratio)")
                    checked += 1
                }
            }
        }
        #expect(checked > 50)
        // Every colour that is used is defined.
        for match in HTMLStyle.text.matches(of: /var\(--([a-z0-9-]+)\)/) {
            #expect(colors[String(match.1)] != nil, "\(match.1)")
        }
    }

    /// Pages for a look by eye: SPOTLOAD_PREVIEW names the folder.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["SPOTLOAD_PREVIEW"] != nil))
    func preview() throws {
        let folder = ProcessInfo.processInfo.environment["SPOTLOAD_PREVIEW"] ?? "."
        for (name, page) in Self.pages {
            let path = "\(folder)/\(name.replacing(" ", with: "-")).html"
            try page.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }
}
