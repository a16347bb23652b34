// Once it runs, a worker allocates nothing for a request: not for its flow, not for recording it,
// not for sending it and reading the answer. What libcurl allocates on the multi lane is its own.
//
// `scripts/bench-generator` counts the same in a release build. A debug build boxes temporaries
// that an optimised one keeps in registers, so there are ceilings here; they only ever go down.

import CAllocations
import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@testable import LoadGen

@Suite struct PlaneAllocationTests {
    struct Counts {
        var ours = 0.0
        var libraries = 0.0
    }

    @Test func directAllocatesNothing() throws {
        let counts = try Self.perRequest(.direct)
        #expect(counts.ours <= Self.ceiling(debug: 70))
        // Exact in any build: libcurl and the C library are optimised.
        #expect(counts.libraries < 0.02)
    }

    @Test func onlyLibcurlAllocatesOnMulti() throws {
        let counts = try Self.perRequest(.multi)
        #expect(counts.ours <= Self.ceiling(debug: 26))
        #expect(counts.libraries > 1, "the counter tells libraries from us")
    }

    private static func ceiling(debug: Double) -> Double {
        #if DEBUG
            debug
        #else
            0.02
        #endif
    }

    /// Runs a worker on this thread: templates in url and header, two checks, every histogram.
    private static func perRequest(_ transport: Workload.Transport) throws -> Counts {
        let server = try ScriptedServer { _ in
            var reply = ScriptedServer.Reply()
            reply.body = Array(#"{"id":7,"state":"ok"}"#.utf8)
            return reply
        }
        var scenario = try ScenarioLoader.load(
            text: document, file: "test", options: LoadOptions()
        ).scenario
        scenario.workloads[0].transport = transport
        let assignment = AgentAssignment(
            runID: "20270102T001500Z-7c1e", scenario: scenario, slot: 0, epoch: 1, weights: [1],
            segment: 0, targetURL: server.url, allowedTargets: [], env: [:], runTag: "abcdef",
            workers: 1)
        // It sets libcurl up for the process.
        _ = try LoadPlane(assignment).run(.setup)
        let program = try FlowProgram(
            scenario: scenario, workload: scenario.workloads[0], targetURL: server.url,
            runID: assignment.runID, slot: 0, env: [:], runTag: assignment.runTag)
        let control = try WorkerControl()
        let worker = try LoadWorker(
            assignment: assignment, programs: [program], worker: 0, control: control)
        control.start(at: Instant.now())
        // Connections open, buffers find their size.
        turn(worker, until: 1_000)
        let all = allocations_of_this_thread()
        let libraries = library_allocations_of_this_thread()
        let begun = worker.bench.counters.completed
        turn(worker, until: begun + 2_000)
        let requests = Double(worker.bench.counters.completed - begun)
        let byLibraries = library_allocations_of_this_thread() - libraries
        let ours = allocations_of_this_thread() - all - byLibraries
        #expect(worker.bench.counters.transfersFailed == 0)
        return Counts(
            ours: Double(ours) / requests, libraries: Double(byLibraries) / requests)
    }

    private static func turn(_ worker: LoadWorker, until completed: UInt64) {
        let deadline = Instant.now() + .seconds(60)
        while worker.bench.counters.completed < completed, Instant.now() < deadline {
            worker.turn()
        }
        #expect(worker.bench.counters.completed >= completed, "requests go on")
    }

    private static let document = """
        name: allocations
        target: http://127.0.0.1:1
        flows:
          ask:
            - get:
                name: ask
                url: "/orders/${iterationInTest}?account=${random(1, 1000)}"
                headers: { X-Trace: "t-${vu}-${iteration}" }
                check: { status: 200, json: { $.state: ok } }
        scenarios:
          load: { executor: constant-vus, exec: ask, vus: 8, duration: 1h }
        """
}
