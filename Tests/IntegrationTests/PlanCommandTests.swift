// `spotload plan` as a program: what goes to which stream, exit codes, and that the starts it lists
// for agents partition those of the whole.

import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct PlanCommandTests {
    private static let document = """
        name: planned
        target: http://127.0.0.1:9
        scenarios:
          orders:
            executor: constant-arrival-rate
            exec: get
            rate: 50
            duration: 2s
            preAllocatedVUs: 10
            maxVUs: 20
          readers: { executor: constant-vus, exec: get, vus: 2, duration: 5s }
        flows:
          get: [{ get: / }]
        """

    private static func plan(
        _ arguments: String, document: String = document
    ) throws -> (code: Int32?, output: String) {
        let directory = try TemporaryDirectory()
        let file = try directory.write(document, to: "plan.yaml")
        let words = arguments.split(separator: " ").map(String.init)
        let program = try RunningProgram(RunningProgram.spotload, ["plan", file] + words)
        let code = program.exitCode(within: 30)
        return (code, program.output)
    }

    @Test func text() throws {
        let (code, output) = try Self.plan("--agents 3")
        #expect(code == 0)
        let head = """
            scenarios: (100.00%) 2 scenarios, 22 max VUs, 35s max duration (incl. graceful stop):
              * orders: 50.00 iterations/s for 2s (maxVUs: 10-20, exec: get, gracefulStop: 30s)
              * readers: 2 looping VUs for 5s (exec: get, gracefulStop: 30s)
            """
        #expect(output.contains(head), "\(output)")
        #expect(
            output.contains("scenarios.readers: at most 2 VUs for 3 agents: 1 of them run none"),
            "\(output)")
    }

    @Test func json() throws {
        let (code, output) = try Self.plan("--json --seed 7")
        #expect(code == 0)
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
        let top = try #require(object as? [String: Any])
        #expect(top["version"] as? Int == 1 && top["seed"] as? Int == 7)
        #expect(top["totalArrivals"] as? Int == 100 && top["maxVUs"] as? Int == 22)
    }

    @Test func startsOfAgentsPartitionTheWhole() throws {
        func lines(_ arguments: String) throws -> [String] {
            let (code, output) = try Self.plan("--starts --scenario orders " + arguments)
            #expect(code == 0)
            return output.split(separator: "\n").map(String.init)
        }
        let whole = try lines("")
        #expect(whole == (0..<100).map { "\($0)\t\($0 * 20_000_000)" })
        let agents = try (0..<3).map { try lines("--agents 3 --agent \($0)") }
        #expect(agents.map(\.count) == [35, 35, 30])
        #expect(Set(agents.joined()) == Set(whole))
        #expect(try lines("--segment 0:1/3 --sequence 0,1/3,2/3,1") == agents[0])
        #expect(try lines("--agents 3 --agent 2 --limit 2") == Array(agents[2].prefix(2)))
    }

    @Test func aSegmentAloneWarns() throws {
        let (code, output) = try Self.plan("--starts --scenario orders --segment 1/2:1 --limit 1")
        #expect(code == 0)
        #expect(output.contains("warning: without --sequence"), "\(output)")
        #expect(output.contains("1\t20000000\n"), "\(output)")
    }

    static let refused: [(String, Int32, String)] = [
        ("--starts", 64, "orders (constant-arrival-rate), readers (constant-vus)"),
        ("--starts --scenario order", 64, "no scenario \"order\"; the document has orders"),
        ("--starts --scenario readers", 64, "readers (constant-vus) has no arrivals"),
        ("--steps --scenario orders", 64, "has no VU steps"),
        ("--starts --steps --scenario orders", 64, "not both"),
        ("--starts --scenario orders --agents 3", 64, "which of the 3 agents?"),
        ("--starts --scenario orders --agents 3 --agent 3", 64, "--agent takes 0 to 2"),
        ("--starts --scenario orders --agents 3 --segment 0:1/3", 64, "not both"),
        ("--starts --scenario orders --sequence 0,1", 64, "belongs to --segment"),
        ("--starts --scenario orders --reserved", 64, "belongs to --steps"),
        ("--starts --scenario orders --json", 64, "not JSON"),
        ("--starts --scenario orders --segment x", 64, "\"x\" is no segment"),
        ("--starts --scenario orders --segment 0:1/3 --sequence 0,1/2", 104, "not in the sequence"),
        ("--limit 5", 64, "--limit belongs to --starts or --steps"),
        ("--agents 0", 64, "--agents takes 1 to 1000"),
        ("--set scenarios.orders.rate=0", 104, "1 error"),
    ]

    @Test(arguments: refused)
    func refusals(arguments: String, code: Int32, words: String) throws {
        let (seen, output) = try Self.plan(arguments)
        #expect(seen == code, "\(output)")
        #expect(output.contains(words), "\(output)")
    }
}
