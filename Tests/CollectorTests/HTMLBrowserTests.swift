// report.html in a real browser: headless chromium opens it from disk. Where there is none, or it
// does not start (some containers forbid what it needs), the suite says so and is skipped.

import Foundation
import Testing

@testable import Collector

/// One headless chromium, run to the end.
enum Chromium {
    struct Page {
        var dom: String
        /// What the console got: errors, and refusals of the content security policy.
        var console: [String]
    }

    static let path: String? = {
        let names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Whether it opens a page at all here.
    static let works: Bool = {
        guard path != nil, let page = try? open("<p id=\"probe\">it works</p>") else {
            FileHandle.standardError.write(
                Data("note: no usable chromium: the browser tests are skipped\n".utf8))
            return false
        }
        return page.dom.contains("it works")
    }()

    /// The page after its scripts ran, at the given width.
    static func open(_ html: String, width: Int = 1_280, isDark: Bool = false) throws -> Page {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("spotload-browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("report.html")
        try html.write(to: file, atomically: true, encoding: .utf8)
        let outputs = ["out", "err"].map { folder.appendingPathComponent($0) }
        for output in outputs {
            try Data().write(to: output)
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path ?? "/nonexistent")
        process.arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--hide-scrollbars", "--disable-background-networking",
            "--user-data-dir=\(folder.path)/profile", "--window-size=\(width),900",
            "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)",
            "--virtual-time-budget=2000", "--timeout=60000", "--enable-logging=stderr", "--v=0",
            "--dump-dom", file.absoluteString,
        ]
        process.standardOutput = try FileHandle(forWritingTo: outputs[0])
        process.standardError = try FileHandle(forWritingTo: outputs[1])
        // `waitUntilExit` takes a whole core while it waits.
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        ended.wait()
        let texts = try outputs.map { try String(decoding: Data(contentsOf: $0), as: UTF8.self) }
        return Page(
            dom: texts[0],
            console: texts[1].split(separator: "\n").map(String.init).filter {
                $0.contains(":CONSOLE")
            })
    }
}

@Suite(.enabled(if: Chromium.works), .serialized) struct HTMLBrowserTests {
    private static let rich = HTMLReportTests.text(HTMLFixture.run())
    private static let hostile = HTMLReportTests.text(HTMLFixture.run(hostile: HTMLFixture.hostile))

    /// A copy that says how it was laid out. Its policy has to go, as it would refuse the probe.
    private static func probed(_ page: String) -> String {
        let probe = """
            <script>
            const own = document.documentElement;
            const root = (parent === window ? document : parent.document).documentElement;
            root.dataset.scroll = own.scrollWidth - own.clientWidth;
            root.dataset.width = own.clientWidth;
            root.dataset.back = getComputedStyle(document.body).backgroundColor;
            root.dataset.small = [...document.querySelectorAll("svg.chart")]
              .filter((svg) => svg.getBoundingClientRect().width < 200).length;
            root.dataset.flat = [...document.querySelectorAll("section")]
              .filter((part) => part.getBoundingClientRect().height < 40).length;
            const svg = document.querySelector("figure[data-seconds] svg.chart");
            if (svg) {
              svg.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
              root.dataset.readout = document.querySelector(".readout").textContent;
              root.dataset.crosses = document.querySelectorAll(".cross").length;
            }
            </script></body>
            """
        let open = page.replacing(/<meta http-equiv="Content-Security-Policy"[^>]*>/, with: "")
        return open.replacing("</body>", with: probe)
    }

    /// In a frame of that width: a window cannot be as narrow as a phone.
    private static func framed(_ page: String, width: Int) -> String {
        "<!DOCTYPE html><html><body><iframe width=\"\(width)\" height=\"800\" frameborder=\"0\""
            + " srcdoc=\"\(SVGText.escaped(page))\"></iframe></body></html>"
    }

    private static func value(_ name: String, _ page: Chromium.Page) -> String? {
        guard let start = page.dom.range(of: "data-\(name)=\"")?.upperBound else { return nil }
        return String(page.dom[start...].prefix { $0 != "\"" })
    }

    @Test(arguments: [false, true])
    func opensWithoutComplaint(isDark: Bool) throws {
        for html in [Self.rich, Self.hostile, HTMLReportTests.text(ReportFixture.empty)] {
            let page = try Chromium.open(html, isDark: isDark)
            #expect(page.console == [])
            for panel in HTMLReportTests.panels {
                #expect(page.dom.contains("id=\"\(panel)\""), "\(panel)")
            }
            // The browser read what we wrote: no tag of the target's became one.
            #expect(page.dom.matches(of: /<script/).count == 1)
            #expect(!page.dom.contains("<img"))
        }
    }

    /// That the test above can fail: a script that is not ours is refused, aloud.
    @Test func foreignScriptIsRefused() throws {
        let page = try Chromium.open(
            Self.rich.replacing("</body>", with: "<script>document.title = 'x'</script></body>"))
        #expect(page.console.contains { $0.contains("Content Security Policy") })
        #expect(!page.dom.contains("<title>x</title>"))
    }

    @Test(arguments: [400, 768, 1_280])
    func nothingScrollsSideways(width: Int) throws {
        for html in [Self.rich, Self.hostile, HTMLReportTests.text(ReportFixture.empty)] {
            let page = try Chromium.open(Self.framed(Self.probed(html), width: width))
            #expect(Self.value("width", page) == "\(width)")
            #expect(Self.value("scroll", page) == "0", "\(width)")
            #expect(Self.value("small", page) == "0", "\(width)")
            #expect(Self.value("flat", page) == "0", "\(width)")
        }
    }

    @Test func followsTheColourScheme() throws {
        let light = try Chromium.open(Self.probed(Self.rich))
        let dark = try Chromium.open(Self.probed(Self.rich), isDark: true)
        #expect(Self.value("back", light) == "rgb(244, 245, 247)")
        #expect(Self.value("back", dark) == "rgb(13, 17, 23)")
    }

    /// The keyboard moves one line through all charts of the time axis.
    @Test func keysReadTheCharts() throws {
        let page = try Chromium.open(Self.probed(Self.rich))
        let readout = try #require(Self.value("readout", page))
        #expect(readout.hasPrefix("1m1s   Samples "), "\(readout)")
        #expect(Self.value("crosses", page) == "8")
    }
}
