// `bodyFile`: bytes that are no text, shared by all VUs.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@Suite struct FlowBodyTests {
    /// Every byte, and sequences that are no UTF-8.
    static let bytes = (0...255).map { UInt8($0) } + [0xC3, 0x28, 0xFF, 0, 0xED, 0xA0, 0x80]

    private static func post(_ bytes: [UInt8]) -> Step {
        FlowFixture.get {
            $0.method = "POST"
            $0.body = .bytes(bytes)
        }
    }

    @Test func filesAreSharedAndOthersAreNot() throws {
        let bench = try FlowBench([Self.post(Self.bytes), FlowFixture.get("/after")])
        let other = FlowMachine(context: bench.context, vu: 8)
        bench.begin()
        other.begin(iteration: 0, global: nil, iterationInTest: 0, isWarmup: false)
        #expect(bench.machine.next() == .request && other.next() == .request)
        #expect(bench.machine.request.body.isEmpty)
        #expect(bench.machine.request.file.map { Array($0.bytes) } == Self.bytes)
        #expect(bench.machine.request.file === other.request.file)
        #expect(bench.headers == ["Content-Type: application/octet-stream"])
        _ = bench.complete()
        #expect(bench.machine.next() == .request)
        #expect(bench.machine.request.file == nil)
    }

    /// Over a real connection, empty ones too, and requests without a file between them.
    @Test func bytesArriveAsTheyAre() throws {
        let server = try ScriptedServer()
        let large = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let steps = [
            Self.post(Self.bytes), PlaneScenario.get(), Self.post([]), Self.post(large),
            FlowFixture.get { step in
                step.method = "POST"
                step.body = .text(Template(literal: "text"))
            },
        ]
        let executor = PlaneScenario.arrivals(perSecond: 100, for: .milliseconds(50), vus: 1)
        let run = try PlaneRun(PlaneScenario.make(executor, steps: steps), url: server.url).run()
        run.expectIdentities()
        let bodies = server.requests.map(\.body)
        #expect(bodies.count == 25 && run.counters.transfersFailed == 0)
        let types = server.requests.prefix(5).map { $0.headers["content-type"] }
        let file = "application/octet-stream"
        #expect(types == [file, nil, file, file, nil])
        for (i, body) in bodies.enumerated() {
            #expect(body == [Self.bytes, [], [], large, Array("text".utf8)][i % 5], "request \(i)")
        }
    }
}
