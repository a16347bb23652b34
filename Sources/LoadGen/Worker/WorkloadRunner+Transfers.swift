// The transfers of an iteration: one, or the parallel ones of a batch, and what each of them
// records. A batch's requests are all intended at the end of the step before; those beyond its limit
// wait for a handle, and that wait is theirs.

import CCurl
import HarnessCore
import ScenarioModel
import Telemetry

extension WorkloadRunner {
    func sendOne(_ user: VirtualUser, intended: Instant) {
        user.begin(requests: 1, intended: intended)
        user.isBatch = false
        user.easies[0].prepare(user.machine.request)
        add(user, place: 0)
    }

    func sendBatch(_ user: VirtualUser, count: Int, limit: Int, intended: Instant) {
        precondition(count > 0 && limit > 0, "a batch has requests and sends them")
        user.begin(requests: count, intended: intended)
        user.isBatch = true
        for place in 0..<min(count, limit, user.easies.count) { sendNext(user, place: place) }
    }

    private func sendNext(_ user: VirtualUser, place: Int) {
        user.easies[place].prepare(user.machine.batch[user.nextRequest])
        add(user, place: place)
    }

    private func add(_ user: VirtualUser, place: Int) {
        user.places[place] = user.nextRequest
        user.nextRequest += 1
        user.transfers += 1
        bench.counters.transfersStarted += 1
        bench.multi.add(user.easies[place].handle)
    }

    /// A transfer of this VU ended, by itself, at `bench.now`.
    func transferEnded(_ user: VirtualUser, place: Int, result: CURLcode) {
        let easy = user.easies[place]
        let position = user.places[place]
        let outcome = TransferOutcome(easy, result: result)
        user.places[place] = VirtualUser.nothing
        user.transfers -= 1
        bench.counters.transfersEnded += 1
        if user.isBatch {
            let verdict = easy.withResponse(outcome) { user.machine.complete($0, of: position) }
            record(user, easy, outcome, verdict, RequestTags(user.machine.batch[position]))
            if user.nextRequest < user.requests { sendNext(user, place: place) }
        } else {
            let verdict = easy.withResponse(outcome) { user.machine.complete($0) }
            record(user, easy, outcome, verdict, RequestTags(user.machine.request))
        }
        guard user.transfers == 0 else { return }
        user.isFirstRequest = false
        step(user, from: bench.now)
    }

    func interruptTransfers(of user: VirtualUser, _ recorder: WorkloadRecorder) {
        for place in user.places.indices where user.places[place] != VirtualUser.nothing {
            bench.multi.remove(user.easies[place].handle)
            user.places[place] = VirtualUser.nothing
            bench.counters.transfersEnded += 1
            recorder.count(.requestsInterrupted)
        }
        user.transfers = 0
    }

    // MARK: - Records

    private func record(
        _ user: VirtualUser, _ easy: EasyHandle, _ outcome: TransferOutcome,
        _ verdict: RequestVerdict, _ tags: RequestTags
    ) {
        let intended = user.requestIntended
        let recorder = bench.recorder(index, intended: intended)
        let request = recorder.request(tags.nameID)
        let rejectCode = verdict == .rejected ? user.machine.rejectCode : -1
        let isExpected = verdict != .failed
        bench.counters.bytesSent += outcome.bytesSent
        bench.counters.bytesReceived += outcome.bytesReceived
        recorder.count(.dataSent, outcome.bytesSent)
        recorder.count(.dataReceived, outcome.bytesReceived)
        request.count(
            status: outcome.status, isExpected: isExpected, isRejected: verdict == .rejected,
            rejectCode: rejectCode, codeName: { context.rejectCodeName($0) })
        // Rounding of libcurl's microseconds must not make a response faster than its service.
        let response = max((bench.now - intended).ns, outcome.service.ns)
        request.recordResponse(response, isExpected: isExpected)
        var connWait: Int64?
        recorder.record(.blocked, outcome.blocked.ns)
        recorder.record(.connecting, outcome.connecting.ns)
        recorder.record(.tlsHandshaking, outcome.tlsHandshaking.ns)
        if outcome.wasSent {
            request.recordService(outcome.service.ns, isExpected: isExpected)
            recorder.record(.sending, 0)
            recorder.record(.waiting, outcome.waiting.ns)
            recorder.record(.receiving, outcome.receiving.ns)
            let maySend = bench.now - outcome.service
            let since = user.isFirstRequest ? user.dispatched : intended
            connWait = max(0, (maySend - since).ns)
            recorder.record(.connWait, connWait ?? 0)
        }
        if !isExpected { recordFailure(user, easy, outcome, request, nameID: tags.nameID) }
        // Warm-up samples are judged by nobody: they have no selected series.
        guard intended >= bench.measuredFrom else { return }
        let sample = RequestSample(
            workload: index, tags: tags, verdict: verdict, rejectCode: rejectCode,
            responseNs: response, connWaitNs: connWait)
        bench.recordSelected(sample, outcome, checks: user.machine.checkOutcomes)
    }

    private func recordFailure(
        _ user: VirtualUser, _ easy: EasyHandle, _ outcome: TransferOutcome,
        _ request: RequestRecorder, nameID: Int
    ) {
        bench.counters.transfersFailed += 1
        let failure = outcome.failure ?? .status(outcome.status)
        request.count(failure)
        bench.errorSamples.add(
            scenario: workload.name, name: context.names.names[nameID],
            errorClass: failure.errorClass, isWarmup: user.requestIntended < bench.measuredFrom,
            text: outcome.failure == nil ? easy.responseText : outcome.errorText)
    }
}
