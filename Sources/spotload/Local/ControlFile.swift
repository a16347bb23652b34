// `control.json` in a run's folder: where its Redis is, so that `spotload ctl` needs no URL. Mode
// 0600, and gone when the run is over.

import Collector
import Foundation
import HarnessCore
import RedisClient

struct ControlFile {
    let path: String

    init(directory: String) { path = directory + "/" + ControlFileRecord.name }

    /// - Throws: `CommandFailure` 69 where the folder cannot be written.
    func write(_ record: ControlFileRecord) throws(CommandFailure) {
        // Made with its mode: there is no moment at which others could read it.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.unavailable, "\(SystemError("open", subject: path))")
        }
        defer { close(descriptor) }
        let bytes = record.json() + [UInt8(ascii: "\n")]
        let written = bytes.withUnsafeBytes {
            Foundation.write(descriptor, $0.baseAddress, $0.count)
        }
        guard written == bytes.count else {
            throw CommandFailure(.unavailable, "\(SystemError("write", subject: path))")
        }
    }

    /// What is not there need not be removed.
    func remove() { unlink(path) }

    /// - Throws: `CommandFailure` 69 where there is none.
    func read() throws(CommandFailure) -> ControlFileRecord {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(
                .unavailable, "there is no \(path): the run is over, or that is no run's folder")
        }
        do throws(FleetRecordError) {
            return try ControlFileRecord.decode(Array(data))
        } catch {
            throw CommandFailure(.unavailable, "\(path): \(error)")
        }
    }
}

/// The run an operator means: an id, with the Redis it is on, or its folder.
struct ControlledRun {
    let run: String
    let endpoint: RedisEndpoint

    /// - Throws: `CommandFailure` 64 where it cannot be told which is meant, 69 where it is gone.
    init(_ text: String, redis: String?) throws(CommandFailure) {
        if let redis {
            guard !text.contains("/") else {
                throw CommandFailure(
                    .usage, "\"\(text)\" is a folder: with --redis a run is named by its id")
            }
            run = text
            endpoint = try RedisEndpoint(url: redis)
            return
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: text, isDirectory: &isDirectory),
            isDirectory.boolValue
        else {
            throw CommandFailure(
                .usage, "\"\(text)\" is no run's folder; a run id needs --redis URL")
        }
        let record = try ControlFile(directory: text).read()
        run = record.run
        endpoint = try RedisEndpoint(url: record.redis)
    }

    /// Runs `body` on a thread that may block.
    func operate<Answer: Sendable>(
        _ body: @escaping @Sendable (OperatorLink) throws(CommandFailure) -> Answer
    ) async throws -> Answer {
        let outcome = await Blocking.run(name: "ctl") { [run, endpoint] in
            Result { () throws(CommandFailure) in
                try body(try OperatorLink(endpoint, run: run))
            }
        }
        return try outcome.get()
    }
}
