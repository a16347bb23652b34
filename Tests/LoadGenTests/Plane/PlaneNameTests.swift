// How often a name is looked up, by what a name server of ours was asked: on both lanes a name is
// believed as long as `dnsTtl` says, and open connections stay where they are.

import HarnessCore
import LoadGen
import ScenarioModel
import Synchronization
import Telemetry
import TestSupport
import Testing

extension PlaneTests {
    @Suite(.serialized) struct Names {
        struct Row: Sendable {
            let ttl: TimeSpan
            let reuse: Bool
            var requests = 10
            /// From one request to the next.
            var gap = TimeSpan.milliseconds(5)
            let lookups: Int
        }
        @Test(
            arguments: Lanes.lanes,
            [
                Row(ttl: .seconds(60), reuse: false, lookups: 1),
                Row(ttl: .zero, reuse: false, lookups: 10),
                // Nothing is connected anew.
                Row(ttl: .zero, reuse: true, lookups: 1),
                // Each comes when the answer before is too old.
                Row(
                    ttl: .seconds(1), reuse: false, requests: 3, gap: .milliseconds(1_600),
                    lookups: 3),
            ])
        func lookups(lane: Workload.Transport, row: Row) throws {
            guard let resolver = try SlowResolver(delay: .zero, address: "127.0.0.54") else {
                print("skipped: port 53 of a loopback address cannot be had here (needs root)")
                return
            }
            let server = try ScriptedServer()
            var iterations = PerVUIterations()
            iterations.iterations = UInt64(row.requests)
            var scenario = PlaneScenario.make(
                .perVUIterations(iterations),
                steps: [PlaneScenario.get(timeout: .seconds(20))])
            scenario.workloads[0].transport = lane
            scenario.defaults.dnsTtl = row.ttl
            scenario.defaults.reuse = row.reuse
            scenario.defaults.minIterationDuration = row.gap
            let url = "http://exchange.test:\(server.port)"
            let outcome = Mutex<Result<Bool, any Error>>(.success(false))
            let failed = Mutex<UInt64?>(nil)
            // Its thread belongs to no test: nothing is expected there.
            DedicatedThread(name: "lookup") { [scenario] in
                let result = Result {
                    guard resolver.enter() else { return false }
                    let run = try PlaneRun(scenario, url: url).run()
                    failed.withLock { $0 = run.counters.transfersFailed }
                    return true
                }
                outcome.withLock { $0 = result }
            }.join()
            guard try outcome.withLock({ $0 }).get() else {
                print("skipped: no mount namespace of its own can be had here (needs root)")
                return
            }
            #expect(failed.withLock { $0 } == 0)
            #expect(server.requests.count == row.requests)
            #expect(server.connections == (row.reuse ? 1 : row.requests))
            #expect(resolver.lookups == row.lookups)
        }
    }
}
