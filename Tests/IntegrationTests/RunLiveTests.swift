// A real `spotload run --ui` and a real engine, looked at as Prometheus, Grafana and a browser do:
// the scrape is accepted by promtool, every metric of a dashboard is in it, the page moves.

import Foundation
import TestSupport
import Testing

@Suite struct RunLiveTests {
    /// A run with its live page.
    struct Watched {
        let run: RunTrial
        let url: String
        let base: String
        var client: HTTPClient { HTTPClient(base) }

        init(_ scenario: String, _ arguments: [String] = []) throws {
            run = try RunTrial(scenario, ["--ui", "--ui-port", "0"] + arguments)
            let line = try #require(
                run.program.line(containing: "live page: "), "\(run.output)")
            url = String(line.dropFirst("live page: ".count))
            base = String(url.prefix { $0 != "?" }.dropLast())
        }

        /// Scrapes until a condition holds.
        func scrape(
            _ accept: String = "text/plain", until isThere: (String) -> Bool
        ) throws -> String {
            var text = ""
            _ = run.program.waits(upTo: 60) {
                text = client.send("GET", "/metrics", headers: ["Accept": accept]).body
                return isThere(text)
            }
            try #require(isThere(text), "\(text)\n\(run.output)")
            return text
        }
    }

    /// Fed on stdin, through a shell.
    private static func promtool(_ arguments: String, stdin: String) throws -> RunningProgram? {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool") else {
            print("no promtool here (Debian's prometheus): its check is left out")
            return nil
        }
        let folder = try TemporaryDirectory()
        let file = try folder.write(stdin, to: "stdin")
        let program = try RunningProgram(
            URL(fileURLWithPath: "/bin/sh"), ["-c", "promtool \(arguments) < \(file)"])
        _ = program.exitCode(within: 30)
        return program
    }

    @Test func scrapesAndDashboards() throws {
        let folder = try TemporaryDirectory()
        let symbols = try folder.write(OrderSymbols.yaml, to: "symbols.yaml")
        let engine = try EngineProcess(
            dataDirectory: folder.path + "/data", accounts: 100, ["--symbols", symbols])
        let watched = try Watched(
            RunScenarios.orders(rate: 100, seconds: 20, more: Self.evidence),
            ["--target", engine.url])
        let done = #/spotload_iterations_total\{scenario="orders"\} [1-9]/#
        let plain = try watched.scrape { $0.contains(done) }
        let scrape = try StrictExposition(plain, .text004)
        #expect(
            Self.labels("criterion", of: "spotload_criterion_state", in: scrape)
                == ["http_req_failed rate<=0", "objective", "engine's CPU"])
        #expect(
            Self.labels("signal", of: "spotload_health_state", in: scrape).isSuperset(
                of: ["lag", "turn", "runQueue", "steal", "retransmits", "clock"]))
        let open = try watched.scrape(
            "application/openmetrics-text; version=1.0.0", until: { $0.contains(done) })
        _ = try StrictExposition(open, .openMetrics)
        if let check = try Self.promtool("check metrics", stdin: plain) {
            #expect(check.status == 0 && check.output == "", "\(check.output)")
        }
        // A code the engine has not said yet has no series.
        let unpayable =
            #"{"symbol":"A0001USDT","side":"BUY","type":"LIMIT","#
            + #""timeInForce":"GTC","quantity":"9000","price":"50000"}"#
        let reject = engine.client.send(
            "POST", "/api/v3/order", account: "poor", json: unpayable)
        #expect(reject.status == 400 && reject.body.contains("-2010"), "\(reject)")
        let engineNames = Self.names(engine.client.send("GET", "/metrics").body)
        for name in Dashboard.names {
            let missing = try Dashboard(name).metrics
                .subtracting(name == "engine" ? engineNames : scrape.names)
            #expect(missing == [], "dashboards/\(name).json")
        }
        watched.run.program.kill(SIGINT)
        #expect(watched.run.exitCode() != nil)
        #expect(watched.run.leavesNoOrphans, "\(watched.run.children)")
    }

    /// Criteria with names that need escaping, one of them about what is scraped of the engine.
    private static let evidence = """
        criteria:
          - {name: objective, metric: http_req_response_time, statistic: ratio(<=100ms),
             op: ">=", limit: 50%}
          - {name: "engine's CPU", metric: observe.engine.cpu, statistic: avg, op: "<=", limit: 8}
        observe:
          - name: engine
            url: /metrics
            interval: 1s
            metrics: { cpu: { series: process_cpu_seconds_total, as: rate } }
        """

    private static func labels(
        _ label: String, of name: String, in scrape: StrictExposition
    ) -> Set<String> {
        Set(scrape.values.keys.filter { $0.name == name }.compactMap { $0.labels[label] })
    }

    /// Names of the samples of any exposition.
    private static func names(_ text: String) -> Set<String> {
        Set(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                .map { String($0.prefix { $0 != "{" && $0 != " " }) })
    }

    @Test func thePrometheusConfig() throws {
        let file = Dashboard.folder.appendingPathComponent("prometheus.yml").path
        guard let check = try Self.promtool("check config '\(file)'", stdin: "") else { return }
        #expect(check.status == 0, "\(check.output)")
    }

    @Test func thePageMoves() throws {
        guard let browser = try HeadlessBrowser.start() else {
            print("no chromium here: the live page is not looked at")
            return
        }
        let watched = try Watched(
            RunScenarios.orders(rate: 50, seconds: 14, more: Self.evidence))
        try browser.open(watched.url, width: 1_200, height: 900, dark: false)
        let windows = "Number(document.body?.dataset.windows || 0)"
        #expect(try browser.waits(upTo: 60, until: "\(windows) >= 2"), "\(watched.run.output)")
        let first = try #require(Int(try browser.evaluate(windows)))
        let drawn = "document.querySelector('#charts path.s').getAttribute('d')"
        let path = try browser.evaluate(drawn)
        #expect(try browser.waits(upTo: 30, until: "\(windows) > \(first)"))
        #expect(try browser.evaluate(drawn) != path)
        let figures = "document.querySelectorAll('#charts figure').length"
        #expect(try browser.waits(upTo: 30, until: "\(figures) === 6"), "observe.engine.cpu")
        try Self.look(browser)
        // Everything is there, and there is no sideways scrolling on a phone.
        for dark in [true, false] {
            try browser.resize(width: 400, height: 800, dark: dark)
            let width = try browser.evaluate("document.documentElement.scrollWidth")
            #expect(width == "400")
            let background = try browser.evaluate(
                "getComputedStyle(document.body).backgroundColor")
            #expect(background == (dark ? "rgb(13, 17, 23)" : "rgb(244, 245, 247)"))
        }
        let code = try #require(watched.run.exitCode())
        #expect(try browser.waits(upTo: 20, until: "state.over"))
        let verdict = try browser.evaluate("document.getElementById('verdict').textContent")
        #expect(try browser.evaluate("document.querySelectorAll('.banner > .icon').length") == "1")
        #expect(verdict.contains("(exit \(code))"), "\(verdict)")
        #expect(browser.complaints == [])
        try Self.keepPicture(browser)
    }

    private static func look(_ browser: HeadlessBrowser) throws {
        let counts: [(String, String)] = [
            ("document.querySelectorAll('#scenarios button').length", "2"),
            ("document.querySelectorAll('#criteria tbody tr').length", "3"),
            ("document.querySelectorAll('#criteria .chip .icon').length", "3"),
            ("document.querySelectorAll('#agents tbody tr').length", "1"),
            ("document.querySelectorAll('#tiles div').length", "10"),
            ("document.getElementById('title').textContent", "orders"),
            ("document.getElementById('link').textContent", "live"),
        ]
        for (expression, value) in counts {
            #expect(try browser.evaluate(expression) == value, "\(expression)")
        }
        let label = try browser.evaluate(
            "document.querySelector('#charts svg[role=img]').getAttribute('aria-label')")
        #expect(label.hasPrefix("Iterations per second at ") && label.contains("planned 50"))
    }

    /// For people: where SPOTLOAD_PICTURES names a folder.
    private static func keepPicture(_ browser: HeadlessBrowser) throws {
        guard let folder = ProcessInfo.processInfo.environment["SPOTLOAD_PICTURES"] else { return }
        let looks = [("light", 1_200, false), ("dark", 1_200, true), ("phone", 400, false)]
        for (name, width, dark) in looks {
            try browser.resize(width: width, height: 900, dark: dark)
            try browser.screenshot(to: "\(folder)/live-\(name).png")
        }
    }

    /// The push goes on while nobody answers it, and the run does not notice.
    @Test func otlpOfARun() throws {
        let taking = try ScriptedServer()
        let silent = try ScriptedServer { _ in
            var reply = ScriptedServer.Reply()
            reply.ending = .silence
            return reply
        }
        for (server, isTaken) in [(taking, true), (silent, false)] {
            let run = try RunTrial(
                RunScenarios.orders(rate: 20, seconds: 2), ["--otlp", server.url])
            let code = try #require(run.exitCode(), "\(run.output)")
            #expect(RunLocalTests.judged.contains(code), "\(run.output)")
            #expect(server.requests.allSatisfy { $0.path == "/v1/metrics" })
            // A try may be over before a busy server has read it.
            #expect(server.requests.count <= 3 && (!isTaken || server.requests.count >= 1))
            #expect(run.output.contains("pushes to") != isTaken, "\(run.output)")
            #expect(run.leavesNoOrphans)
        }
        let body = String(decoding: taking.requests.last?.body ?? [], as: UTF8.self)
        #expect(body.contains(#""name":"spotload_iterations_total""#))
        #expect(body.contains(#""exponentialHistogram""#))
    }

    @Test(arguments: [
        (["--ui-port", "0"], "add --ui"), (["--ui", "--ui-port", "70000"], "0 to 65535"),
        (["--otlp", "localhost:4318"], "--otlp takes http://HOST:PORT"),
    ])
    func refusals(arguments: [String], text: String) throws {
        let run = try RunTrial(RunScenarios.orders(), arguments)
        #expect(run.exitCode() == 64 && run.output.contains(text), "\(run.output)")
    }

    @Test func aPortThatIsTaken() throws {
        let taken = try RefusingPort()
        let run = try RunTrial(
            RunScenarios.orders(), ["--ui", "--ui-port", String(taken.port)])
        #expect(run.exitCode() == 69)
        #expect(run.output.contains("port \(taken.port) of 127.0.0.1 is taken"), "\(run.output)")
        #expect(run.leavesNoOrphans)
    }
}
