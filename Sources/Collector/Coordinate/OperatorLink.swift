// The operator's end of a run: reads `status`, puts a request into `ctl` and waits until `status`
// answers it (fleet.md sections 1, 2, 6). Blocks; for a thread of one's own.

package import HarnessCore
package import RedisClient

package struct OperatorLink {
    /// How long a coordinator that is there may take to answer: it looks four times a second.
    private static let answerLimit = TimeSpan.seconds(15)
    private static let step = TimeSpan.milliseconds(50)

    private let connection: RedisConnection
    private let keys: RunKeys
    private let endpoint: RedisEndpoint

    /// - Throws: `CommandFailure` 69 where Redis does not answer.
    package init(_ endpoint: RedisEndpoint, run: String) throws(CommandFailure) {
        self.endpoint = endpoint
        keys = RunKeys(run: run)
        do throws(RedisError) {
            connection = try RedisConnection(endpoint, name: "spotload-ctl")
        } catch {
            throw CommandFailure(
                .unavailable, "run \(run): no Redis at \(endpoint): \(error.detail)")
        }
    }

    /// - Throws: `CommandFailure` 69 where no coordinator runs it.
    package func status() throws(CommandFailure) -> StatusRecord {
        guard let bytes = try asked(["GET", keys.status]).bytes else {
            throw CommandFailure(
                .unavailable,
                "no run \(keys.run) at \(endpoint): it is over, or was never started there")
        }
        do throws(FleetRecordError) {
            return try StatusRecord.decode(bytes)
        } catch {
            throw CommandFailure(.unavailable, "run \(keys.run): \(error)")
        }
    }

    /// Has the coordinator do something and returns what it says.
    ///
    /// - Throws: `CommandFailure` 64 with the reason where it refuses, 69 where nobody answers.
    package func request(_ request: OperatorRequest) throws(CommandFailure) -> String {
        let state = try status().state
        guard !CoordinatorMachine.Phase.ended.contains(state) else {
            throw CommandFailure(.unavailable, "run \(keys.run) is over")
        }
        let head = ["XADD", keys.control, "NOMKSTREAM", "*"].map { Array($0.utf8) }
        guard let id = try asked(bytes: head + request.fields).text else {
            throw CommandFailure(.unavailable, "run \(keys.run) takes no requests any more")
        }
        let deadline = Instant.now() + Self.answerLimit
        while Instant.now() < deadline {
            if let bytes = try asked(["GET", keys.status]).bytes,
                // Losing the error is right: the record is asked for again.
                let answer = (try? StatusRecord.decode(bytes))?.lastCtl, answer.id == id
            {
                if let error = answer.error {
                    throw CommandFailure(.usage, "\(request.operation.rawValue) refused: \(error)")
                }
                return answer.result ?? ""
            }
            Pause.sleep(Self.step)
        }
        throw CommandFailure(
            .unavailable, "run \(keys.run): no answer within \(Self.answerLimit.goText)")
    }

    private func asked(_ command: [String]) throws(CommandFailure) -> RedisReply {
        try asked(bytes: command.map { Array($0.utf8) })
    }

    private func asked(bytes command: [[UInt8]]) throws(CommandFailure) -> RedisReply {
        do throws(RedisError) {
            let reply = try connection.pipeline(bytes: [command])[0]
            if let text = reply.errorText { throw RedisError(.closed, text) }
            return reply
        } catch {
            throw CommandFailure(
                .unavailable, "run \(keys.run): Redis at \(endpoint): \(error.detail)")
        }
    }
}

extension CoordinatorMachine.Phase {
    fileprivate static let ended: Set<String> = [Self.over.rawValue, Self.failed.rawValue]
}

@available(*, unavailable)
extension OperatorLink: Sendable {}
