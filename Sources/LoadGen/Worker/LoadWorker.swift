// One worker: a thread with one libcurl multi and one epoll set that owns its VUs for life. A turn:
//
//     wait -> sockets and libcurl's timers -> read the clock -> finished transfers (end = now)
//          -> waits that are over -> what is due -> transfers begin -> cut, if asked
//
// Confined to its thread from `init` on; other threads reach it through `WorkerControl` alone.

import CCurl
import HarnessCore
import ScenarioModel
import Telemetry

final class LoadWorker {
    let control: WorkerControl
    let bench: WorkerBench
    let runners: [WorkloadRunner]
    let contexts: [FlowContext]
    let makeRecording: () -> WorkerRecording
    var health = TurnHealth()
    private let warmup: TimeSpan
    private var isStopped = false
    private var isAborted = false
    private var isFenced = false

    /// - Parameters:
    ///   - programs: by workload of the assignment's scenario.
    ///   - dropNotices: by workload, shared by the workers; empty: nobody is warned.
    init(
        assignment: AgentAssignment, programs: [FlowProgram], worker: Int,
        control: WorkerControl, dropNotices: [DropNotice] = []
    ) throws(SystemError) {
        self.control = control
        let scenario = assignment.scenario
        warmup = scenario.warmup
        let poller = try Poller(waker: control.waker)
        let transport = try Transport(
            poller: poller, options: EasyOptions(assignment), rule: AddressRule(assignment))
        let limits = SeriesLimits(scenario)
        var tables: [NameTable] = []
        var contexts: [FlowContext] = []
        for (workload, program) in zip(scenario.workloads, programs) {
            let table = NameTable(templateNames: scenario.templateNames(of: workload))
            for name in program.staticNames { _ = table.id(name) }
            tables.append(table)
            contexts.append(FlowContext(program: program, names: table))
        }
        let scenarios = scenario.workloads.map(\.name)
        let selected = SelectedSeries(scenario)
        makeRecording = {
            WorkerRecording(
                scenarios: scenarios, names: tables, selected: selected, limits: limits)
        }
        let shares = scenario.workloads.map {
            WorkloadShare(
                $0.executor, weights: assignment.weights, segment: assignment.segment,
                worker: worker, workers: assignment.workers)
        }
        bench = WorkerBench(
            transport: transport, recording: makeRecording(),
            selected: SelectedFilter(selected, scenario: scenario, contexts: contexts),
            vus: shares.reduce(0) { $0 + $1.vuNumbers.count })
        bench.errorSamples.redactor = SecretRedactor(Array(assignment.secrets.values))
        let factory = UserFactory(bench: bench)
        var runners: [WorkloadRunner] = []
        for (i, workload) in scenario.workloads.enumerated() {
            let (context, share, width) = (contexts[i], shares[i], programs[i].batchWidth)
            let lane = scenario.lane(of: workload)
            runners.append(
                try WorkloadRunner(
                    index: i, workload: workload, scenario: scenario, share: share, bench: bench,
                    context: context, dropNotice: dropNotices.isEmpty ? nil : dropNotices[i]
                ) { (position: Int) throws(SystemError) -> VirtualUser in
                    try factory.make(
                        workload: i, ordinal: position, number: share.vuNumbers[position],
                        context: context, lane: lane, exchanges: max(1, width))
                })
        }
        self.runners = runners
        self.contexts = contexts
        // Both recordings are there before the start: a window's end allocates nothing.
        control.giveBack(makeRecording())
    }

    /// Runs until `control` says exit; leaves a last cut in the mailbox.
    func run() {
        health.begin(Instant.now(), cpu: DedicatedThread.cpuTime())
        while true {
            turn()
            if control.takesCutRequest() { postCut(isAnswer: true) }
            if control.wantsExit { break }
        }
        isAborted = true
        for runner in runners { runner.abort() }
        // Nobody waits for a cut: the plane asks for none while it ends its workers.
        postCut(isAnswer: false)
    }

    func turn() {
        let deadline = nextDeadline()
        let isDue = bench.transport.hasFinished || deadline <= bench.now
        let asleep = Instant.now()
        health.sleeps(at: asleep)
        let ready = bench.transport.poller.wait(until: deadline, isDue: isDue, now: asleep)
        let woke = Instant.now()
        health.woke(at: woke, deadline: deadline)
        bench.transport.handle(ready, now: woke)
        bench.now = Instant.now()
        bench.transport.setClock(bench.now)
        finishTransfers()
        wakeUsers()
        obeyControl()
        for runner in runners where !runner.isDone { runner.turn() }
        bench.transport.flush(now: bench.now)
        control.setIdle(isIdle)
    }

    var isIdle: Bool {
        bench.startAt != .distantFuture && runners.allSatisfy(\.isDone)
            || (bench.startAt == .distantFuture && (isStopped || isAborted))
    }

    private func nextDeadline() -> Instant {
        var next = bench.transport.deadline
        if let wake = bench.wakes.first { next = min(next, wake.due) }
        for runner in runners where bench.startAt != .distantFuture {
            next = min(next, runner.deadline)
        }
        return next
    }

    private func finishTransfers() {
        while let tag = bench.transport.takeFinished() { ended(tag) }
    }

    private func ended(_ tag: TransferTag) {
        let user = bench.users[tag.vu]
        // Taken out, but cut in the meantime.
        guard user.places[tag.place] != VirtualUser.nothing else { return }
        runners[user.workload].transferEnded(user, place: tag.place)
    }

    private func wakeUsers() {
        // A wait that begins here may be over at once (no think time, a closed loop without any
        // request): it is for the next turn, or this loop would never end.
        for _ in 0..<bench.wakes.count {
            guard let first = bench.wakes.first, first.due <= bench.now else { return }
            let entry = bench.wakes.removeFirst()
            let user = bench.users[entry.vu]
            guard user.ticket == entry.ticket else { continue }
            runners[user.workload].woke(user, due: entry.due)
        }
    }

    private func obeyControl() {
        bench.dispatchUntil = control.dispatchUntil
        if let news = control.takeNews() { obey(news) }
        if bench.startAt == .distantFuture, let start = control.startAt, !isStopped, !isAborted {
            bench.startAt = start
            bench.measuredFrom = start + warmup
            arm()
        }
        if control.wantsAbort && !isAborted {
            isAborted = true
            for runner in runners { runner.abort() }
        }
        if control.wantsStop && !isStopped {
            isStopped = true
            for runner in runners { runner.stop() }
        }
        if bench.now > bench.dispatchUntil && !isFenced && bench.startAt <= bench.now {
            isFenced = true
            for runner in runners { runner.fence() }
        }
    }

    private func obey(_ news: WorkerControl.News) {
        if let setup = news.setup {
            for context in contexts { context.provide(setup: setup) }
        }
        if let schedule = news.schedule {
            bench.schedule = schedule
            if bench.startAt != .distantFuture { arm() }
        }
    }

    private func arm() {
        bench.clock = ScheduleClock(start: bench.startAt, pauses: bench.schedule.pauses)
        for runner in runners { runner.arm() }
    }
}

@available(*, unavailable)
extension LoadWorker: Sendable {}
