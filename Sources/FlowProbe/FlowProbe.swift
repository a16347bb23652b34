// The one public door to the flow interpreter: runs flows made here against answers made here, so
// that benchmarks outside this package (Benchmarks/) and the allocation test measure the same code.
//
// What is measured is all that LoadGen does for a request besides the transfer: begin, next (which
// renders), complete (which checks and captures). No clock is read, no socket, no record.

import HarnessCore
import LoadGen
import ScenarioModel

/// What there is to measure.
public enum FlowProbeCase: String, CaseIterable, Sendable {
    /// GET of a constant url: what a request costs without anything in it.
    case bare
    /// A JSON body of four expressions, one in the url, one in a header.
    case templates
    /// `$.orders[2].id` and `$.account.limits.daily` of a body of 500 bytes.
    case captures
    /// Status, two JSON values of that body, time.
    case checks
    /// Two columns of a random row of 10,000.
    case feeders
    /// Login, list, condition, order with two checks, drawn order: four requests.
    case journey
}

/// One VU with a flow. Confined to the thread that made it.
public final class FlowProbe {
    /// Requests of one iteration.
    public let requests: Int
    private let machine: FlowMachine
    private let answers: [Answer]
    private var iteration: UInt64 = 0

    private struct Answer {
        let body: [UInt8]
        let headers: [UInt8]
    }

    /// - Throws: where the flow does not compile, which a test would show.
    public init(_ what: FlowProbeCase) throws {
        let flow = FlowProbeFlows.flow(what)
        requests = flow.answers.count
        answers = flow.answers.map { body in
            Answer(body: Array(body.utf8), headers: Array(FlowProbeFlows.headers.utf8))
        }
        let program = try FlowProgram(
            scenario: flow.scenario, workload: flow.scenario.workloads[0],
            targetURL: "http://127.0.0.1:8080", runID: "20270102T001500Z-7c1e", slot: 0, env: [:],
            runTag: "abcdef")
        let context = FlowContext(program: program, names: NameTable())
        machine = FlowMachine(context: context, vu: 1)
    }

    /// Runs whole iterations one after the other.
    /// - Returns: a sum over what was rendered, so that nothing can be left out; the same for the
    ///   same number of iterations of a fresh probe.
    @discardableResult
    public func run(iterations: Int) -> UInt64 {
        var sum: UInt64 = 0
        for _ in 0..<iterations {
            machine.begin(
                iteration: iteration, global: iteration, iterationInTest: iteration,
                isWarmup: false)
            iteration += 1
            var sent = 0
            while machine.next() == .request {
                let request = machine.request
                sum = sum &* 31 &+ UInt64(request.url.count + request.headers.count)
                sum = sum &* 31 &+ UInt64(request.body.count)
                complete(answers[sent])
                sent += 1
            }
            precondition(sent == requests, "an iteration of the probe ended early")
        }
        return sum
    }

    private func complete(_ answer: Answer) {
        answer.body.withUnsafeBytes { body in
            answer.headers.withUnsafeBytes { headers in
                _ = machine.complete(
                    TransferResponse(
                        status: 200, duration: .microseconds(350), body: body, headers: headers))
            }
        }
    }
}

@available(*, unavailable)
extension FlowProbe: Sendable {}
