// One VU: a cursor over a compiled flow. A state machine without clock or socket: `next` says what
// to do, the worker does it and reports with `complete`.
//
//     begin -> next -> .request -> (worker) -> complete -> next -> .think -> (worker) -> next ...
//                        |                                    `-> .finished -> begin ...
//                        `-> .batch -> (worker) -> complete(of: 0), complete(of: 1) ... -> next
//
// Thread-confined, reused for all its iterations. In the steady state a request allocates nothing:
// buffers, variables and the stack keep their memory. An iteration that the worker cuts off needs
// no goodbye; the next `begin` starts clean.

import HarnessCore
import ScenarioModel

/// One VU. Thread-confined, reused for all its iterations.
package final class FlowMachine {
    let context: FlowContext
    let code: FlowCode
    let vu: UInt64
    /// Valid after `next` returned `.request`, until `complete`.
    package let request = PreparedRequest()
    /// Valid after `next` returned `.batch`, until the last `complete`: as many as it said.
    package let batch: [PreparedRequest]
    /// Whether `failureText` is kept; off, because it allocates.
    package var explainsFailures = false
    /// Why the iteration failed, in words, where `explainsFailures` is on; nil if it did not.
    package internal(set) var failureText: String?
    /// Number of the code of the reject that `complete` reported last (`FlowContext.rejectCodeName`
    /// has its text); -1 where its body had none.
    package internal(set) var rejectCode = -1

    // The iteration
    var frames: [Frame] = []
    var isStopped = false
    /// Position of the request that `next` returned last, or of the first one of its batch.
    private var current = 0
    /// Transfers that `complete` was not called for yet.
    private var pending = 0
    var isWarmup = false
    var iteration: UInt64 = 0
    var iterationInTest: UInt64 = 0
    var random = SplitMix64(state: 0)
    var variables: [FlowText]
    /// By feeder: the iteration's row, or one of `FeederRow`.
    var rows: [Int]
    var lastStatus = 0
    var lastDuration = TimeSpan.zero
    /// Name tag of the request that ended last; -1: none in this iteration.
    var lastName = -1

    // Orders
    /// Drawn by this iteration's order step.
    var command: OrderCommand?
    /// Drawn at `begin` for the order step to come: arrivals begin in order, their steps need not.
    var drawn: OrderCommand?
    /// The lane of a VU whose executor does not number its iterations.
    var ownLane: OrderLane?

    /// Checks of the request that `complete` was called for last.
    package internal(set) var checkOutcomes: [CheckOutcome] = []
    /// The latest name that had no value.
    enum Undefined {
        case none
        case variable(Int)
        case order(OrderField)
    }
    var undefined = Undefined.none

    /// Text a check looks at, reused.
    var subject: [UInt8] = []
    /// Text it is compared with, reused.
    var operand: [UInt8] = []
    /// Text that is to become a number, reused.
    var numberText: [UInt8] = []
    /// The two sides of a condition, reused; the first also holds texts of log and metric steps.
    var left: [UInt8] = []
    var right: [UInt8] = []
    /// The round whose condition is being asked.
    var asking: Int?
    /// An error of a check's operand.
    var operandFailure: FlowFailure?

    struct Frame {
        /// The next operation, and the end of the block.
        var index: Int
        var end: Int
        /// Of the group whose steps these are; -1: none.
        var group = -1
        var begunAt = Instant(ns: 0)
        /// Of the loop whose steps these are; -1: none.
        var loop = -1
        /// `${loop}`
        var round = 0
    }

    package init(context: FlowContext, vu: UInt64) {
        self.context = context
        self.vu = vu
        code = context.code
        variables = [FlowText](repeating: .undefined, count: code.variableNames.count)
        rows = [Int](repeating: FeederRow.notPicked, count: code.feeders.count)
        batch = (0..<code.batchCount).map { _ in PreparedRequest() }
    }

    /// Starts an iteration.
    /// - Parameters:
    ///   - iteration: the VU's count from 0.
    ///   - global: g of numbered executors; nil for the others, whose draws are the VU's own.
    ///   - iterationInTest: `${iterationInTest}`.
    package func begin(
        iteration: UInt64, global: UInt64?, iterationInTest: UInt64, isWarmup: Bool
    ) {
        self.iteration = iteration
        self.iterationInTest = iterationInTest
        self.isWarmup = isWarmup
        random = code.streams.stream(.flows, global ?? (vu << 32) &+ iteration, 0)
        for i in variables.indices where !code.keeps[i] { variables[i].kind = .undefined }
        for i in rows.indices { rows[i] = FeederRow.notPicked }
        frames.removeAll(keepingCapacity: true)
        enter(0)
        isStopped = false
        pending = 0
        failureText = nil
        lastStatus = 0
        lastDuration = .zero
        lastName = -1
        command = nil
        drawn = nil
        if let global, let order = code.order {
            drawn = context.command(global: global, order.tables)
        }
    }

    /// What to do now. After `Limits.flowStepsPerTurn` steps without a transfer or a wait it is a
    /// wait of no length: an endless loop of such steps must not keep the worker to itself.
    package func next() -> FlowAction {
        precondition(pending == 0, "complete comes before the next step")
        var steps = 0
        while !isStopped, let frame = frames.last {
            steps += 1
            if steps > Limits.flowStepsPerTurn { return .think(.zero) }
            do throws(FlowFailure) {
                guard frame.index < frame.end else {
                    try endBlock(frame)
                    continue
                }
                frames[frames.count - 1].index += 1
                if let action = try perform(code.operations[frame.index]) { return action }
            } catch {
                fail(error)
            }
        }
        // A failure ends the groups it happened in.
        while let frame = frames.last { leave(frame) }
        return .finished(failed: isStopped)
    }

    /// Does one step; what the worker is to do for it, if anything.
    private func perform(_ operation: FlowCode.Operation) throws(FlowFailure) -> FlowAction? {
        switch operation {
        case .request(let position):
            try prepare(position, into: request)
            current = position
            pending = 1
            return .request
        case .batch(let position): return try prepare(code.batches[position])
        case .think(let think): return .think(span(think))
        case .choose(let position):
            let choice = code.choices[position]
            enter(choice.blocks[choice.weights.pick(random.next())])
        case .order: drawOrder()
        case .group(let group, let block): enter(block, group: group)
        case .branch(let position):
            let branch = code.branches[position]
            enter(try holds(branch.condition) ? branch.then : branch.otherwise)
        case .loop(let position): try enter(loop: position)
        case .metric(let position): try record(code.metrics[position])
        case .fail(let position):
            left.removeAll(keepingCapacity: true)
            try render(code.texts[position], into: &left)
            if explainsFailures { explain(String(decoding: left, as: UTF8.self)) }
            throw .fail
        case .log(let position):
            left.removeAll(keepingCapacity: true)
            try render(code.texts[position], into: &left)
            code.log.add(
                left, scenario: code.scenario, now: context.now, redactor: code.redactor)
        }
        return nil
    }

    /// All of a batch is rendered before any of it is sent.
    private func prepare(_ list: FlowCode.Batch) throws(FlowFailure) -> FlowAction? {
        if list.requests.isEmpty { return nil }
        for (i, position) in list.requests.enumerated() {
            try prepare(position, into: batch[i])
        }
        current = list.requests.lowerBound
        pending = list.requests.count
        return .batch(count: pending, limit: list.limit)
    }

    // MARK: - Responses

    /// How the transfer of `request` ended: evaluates checks, takes captures.
    package func complete(_ response: TransferResponse) -> RequestVerdict {
        lastName = request.nameID
        return complete(response, current)
    }

    /// How the transfer of `batch[position]` ended; each once, in any order.
    package func complete(_ response: TransferResponse, of position: Int) -> RequestVerdict {
        lastName = batch[position].nameID
        return complete(response, current + position)
    }

    private func complete(_ response: TransferResponse, _ position: Int) -> RequestVerdict {
        precondition(pending > 0, "complete without a request")
        pending -= 1
        lastStatus = response.status
        lastDuration = response.duration
        let step = code.requests[position]
        checkOutcomes.removeAll(keepingCapacity: true)
        if !step.checks.isEmpty { evaluate(step, code.checkIDs[position], response) }
        if !step.captures.isEmpty { take(step, response) }
        let verdict = Self.verdict(step, response.status)
        if verdict == .rejected { rejectCode = code(of: response) }
        if let failure = operandFailure {
            operandFailure = nil
            fail(failure)
        } else if verdict == .failed, !step.continuesOnFail {
            if explainsFailures { explain(response) }
            isStopped = true
        }
        return verdict
    }

    private static func verdict(_ step: CompiledRequest, _ status: Int) -> RequestVerdict {
        if status == 0 { return .failed }
        if step.rejects.contains(status) { return .rejected }
        return step.expect.contains(status) ? .ok : .failed
    }

    /// An iteration error: counted, and the end of the iteration.
    func fail(_ failure: FlowFailure) {
        isStopped = true
        if explainsFailures { explain(failure) }
        notice(failure)
        context.count(isWarmup) { $0.errors[failure.rawValue] += 1 }
    }
}

@available(*, unavailable)
extension FlowMachine: Sendable {}
