// Makes the VUs of one worker, each with its own connections. Confined to the worker's thread.

import HarnessCore
import ScenarioModel

struct UserFactory {
    let bench: WorkerBench

    /// - Parameters:
    ///   - ordinal: among its workload's VUs in this worker.
    ///   - number: in the test.
    ///   - exchanges: how many transfers it may have at once.
    /// - Throws: `SystemError` where libcurl has no memory.
    func make(
        workload: Int, ordinal: Int, number: UInt64, context: FlowContext, lane: TransferLane,
        exchanges count: Int
    ) throws(SystemError) -> VirtualUser {
        let index = bench.users.count
        let exchanges = try bench.transport.makeExchanges(
            lane, vu: index, count: min(count, TransferTag.placesMax))
        let user = VirtualUser(
            index: index, workload: workload, ordinal: ordinal,
            machine: FlowMachine(context: context, vu: number), exchanges: exchanges)
        bench.users.append(user)
        return user
    }
}

@available(*, unavailable)
extension UserFactory: Sendable {}
