// A child that runs one step of a calibration: from its start to the deltas it left.

import Foundation
import HarnessCore
import LoadGen
import Telemetry

struct StepAgent: Sendable {
    let process: ChildProcess
    private let slot: Int
    private let deltasFile: String
    private let log: LineLog
    private let ready: AsyncStream<Void>

    static func start(_ slot: Int, arguments: [String], deltas: String) async throws -> StepAgent {
        let log = LineLog(limit: 20)
        let (lines, isReady) = AsyncStream.makeStream(of: Void.self)
        let process = try await ChildProcess.start(
            name: "agent \(slot)", executable: Executables.own, arguments: arguments
        ) { line in
            if line == "ready" { isReady.yield() } else { log.append(line) }
        }
        Task {
            _ = await process.wait()
            isReady.finish()
        }
        return StepAgent(
            process: process, slot: slot, deltasFile: deltas, log: log, ready: lines)
    }

    func waitUntilReady(within timeout: TimeSpan) async throws {
        let process = process
        let killer = Task {
            try await Task.sleep(for: .nanoseconds(timeout.ns))
            kill(process.pid, SIGKILL)
        }
        defer { killer.cancel() }
        for await _ in ready { return }
        throw CommandFailure(
            .unavailable,
            "agent \(slot) was not ready within \(Int(timeout.seconds)) s or ended: \(log.text)")
    }

    /// Waits for its end.
    func deltas() async throws -> [Delta] {
        let status = await process.wait()
        guard status == 0 else {
            throw CommandFailure(
                .internalError, "agent \(slot) ended with exit code \(status): \(log.text)")
        }
        do {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: deltasFile))
            return try CalibrationDeltas.decode(Array(bytes))
        } catch {
            throw CommandFailure(.internalError, "agent \(slot) left no figures: \(error)")
        }
    }
}
