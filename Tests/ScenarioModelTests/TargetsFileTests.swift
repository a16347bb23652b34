// The file of `--targets`: what it says, and every mistake at once with its place.

import HarnessCore
import ScenarioModel
import TestSupport
import Testing

@Suite struct TargetsFileTests {
    @Test func everyKey() throws {
        let file = try TargetsFile.decode(
            text: """
                allow:
                  - { host: SUT.example., ports: [443, 8443],
                      cidrs: [10.20.0.0/16, "2001:db8::/32"] }
                  - { host: 10.0.0.1 }
                  - { host: "2001:db8::5", ports: [80] }
                  - { host: "*", cidrs: [10.0.0.0/8] }
                  - host: plain
                maxRate: 5000/s
                maxAgents: 10
                maxBytes: 50GiB
                maxDuration: 1h30m
                x-note: ignored
                """, file: "t.yaml")
        #expect(
            file.allowed.flatMap(\.lines) == [
                "sut.example:443=10.20.0.0/16", "sut.example:443=2001:db8::/32",
                "sut.example:8443=10.20.0.0/16", "sut.example:8443=2001:db8::/32",
                "10.0.0.1:*=10.0.0.1", "[2001:db8::5]:80=2001:db8::5", "*:*=10.0.0.0/8", "plain:*",
            ])
        #expect(file.caps.maxRate == 5_000 && file.caps.maxAgents == 10)
        #expect(file.caps.maxBytes == 50 << 30)
        #expect(file.caps.maxDuration == .seconds(5_400))
        let short = try TargetsFile.decode(text: "allow: []", file: "t.yaml")
        #expect(short.allowed.isEmpty && short.caps == TargetCaps())
        #expect(short.caps.maxDuration == .seconds(3_600))
    }

    /// text -> the errors' places and words.
    @Test(arguments: [
        ("maxRate: 1", ["1:1: allow: is required"]),
        ("allow: sut", ["1:8: allow: expected a list"]),
        ("allow:\n  - sut", ["2:5: allow[0]: expected a map"]),
        ("allow:\n  - { ports: [80] }", ["2:5: allow[0].host: is required"]),
        (
            "allow:\n  - { host: a, prots: [80] }",
            ["2:16: unknown key \"prots\" in allow[0]; did you"]
        ),
        ("allow:\n  - { host: a, ports: [80, 0, x] }", ["2:28: ", "2:31: "]),
        ("allow:\n  - { host: a, ports: [] }", ["2:23: allow[0].ports: an empty list"]),
        (
            "allow:\n  - { host: a, cidrs: [10.0.0.1/8] }",
            ["2:24: allow[0].cidrs[0]: ", "bits set"]
        ),
        ("allow:\n  - { host: \"a:80\" }", ["2:13: allow[0].host: ", "key of their own"]),
        ("allow:\n  - { host: \"*\" }", ["2:13: allow[0].host: ", "any host needs addresses"]),
        ("allow:\n  - { host: a b }", ["2:13: allow[0].host: "]),
        ("allow:\n  - { host: 169.254.169.254 }", ["2:13: ", "never allowed"]),
        ("allow: []\nmaxRate: fast\nmaxAgents: 0", ["2:10: maxRate: ", "3:12: maxAgents: "]),
        ("allow: []\nmaxRate: 0\nmaxBytes: -1MiB", ["2:10: ", "3:11: "]),
        ("allow: []\nmaxBytes: 5/s", ["2:11: maxBytes: "]),
        ("allow: []\nmaxDuration: soon", ["2:14: maxDuration: expected a duration"]),
        ("allow: [\n", ["not YAML"]), ("", ["empty"]),
    ])
    func mistakes(text: String, words: [String]) throws {
        do throws(ScenarioErrors) {
            _ = try TargetsFile.decode(text: text, file: "t.yaml")
            Issue.record("accepted: \(text)")
        } catch {
            let all = error.description
            #expect(all.contains("t.yaml:"))
            for word in words { #expect(all.contains(word), "\(word) in \(all)") }
        }
    }

    @Test func unreadable() throws {
        let directory = try TemporaryDirectory()
        for path in [directory.path, directory.path + "/none"] {
            #expect(throws: ScenarioErrors.self) { try TargetsFile.read(path) }
        }
    }

    /// workloads -> peak, whether all are open, seconds (nil: endless).
    @Test func plannedLoad() {
        func workload(_ name: String, _ executor: Executor, start: Int64 = 0) -> Workload {
            var workload = Workload(name: name, exec: "default", executor: executor)
            workload.startTime = .seconds(start)
            return workload
        }
        let steady = Executor.constantArrivalRate(
            ConstantArrivalRate(rate: 100, duration: .seconds(60), preAllocatedVUs: 1, maxVUs: 1))
        let ramp = RampingArrivalRate(
            stages: [500, 0].map { Stage(duration: .seconds(10), target: $0) },
            preAllocatedVUs: 1, maxVUs: 1)
        let one = PlannedLoad([workload("a", steady)])
        #expect(one.peakPerSecond == 100 && one.isOpenModel && one.duration == .seconds(60))
        // The ramp peaks at 55 s, while the other still runs.
        let both = PlannedLoad([
            workload("a", steady), workload("b", .rampingArrivalRate(ramp), start: 45),
        ])
        #expect(both.peakPerSecond == 600 && both.duration == .seconds(65))
        let after = PlannedLoad([
            workload("a", steady), workload("b", .rampingArrivalRate(ramp), start: 61),
        ])
        #expect(after.peakPerSecond == 500 && after.duration == .seconds(81))
        let closed = PlannedLoad([
            workload("c", .constantVUs(ConstantVUs(vus: 3, duration: .seconds(5))))
        ])
        #expect(closed.peakPerSecond == 0 && !closed.isOpenModel)
    }
}
