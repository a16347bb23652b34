// Makes the VUs of one worker, each with its own connections. Confined to the worker's thread.

import HarnessCore

struct UserFactory {
    let bench: WorkerBench
    let options: EasyOptions
    let rule: AddressRule

    /// - Parameters:
    ///   - ordinal: among its workload's VUs in this worker.
    ///   - number: in the test.
    ///   - handles: how many transfers it may have at once.
    /// - Throws: `SystemError` where libcurl has no memory.
    func make(
        workload: Int, ordinal: Int, number: UInt64, context: FlowContext, handles: Int
    ) throws(SystemError) -> VirtualUser {
        let index = bench.users.count
        let cache = ConnectionCache()
        var easies: [EasyHandle] = []
        for place in 0..<min(handles, TransferTag.placesMax) {
            easies.append(
                try EasyHandle(
                    tag: TransferTag(vu: index, place: place), options: options, cache: cache,
                    multi: bench.multi, poller: bench.poller, rule: rule))
        }
        let user = VirtualUser(
            index: index, workload: workload, ordinal: ordinal,
            machine: FlowMachine(context: context, vu: number), easies: easies)
        bench.users.append(user)
        return user
    }
}

@available(*, unavailable)
extension UserFactory: Sendable {}
