// The transfers of an iteration: one, or the parallel ones of a batch, and what each of them
// records. A redirect that is followed is one transfer more, due when the one before it ended. A
// batch's requests are all intended at the end of the step before; those beyond its limit wait for
// a handle, and that wait is theirs.

import HarnessCore
import ScenarioModel
import Telemetry

extension WorkloadRunner {
    func sendOne(_ user: VirtualUser, intended: Instant) {
        user.begin(requests: 1, intended: intended)
        user.isBatch = false
        user.exchanges[0].prepare(user.machine.request)
        add(user, place: 0)
    }

    func sendBatch(_ user: VirtualUser, count: Int, limit: Int, intended: Instant) {
        precondition(count > 0 && limit > 0, "a batch has requests and sends them")
        user.begin(requests: count, intended: intended)
        user.isBatch = true
        for place in 0..<min(count, limit, user.exchanges.count) { sendNext(user, place: place) }
    }

    private func sendNext(_ user: VirtualUser, place: Int) {
        user.exchanges[place].prepare(user.machine.batch[user.nextRequest])
        add(user, place: place)
    }

    private func add(_ user: VirtualUser, place: Int) {
        user.places[place] = user.nextRequest
        user.handedOver[place] = bench.now
        user.nextRequest += 1
        user.transfers += 1
        bench.counters.transfersStarted += 1
        user.exchanges[place].start(now: bench.now)
    }

    /// A transfer of this VU ended, by itself, at `bench.now`.
    func transferEnded(_ user: VirtualUser, place: Int) {
        let exchange = user.exchanges[place]
        let position = user.places[place]
        let outcome = exchange.outcome
        if outcome.failure != nil { bench.noteFailure(errno: exchange.systemError) }
        bench.counters.transfersEnded += 1
        var tags =
            user.isBatch
            ? RequestTags(user.machine.batch[position]) : RequestTags(user.machine.request)
        tags.method = exchange.hopMethod ?? tags.method
        if exchange.leadsOn {
            record(user, exchange, outcome, .ok, tags, checks: [])
            exchange.follow(now: bench.now)
            user.handedOver[place] = bench.now
            bench.counters.transfersStarted += 1
            exchange.start(now: bench.now)
            return
        }
        user.places[place] = VirtualUser.nothing
        user.transfers -= 1
        let response = exchange.response
        let verdict =
            user.isBatch
            ? user.machine.complete(response, of: position) : user.machine.complete(response)
        record(user, exchange, outcome, verdict, tags, checks: user.machine.checkOutcomes)
        if user.isBatch, user.nextRequest < user.requests { sendNext(user, place: place) }
        guard user.transfers == 0 else { return }
        user.isFirstRequest = false
        step(user, from: bench.now)
    }

    func interruptTransfers(of user: VirtualUser, _ recorder: WorkloadRecorder) {
        for place in user.places.indices where user.places[place] != VirtualUser.nothing {
            recordAge(of: user, place: place)
            user.exchanges[place].cut()
            user.places[place] = VirtualUser.nothing
            bench.counters.transfersEnded += 1
            recorder.count(.requestsInterrupted)
        }
        user.transfers = 0
    }

    /// What is cut is in no histogram; that it took longer than a limit is known all the same.
    private func recordAge(of user: VirtualUser, place: Int) {
        let exchange = user.exchanges[place]
        let position = user.places[place]
        let nameID =
            user.isBatch
            ? user.machine.batch[position].nameID : user.machine.request.nameID
        let intended = exchange.hopIntended ?? user.requestIntended
        bench.recorder(index, intended: intended).request(nameID).countCut(
            responseNs: (bench.now - intended).ns,
            serviceNs: exchange.serviceSoFar(bench.now - user.handedOver[place])?.ns)
    }

    // MARK: - Records

    private func record(
        _ user: VirtualUser, _ exchange: any Exchange, _ outcome: TransferOutcome,
        _ verdict: RequestVerdict, _ tags: RequestTags, checks: [CheckOutcome]
    ) {
        let intended = exchange.hopIntended ?? user.requestIntended
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
            recorder.record(.sending, outcome.sending.ns)
            recorder.record(.waiting, outcome.waiting.ns)
            recorder.record(.receiving, outcome.receiving.ns)
            let maySend = bench.now - outcome.service
            let isFirst = user.isFirstRequest && exchange.hopIntended == nil
            let since = isFirst ? user.dispatched : intended
            connWait = max(0, (maySend - since).ns)
            request.recordConnWait(connWait ?? 0)
        }
        let isWarmup = intended < bench.measuredFrom
        if !isExpected {
            recordFailure(
                exchange, outcome, request, nameID: tags.nameID, isWarmup: isWarmup)
        }
        for check in checks where !check.holds {
            bench.errorSamples.add(
                scenario: workload.name, name: context.code.checkNames[check.check],
                errorClass: "check", code: nil, isWarmup: isWarmup, text: exchange.responseText)
        }
        let sample = RequestSample(
            workload: index, tags: tags, verdict: verdict, rejectCode: rejectCode,
            responseNs: response, connWaitNs: connWait)
        bench.recordSelected(sample, outcome, checks: checks, isWarmup: isWarmup)
    }

    private func recordFailure(
        _ exchange: any Exchange, _ outcome: TransferOutcome, _ request: RequestRecorder,
        nameID: Int, isWarmup: Bool
    ) {
        bench.counters.transfersFailed += 1
        let failure = outcome.failure ?? .status(outcome.status)
        request.count(failure)
        bench.errorSamples.add(
            scenario: workload.name, name: context.names.names[nameID],
            errorClass: failure.errorClass, code: failure.code, isWarmup: isWarmup,
            text: outcome.failure == nil ? exchange.responseText : exchange.errorText)
    }
}
