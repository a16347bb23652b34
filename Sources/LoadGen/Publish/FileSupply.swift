// Where an agent gets the files of a scenario: beneath its `--data` folder, else, up to 16 MiB,
// from Redis. Whatever it takes has the digest that the spec names.

import HarnessCore
import RedisClient
import ScenarioModel

struct FileSupply {
    let folder: String?
    let keys: RunKeys

    /// Nil: Redis could not be asked; try again.
    ///
    /// - Throws: `CommandFailure` 69 naming the file and what to do, 104 where Redis holds another.
    func obtain(
        _ files: [SpecRecord.File], over link: RedisLink
    ) throws(CommandFailure) -> [ScenarioFile]? {
        var found: [ScenarioFile] = []
        for file in files {
            if let own = local(file) {
                found.append(own)
            } else if file.isShipped {
                guard let shipped = try shipped(file, over: link) else { return nil }
                found.append(shipped)
            } else {
                throw CommandFailure(.unavailable, missing(file))
            }
        }
        return found
    }

    /// Nil where there is none, or another one.
    private func local(_ file: SpecRecord.File) -> ScenarioFile? {
        guard let folder else { return nil }
        // Losing the error is right: the file is then taken from Redis, or missed by name.
        guard let bytes = try? BeneathFile.read(file.path, in: folder, bytesMax: file.bytes) else {
            return nil
        }
        let own = ScenarioFile(path: file.path, bytes: bytes)
        return own.sha256 == file.sha256 ? own : nil
    }

    private func shipped(
        _ file: SpecRecord.File, over link: RedisLink
    ) throws(CommandFailure) -> ScenarioFile? {
        let reply: RedisReply
        do throws(RedisError) {
            reply = try link.pipeline([["GET", keys.file(file.sha256)]])[0]
        } catch {
            return nil
        }
        guard let bytes = reply.bytes else {
            throw CommandFailure(.unavailable, missing(file))
        }
        let shipped = ScenarioFile(path: file.path, bytes: bytes)
        guard shipped.sha256 == file.sha256 else {
            throw CommandFailure(
                .badConfiguration,
                "run \(keys.run) refused: file \"\(file.path)\" does not have its digest")
        }
        return shipped
    }

    private func missing(_ file: SpecRecord.File) -> String {
        let size = "\(file.bytes) bytes, SHA-256 \(file.sha256.prefix(12))..."
        let place =
            folder.map { "is not beneath \($0) as the run has it" }
            ?? "is not in Redis, and there is no --data folder"
        return "file \"\(file.path)\" (\(size)) \(place): "
            + "copy the scenario's folder to this host and name it with --data DIR"
    }
}
