// The executors, not only their schedules: three agents against a server that logs the numbers of
// the iterations. They partition the whole without a gap and without a duplicate, each agent sends
// exactly what `spotload plan` says of it, and in the rhythm that it says.

import Foundation
import HarnessCore
import ScenarioModel
import TestSupport
import Testing

@Suite(.serialized) struct RunExecutorTests {
    private static let agents = 3

    private static func document(_ executor: String) -> String {
        """
        name: numbers
        target: http://127.0.0.1:9
        seed: 11
        defaults: { timeout: 10s, maxWait: 30s }
        scenarios:
          load:
            exec: get
            gracefulStop: 30s
            \(executor.replacingOccurrences(of: "\n", with: "\n    "))
        flows:
          get:
            - get: { name: n, url: "/n/${iterationInTest}" }
        """
    }

    private struct Planned {
        let number: Int
        let offset: TimeSpan
    }

    /// What `spotload plan` says that an agent begins.
    private static func planned(_ file: String, agent: Int) throws -> [Planned] {
        let plan = try RunningProgram(
            RunningProgram.spotload,
            [
                "plan", file, "--starts", "--scenario", "load", "--agents", "\(agents)",
                "--agent", "\(agent)",
            ])
        #expect(plan.exitCode(within: 30) == 0, "\(plan.output)")
        return plan.output.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t")
            guard parts.count == 2, let number = Int(parts[0]), let ns = Int64(parts[1]) else {
                return nil
            }
            return Planned(number: number, offset: TimeSpan(ns: ns))
        }
    }

    /// Runs the document; what the server saw of each agent, as number and time of arrival.
    private static func run(
        _ text: String
    ) throws -> (seen: [[(number: Int, at: Instant)]], started: Int) {
        let server = try ScriptedServer()
        let run = try RunTrial(text, ["--agents", "\(agents)", "--target", server.url])
        let code = try #require(run.exitCode(), "\(run.output)")
        #expect(RunLocalTests.judged.contains(code), "\(run.output)")
        let summary = try run.summary()
        #expect(summary.contradictions == [])
        #expect(summary.accounting.unaccounted == 0 && summary.accounting.dropped == 0)
        #expect(run.leavesNoOrphans, "\(run.children)")
        let requests = server.requests
        let seen = (0..<agents).map { agent in
            requests.filter { $0.headers["x-spotload-agent"] == "\(agent).1" }.compactMap {
                request in
                Int(request.path.dropFirst("/n/".count)).map { ($0, request.receivedAt) }
            }
        }
        #expect(seen.reduce(0) { $0 + $1.count } == requests.count, "an unknown agent or path")
        return (seen, Int(summary.accounting.started))
    }

    @Test(arguments: [
        """
        executor: constant-arrival-rate
        rate: 50
        duration: 3s
        preAllocatedVUs: 20
        """,
        """
        executor: constant-arrival-rate
        rate: 50
        duration: 3s
        preAllocatedVUs: 20
        poisson: true
        """,
        """
        executor: ramping-arrival-rate
        startRate: 10
        stages: [{ duration: 2s, target: 80 }, { duration: 1s, target: 0 }]
        preAllocatedVUs: 10
        maxVUs: 25
        """,
        """
        executor: ramping-arrival-rate
        stages: [{ duration: 3s, target: 90 }]
        preAllocatedVUs: 20
        poisson: true
        """,
    ])
    func arrivals(executor: String) throws {
        let text = Self.document(executor)
        let folder = try TemporaryDirectory()
        let file = try folder.write(text, to: "numbers.yaml")
        let plans = try (0..<Self.agents).map { try Self.planned(file, agent: $0) }
        let total = plans.reduce(0) { $0 + $1.count }
        #expect(total > 80 && plans.allSatisfy { !$0.isEmpty })

        let (seen, started) = try Self.run(text)
        #expect(started == total)
        for (agent, plan) in plans.enumerated() {
            #expect(seen[agent].map(\.number).sorted() == plan.map(\.number), "agent \(agent)")
        }
        #expect(seen.joined().map(\.number).sorted() == (0..<total).map { $0 })
        Self.expectRhythm(seen.flatMap { $0 }, plans.flatMap { $0 })
    }

    /// Times less what was planned are all about the same: the run's beginning. Agents share it.
    private static func expectRhythm(
        _ seen: [(number: Int, at: Instant)], _ plan: [Planned]
    ) {
        let offsets = Dictionary(uniqueKeysWithValues: plan.map { ($0.number, $0.offset) })
        let begins = seen.compactMap { arrival in
            offsets[arrival.number].map { (arrival.at - $0).ns }
        }
        let begin = begins.sorted()[begins.count / 2]
        let deviations = begins.map { abs($0 - begin) }.sorted()
        // Of 3 s; in one burst at either end the median would deviate by more than a second.
        #expect(deviations[deviations.count / 2] < 300_000_000)
        // None came before its time: only the begin is known no better than a delay.
        let earliest = begins.min().map { begin - $0 } ?? 0
        #expect(earliest < 300_000_000)
    }

    @Test func sharedIterations() throws {
        let (seen, started) = try Self.run(
            Self.document(
                """
                executor: shared-iterations
                vus: 7
                iterations: 100
                maxDuration: 60s
                """))
        #expect(started == 100)
        #expect(seen.joined().map(\.number).sorted() == (0..<100).map { $0 })
        // As the VUs are shared: 3, 2 and 2 of 7.
        let owners = try #require(
            Striping(weights: [Int](repeating: 1, count: Self.agents)).resegmented(from: 7)
        ).owners
        for agent in 0..<Self.agents {
            #expect(
                seen[agent].map(\.number).sorted()
                    == (0..<100).filter { owners[$0 % owners.count] == agent }, "agent \(agent)")
        }
    }
}
