// `spotload agents`: who waits in a pool, and who is busy.

import ArgumentParser
import Collector
import Foundation
import HarnessCore
import RedisClient

struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents", abstract: "List the agents of a pool.")

    @Option(help: "redis://HOST:PORT or redis+unix:///PATH")
    var redis: String

    @Option(help: "Pool name: 1 to 40 of a-z, 0-9 and -.")
    var pool: String = "default"

    @Flag(help: "A JSON array instead of a table.")
    var json = false

    func validate() throws {
        guard PoolKeys.isValid(name: pool) else {
            throw ValidationError("\"\(pool)\" is no pool name: 1 to 40 of a-z, 0-9 and -")
        }
    }

    mutating func run() async throws {
        let endpoint = try RedisEndpoint(url: redis)
        let outcome = await Blocking.run(name: "agents") { [pool] in
            Result { () throws(CommandFailure) in try PoolListing.read(pool, at: endpoint) }
        }
        let agents = try outcome.get()
        guard json else {
            Terminal.output(StatusText.render(agents, pool: pool, width: Terminal.width))
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Terminal.output(String(decoding: try encoder.encode(agents), as: UTF8.self) + "\n")
    }
}
