// `--options`: k6's options over a document (scenarios.md section 6).

import Foundation
import HarnessCore
import ScenarioModel
import TestSupport
import Testing

@Suite struct OptionsFileTests {
    /// The outcome of the base document with options over it.
    private static func load(
        _ json: String, document: String = Documents.base,
        sets: [(path: String, value: String)] = []
    ) throws -> LoadedScenario {
        let folder = try TemporaryDirectory()
        var options = LoadOptions()
        options.optionsFile = try folder.write(json, to: "k6.json")
        options.sets = sets
        do throws(ScenarioErrors) {
            let loaded = try ScenarioLoader.load(text: document, file: "f", options: options)
            let again = try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML)
            #expect(
                ShippedScenarioTests.unplaced(again)
                    == ShippedScenarioTests.unplaced(loaded.scenario))
            return loaded
        } catch {
            var errors = error
            for i in errors.errors.indices where errors.errors[i].file == options.optionsFile {
                errors.errors[i].file = "k6.json"
            }
            throw errors
        }
    }

    /// Warnings without the folder of the options file.
    private static func warnings(_ loaded: LoadedScenario) -> [String] {
        loaded.warnings.map { $0.replacing(/^warning: .*\/k6\.json/, with: "k6.json") }
    }

    @Test func everyOption() throws {
        let loaded = try Self.load(
            """
            {"thresholds": {"http_reqs": ["count>1", {"threshold": "rate>0", "abortOnFail": true,
               "delayAbortEval": "10s"}]},
             "summaryTrendStats": ["avg", "p(99)"], "setupTimeout": "5s", "teardownTimeout": "6s",
             "minIterationDuration": "2s", "userAgent": "k6 ${x}", "maxRedirects": 7,
             "insecureSkipTLSVerify": true, "noConnectionReuse": true,
             "tags": {"a": "json", "b": "c"}, "systemTags": ["url"], "hosts": null,
             "dns": {"ttl": null, "select": null}}
            """,
            document: Documents.with("tags: { a: yaml, z: yaml }\nthresholds: { checks: rate>0 }"))
        let scenario = loaded.scenario
        #expect(scenario.thresholds.map(\.expression) == ["count>1", "rate>0"])
        #expect(scenario.thresholds[1].abortOnFail)
        #expect(scenario.thresholds[1].delayAbortEval == .seconds(10))
        #expect(scenario.summaryTrendStats == [.avg, .percentile(99)])
        #expect(scenario.setupTimeout == .seconds(5) && scenario.teardownTimeout == .seconds(6))
        #expect(scenario.defaults.minIterationDuration == .seconds(2))
        #expect(scenario.defaults.userAgent == "k6 ${x}" && scenario.defaults.redirects == 7)
        #expect(!scenario.defaults.verifyTLS && !scenario.defaults.reuse)
        #expect(scenario.tags == ["a": "json", "b": "c", "z": "yaml"])
        #expect(scenario.workloads.map(\.name) == ["s"])
        #expect(Self.warnings(loaded) == ["k6.json:6:35: systemTags: ignored"])
    }

    /// What `k6 inspect` prints: everything, null where it is not set.
    @Test func inspectOutput() throws {
        let loaded = try Self.load(
            """
            {"options": {"paused": null, "vus": null, "duration": null, "scenarios": {"open": {
              "executor": "ramping-arrival-rate", "startTime": null, "gracefulStop": null,
              "env": null, "exec": null, "tags": null, "options": null, "startRate": 5,
              "timeUnit": "1s", "stages": [{"duration": "10s", "target": 20}],
              "preAllocatedVUs": 2, "maxVUs": 9}}, "thresholds": null},
             "totalDuration": "40s", "maxVUs": 9}
            """)
        #expect(loaded.scenario.workloads.map(\.name) == ["open"])
        guard case .rampingArrivalRate(let e) = loaded.scenario.workloads[0].executor else {
            Issue.record("\(loaded.scenario.workloads)")
            return
        }
        #expect(e.startRate == 5 && e.stages == [Stage(duration: .seconds(10), target: 20)])
        #expect(
            Self.warnings(loaded) == ["k6.json:1:61: scenarios replaces scenarios of the document"])
    }

    @Test(arguments: [
        ("{\"vus\": 3, \"duration\": \"5s\"}", "constant-vus", true),
        ("{\"iterations\": 3}", "shared-iterations", true),
        ("{\"stages\": [{\"duration\": \"1s\", \"target\": 2}]}", "ramping-vus", true),
        ("{\"vus\": 3}", "shared-iterations", true), ("{\"vus\": null}", "constant-vus", false),
        ("{}", "constant-vus", false),
    ])
    func shortcuts(json: String, executor: String, replaces: Bool) throws {
        let loaded = try Self.load(json)
        #expect(loaded.scenario.workloads.map(\.executor.name) == [executor])
        #expect(loaded.scenario.workloads[0].name == (replaces ? "default" : "s"))
        #expect(loaded.warnings.count == (replaces ? 1 : 0))
    }

    @Test func layers() throws {
        let document = Documents.base.replacing(
            "scenarios: { s: { executor: constant-vus, duration: 1s } }",
            with: "vus: 2\nduration: 1s\ndefaults: { timeout: 1s, redirects: 1 }")
        let over = try Self.load(
            "{\"vus\": 5, \"maxRedirects\": 2}", document: document,
            sets: [("duration", "9s"), ("defaults.redirects", "3")])
        #expect(
            over.scenario.workloads[0].executor
                == .constantVUs(ConstantVUs(vus: 5, duration: .seconds(9))))
        #expect(over.scenario.defaults.redirects == 3)
        #expect(over.scenario.defaults.timeout == .seconds(1))
        let set = try Self.load("{\"duration\": \"7s\"}", sets: [("iterations", "4")])
        #expect(set.scenario.workloads.map(\.executor.name) == ["shared-iterations"])
    }

    @Test(arguments: [
        ("", "k6.json:1:1: not JSON: the file ends in the middle"),
        ("[]", "k6.json:1:1: the options: expected an object, not a list"),
        ("{\n \"vus\": 1,\n}", "k6.json:3:1: not JSON: expected a key in double quotes"),
        ("{\"a\": 1, \"a\": 2}", "k6.json:1:10: not JSON: duplicate key \"a\""),
        ("{\"duration\": \"5ms\"}", "k6.json:1:2: the duration must be at least 1s, but is 5ms"),
        ("{\"vus\": 1.5}", "k6.json:1:9: vus: expected an integer, not \"1.5\""),
        (
            "{\n  \"noConnectionReuse\": 1}",
            "k6.json:2:24: noConnectionReuse: expected true or false"
        ),
        ("{\"tags\": [1]}", "k6.json:1:10: tags: expected a map, not a list"),
        (
            "{\"thresholds\": {\"http_rqs\": [\"count>1\"]}}",
            "k6.json:1:17: thresholds: no metric name \"http_rqs\" found; did you mean "
                + "\"http_reqs\"?"
        ),
        (
            #"{"scenarios": {"a": {"executor": "constant-vus", "duration": "1s", "rte": 1}}}"#,
            "k6.json:1:68: unknown key \"rte\" in scenarios.a"
        ),
        (
            "{\"scenarios\": {\"a\": {\"executor\": \"x\", \"options\": {\"browser\": {}}}}}",
            "k6.json:1:34: scenarios.a: unknown executor type 'x'"
        ),
        (
            "{\"stages\": [], \"iterations\": 1}",
            "k6.json:1:2: using `iterations` and `stages` options simultaneously is not allowed"
        ),
    ])
    func refused(json: String, expected: String) throws {
        let error = #expect(throws: ScenarioErrors.self) { try Self.load(json) }
        let lines = error?.errors.map(\.description) ?? []
        #expect(lines.contains { $0.hasPrefix(expected) }, "\(lines)")
        #expect(lines.allSatisfy { $0.hasPrefix("k6.json:") }, "\(lines)")
    }

    @Test func hostileFiles() throws {
        let folder = try TemporaryDirectory()
        func message(_ path: String) -> String? {
            var options = LoadOptions()
            options.optionsFile = path
            do throws(ScenarioErrors) {
                _ = try ScenarioLoader.load(text: Documents.base, file: "f", options: options)
                return nil
            } catch {
                return error.errors.count == 1 ? error.errors[0].message : error.description
            }
        }
        let deep = String(repeating: "[", count: 500_000)
        #expect(
            message(try folder.write(deep, to: "deep.json"))
                == "not JSON: nested deeper than 32 levels")
        let wide = "{\"x\": [" + String(repeating: "1,", count: 200_000) + "1]}"
        #expect(
            message(try folder.write(wide, to: "wide.json"))
                == "not JSON: more than 100000 values")
        let large = String(repeating: " ", count: Limits.optionsBytes + 1)
        #expect(
            message(try folder.write(large, to: "large.json"))
                == "the options file is larger than 1048576 bytes")
        #expect(mkfifo(folder.path + "/fifo", 0o600) == 0)
        #expect(message(folder.path + "/fifo") == "is no regular file")
        #expect(message(folder.path + "/none") == "cannot be read: No such file or directory")
        #expect(message("/dev/zero") == "is no regular file")
    }
}
