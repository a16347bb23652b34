// The data plane of an agent: its workers, their start and end, and one cut over all of them.

import CCurl
import CLinux
import Glibc
package import HarnessCore
import ScenarioModel
import Synchronization
import Telemetry

package final class LoadPlane: DataPlane {
    private struct Worker: Sendable {
        let control: WorkerControl
        let thread: DedicatedThread
    }
    /// What cuts have added up to.
    private struct Totals {
        var samples: UInt64 = 0
        var overflow: UInt64 = 0
        /// The latest of each worker.
        var counters: [Int: RunCounters] = [:]
    }
    private let assignment: AgentAssignment
    private let programs: [FlowProgram]
    private let hooks: HookPrograms
    private let dropNotices: [DropNotice]
    /// Captures of `setup`, for `teardown` too.
    private let setup = Mutex<[String: SetupValue]>([:])
    /// Of the hook that runs now.
    private let hookControl = Mutex<WorkerControl?>(nil)
    private let flowLog = FlowLog()
    private let log: @Sendable (String) -> Void
    private let neighbours: Int
    private let workers = Mutex<[Worker]>([])
    /// Of the machine; there once the workers are. Read by whoever cuts.
    private let health = Mutex<HealthSampler?>(nil)
    private let totals = Mutex(Totals())
    /// Whether the threads have ended. Held during a cut, so that no worker ends while it is asked
    /// for one, and no two cuts wait for the same answer.
    private let hasEnded = Mutex(false)

    /// - Parameters:
    ///   - neighbours: agents of the run on this machine, this one too.
    ///   - log: one line for the operator of this host: of `log` steps, on the thread that cuts;
    ///     warnings, on any thread.
    /// - Throws: `CommandFailure` 104 where a flow cannot be compiled.
    package init(
        _ assignment: AgentAssignment, neighbours: Int = 1,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(CommandFailure) {
        self.assignment = assignment
        self.log = log
        self.neighbours = neighbours
        try EasyOptions.check(assignment.scenario.defaults)
        var programs: [FlowProgram] = []
        for workload in assignment.scenario.workloads {
            programs.append(
                try FlowProgram(
                    scenario: assignment.scenario, workload: workload,
                    targetURL: assignment.targetURL, runID: assignment.runID,
                    slot: assignment.slot, env: assignment.env, runTag: assignment.runTag,
                    secrets: assignment.secrets, log: flowLog))
        }
        self.programs = programs
        hooks = try HookPrograms(assignment, log: flowLog)
        dropNotices = assignment.scenario.workloads.map { DropNotice($0, log: log) }
    }

    /// "curl_global_init(3): you must not call it when any other thread in the program is running
    /// [libcurl]": once, before the first worker.
    private static let libcurl: Void = { curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

    package func prepare() throws {
        _ = Self.libcurl
        try checkFiles()
        var threads: [Int32] = []
        let isFirst = runsFirst
        for i in 0..<workerCount {
            let control = try WorkerControl()
            let startup = Startup()
            let thread = DedicatedThread(name: "load-\(i)") {
                [assignment, programs, dropNotices, isFirst] in
                Self.setPriority(isFirst: isFirst)
                do throws(SystemError) {
                    let worker = try LoadWorker(
                        assignment: assignment, programs: programs, worker: i,
                        control: control, dropNotices: dropNotices)
                    startup.ends(.success(DedicatedThread.currentID))
                    worker.run()
                } catch {
                    startup.ends(.failure(error))
                }
            }
            switch startup.wait() {
            case .failure(let error):
                shutdown()
                throw error
            case .success(let id): threads.append(id)
            }
            workers.withLock { $0.append(Worker(control: control, thread: thread)) }
        }
        health.withLock { $0 = HealthSampler(threads: threads) }
    }

    /// A generator that waits behind its own target measures itself.
    private static func setPriority(isFirst: Bool) {
        DedicatedThread.setPreciseTimers()
        DedicatedThread.setNice(-10)
        if isFirst { DedicatedThread.setRealtime() }
    }

    /// Workers may run before everything else of this machine, as long as a core is left for that.
    private var runsFirst: Bool {
        workerCount * max(1, neighbours) < DedicatedThread.usableCores
    }

    private var workerCount: Int { max(1, assignment.workers) }

    package func provide(setup captures: [String: SetupValue]) {
        setup.withLock { $0 = captures }
        each { $0.tell { $0.setup = captures } }
    }

    package func apply(_ control: ScheduleControl) { each { $0.tell { $0.schedule = control } } }

    package func run(_ hook: FlowHook) -> HookOutcome {
        _ = Self.libcurl
        do throws(SystemError) {
            let control = try WorkerControl()
            hookControl.withLock { $0 = control }
            defer {
                hookControl.withLock { $0 = nil }
                passLogOn()
            }
            return try HookRun(assignment, hook, hooks, setup: setup.withLock { $0 })
                .run(control)
        } catch {
            return HookOutcome(failure: "\(error)", captures: [:])
        }
    }

    package func start(at instant: Instant) { each { $0.start(at: instant) } }
    package func windowsBegin() { health.withLock { _ = $0?.read(now: Instant.now()) } }
    package func stop() { each { $0.stop() } }
    package func abort() {
        each { $0.abort() }
        hookControl.withLock { $0?.abort() }
    }
    package func renew(until: Instant) { each { $0.renew(until: until) } }

    package var isIdle: Bool {
        workers.withLock { all in all.allSatisfy { $0.control.isIdle } }
    }

    package func shutdown() {
        hasEnded.withLock { hasEnded in
            let ending = workers.withLock { $0 }
            each { $0.exit() }
            for worker in ending { worker.thread.join() }
            hasEnded = true
        }
        let suppressed = flowLog.suppressed
        if suppressed > 0 {
            log(
                "\(suppressed) log lines more than \(Limits.logLinesPerSecond) a second or "
                    + "\(Limits.logLinesPerRun) a run are not shown")
        }
    }

    private func each(_ body: (WorkerControl) -> Void) {
        for worker in workers.withLock({ $0 }) { body(worker.control) }
    }

    package func cut() -> WindowCut {
        var window = hasEnded.withLock { cut(isOver: $0) }
        window.series += health.withLock { $0?.read(now: Instant.now()) ?? [] }
        passLogOn()
        return window
    }

    private func passLogOn() {
        for line in flowLog.take() { log(line) }
    }

    private func cut(isOver: Bool) -> WindowCut {
        let controls = workers.withLock { $0.map(\.control) }
        let cuts = controls.map { isOver ? $0.takeLeft() : $0.requestCut() }
        return totals.withLock { totals in
            var parts: [[SeriesDelta]] = []
            var vus = 0
            for (i, cut) in cuts.enumerated() {
                guard let cut else { continue }
                let (series, overflow) = cut.recording.drain()
                controls[i].giveBack(cut.recording)
                parts.append(series + cut.flowSeries)
                totals.overflow += overflow
                totals.counters[i] = cut.counters
                vus += cut.vus
            }
            let series = SeriesMerge.join(parts)
            for item in series {
                if case .histogram(let h) = item.value { totals.samples += h.count }
            }
            var counters = totals.counters.values.reduce(RunCounters(), +)
            counters.samples = totals.samples
            counters.overflow = totals.overflow
            return WindowCut(counters: counters, series: series, vus: vus)
        }
    }

    private func checkFiles() throws(CommandFailure) {
        let warning = try FileLimit.raised().check(
            assignment.scenario, weights: assignment.weights, segment: assignment.segment,
            widths: programs.map(\.batchWidth))
        if let warning { log(warning) }
    }

    /// How a worker's thread says that it is ready, or why it is not.
    private final class Startup: Sendable {
        private let result = Mutex<Result<Int32, SystemError>?>(nil)
        private let ended = Semaphore()

        /// - Parameter outcome: the thread's id.
        func ends(_ outcome: Result<Int32, SystemError>) {
            result.withLock { $0 = outcome }
            ended.signal()
        }

        func wait() -> Result<Int32, SystemError> {
            ended.wait()
            guard let outcome = result.withLock({ $0 }) else {
                preconditionFailure("a thread says how it began before it wakes anybody")
            }
            return outcome
        }
    }
}
