// One VU: a cursor over a compiled flow. A state machine without clock or socket: `next` says what
// to do, the worker does it and reports with `complete`.
//
//     begin -> next -> .request -> (worker) -> complete -> next -> .think -> (worker) -> next ...
//                                                             `-> .finished -> begin ...
//
// Thread-confined, reused for all its iterations. In the steady state a request allocates nothing:
// buffers, variables and the stack keep their memory. An iteration that the worker cuts off needs
// no goodbye; the next `begin` starts clean.

import Glibc
import HarnessCore
import ScenarioModel

/// One VU. Thread-confined, reused for all its iterations.
package final class FlowMachine {
    let context: FlowContext
    let code: FlowCode
    let vu: UInt64
    /// Valid after `next` returned `.request`, until `complete`.
    package internal(set) var request = PreparedRequest()

    // The iteration
    private var frames: [Frame] = []
    private var isStopped = false
    private var current: Int?
    var isWarmup = false
    var iteration: UInt64 = 0
    var iterationInTest: UInt64 = 0
    var random = SplitMix64(state: 0)
    var variables: [FlowText]
    var lastStatus = 0
    var lastDuration = TimeSpan.zero

    // Orders
    /// Drawn by this iteration's order step.
    var command: OrderCommand?
    /// Drawn at `begin` for the order step to come: arrivals begin in order, their steps need not.
    private var drawn: OrderCommand?
    /// The lane of a VU whose executor does not number its iterations.
    private var ownLane: OrderLane?

    /// Checks of the request that `complete` was called for last.
    package internal(set) var checkOutcomes: [CheckOutcome] = []
    /// Text a check looks at, reused.
    var subject: [UInt8] = []
    /// Text it is compared with, reused.
    var operand: [UInt8] = []
    /// Text that is to become a number, reused.
    var numberText: [UInt8] = []
    /// An error of a check's operand.
    var operandFailure: FlowFailure?

    private struct Frame {
        var block: Int
        var index: Int
        /// Of the group whose steps these are; -1: none.
        var group = -1
        var begunAt = Instant(ns: 0)
    }

    package init(context: FlowContext, vu: UInt64) {
        self.context = context
        self.vu = vu
        code = context.code
        variables = [FlowText](repeating: .undefined, count: context.code.variableCount)
    }

    /// Starts an iteration.
    /// - Parameters:
    ///   - iteration: the VU's count from 0.
    ///   - global: g of numbered executors; nil for constant-vus, whose draws are the VU's own.
    ///   - iterationInTest: `${iterationInTest}`.
    package func begin(
        iteration: UInt64, global: UInt64?, iterationInTest: UInt64, isWarmup: Bool
    ) {
        self.iteration = iteration
        self.iterationInTest = iterationInTest
        self.isWarmup = isWarmup
        random = code.streams.stream(.flows, global ?? (vu << 32) &+ iteration, 0)
        for i in variables.indices where !code.keeps[i] { variables[i].kind = .undefined }
        frames.removeAll(keepingCapacity: true)
        frames.append(Frame(block: 0, index: 0))
        isStopped = false
        current = nil
        lastStatus = 0
        lastDuration = .zero
        command = nil
        drawn = nil
        if let global, let order = code.order {
            drawn = context.command(global: global, order.tables)
        }
    }

    /// What to do now.
    package func next() -> FlowAction {
        precondition(current == nil, "complete comes before the next step")
        while !isStopped, let frame = frames.last {
            let block = code.blocks[frame.block]
            guard frame.index < block.count else {
                leaveFrame()
                continue
            }
            frames[frames.count - 1].index += 1
            switch block[frame.index] {
            case .request(let position):
                do throws(FlowFailure) {
                    try prepare(position)
                    request.stepID = position
                    request.groupID = frames.last { $0.group >= 0 }?.group ?? -1
                    current = position
                    return .request
                } catch {
                    fail(error)
                }
            case .think(let think): return .think(span(think))
            case .choose(let position):
                let choice = code.choices[position]
                let picked = choice.weights.pick(random.next())
                frames.append(Frame(block: choice.blocks[picked], index: 0))
            case .order: drawOrder()
            case .block(let inner, let group):
                frames.append(
                    Frame(block: inner, index: 0, group: group, begunAt: context.now))
            }
        }
        // A failure ends the groups it happened in.
        while !frames.isEmpty { leaveFrame() }
        return .finished(failed: isStopped)
    }

    private func leaveFrame() {
        let frame = frames.removeLast()
        guard frame.group >= 0 else { return }
        context.groupEnded(frame.group, since: frame.begunAt, isWarmup: isWarmup)
    }

    /// How the transfer of `request` ended: evaluates checks, takes captures.
    package func complete(_ response: TransferResponse) -> RequestVerdict {
        guard let position = current else {
            preconditionFailure("complete without a request")
        }
        current = nil
        lastStatus = response.status
        lastDuration = response.duration
        let request = code.requests[position]
        checkOutcomes.removeAll(keepingCapacity: true)
        if !request.checks.isEmpty { evaluate(request, code.checkIDs[position], response) }
        if !request.captures.isEmpty { take(request, response) }
        let verdict = Self.verdict(request, response.status)
        if let failure = operandFailure {
            operandFailure = nil
            fail(failure)
        } else if verdict == .failed, !request.continuesOnFail {
            isStopped = true
        }
        return verdict
    }

    private static func verdict(_ request: CompiledRequest, _ status: Int) -> RequestVerdict {
        if status == 0 { return .failed }
        if request.rejects.contains(status) { return .rejected }
        return request.expect.contains(status) ? .ok : .failed
    }

    /// An iteration error: counted, and the end of the iteration.
    private func fail(_ failure: FlowFailure) {
        isStopped = true
        context.count(isWarmup) { $0.errors[failure.rawValue] += 1 }
    }

    /// Spans in ns: uniform a + below(r, b-a+1); exponential -ln(unit(r)) x mean, at most max.
    private func span(_ think: Think) -> TimeSpan {
        switch think {
        case .fixed(let span): return span
        case .uniform(let a, let b):
            let width = UInt64(b.ns - a.ns) + 1
            return TimeSpan(ns: a.ns + Int64(Draw.below(random.next(), width)))
        case .exponential(let mean, let max):
            let ns = -log(Draw.unit(random.next())) * Double(mean.ns)
            return ns < Double(max.ns) ? TimeSpan(ns: Int64(ns)) : max
        }
    }

    private func drawOrder() {
        guard let order = code.order else { preconditionFailure("an order step has a model") }
        if let drawn {
            command = drawn
        } else {
            // k = this VU's draws so far; nothing of its lane is ever skipped.
            var lane = ownLane ?? OrderLane(lane: vu, minAge: 1)
            ownLane = nil
            command = lane.command(lane.next, order.tables)
            ownLane = lane
        }
        guard let command else { return }
        context.count(isWarmup) { counters in
            counters.orders[command.operation.rawValue] += 1
            counters.substitutions += UInt64(command.substitutions)
        }
    }
}

@available(*, unavailable)
extension FlowMachine: Sendable {}
