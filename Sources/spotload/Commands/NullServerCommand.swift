// `spotload null-server` (hidden): the server calibrate drives load against, as a process.

import ArgumentParser
import Foundation
import HarnessCore
import LoadGen

struct NullServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "null-server", abstract: "Answer every HTTP request with the same bytes.",
        discussion: """
            For `spotload calibrate`, and for whoever wants to know what a client costs. On
            loopback or a Unix socket only. Prints "listening URL" when it is there.
            """,
        shouldDisplay: false)

    @Option(help: "Bytes of each answer's body.")
    var body: Int = NullAnswer.plainBodyBytes

    @Option(help: "Listen on this Unix socket instead of a free port of 127.0.0.1.")
    var unixSocket: String?

    @Option(help: "Threads, each with a core's work.")
    var threads: Int = 1

    func validate() throws {
        guard (0...NullServer.bodyBytesMax).contains(body) else {
            throw ValidationError("--body takes 0 to \(NullServer.bodyBytesMax), not \(body)")
        }
        guard (1...64).contains(threads) else {
            throw ValidationError("--threads takes 1 to 64, not \(threads)")
        }
    }

    mutating func run() async throws {
        var options = NullServerOptions()
        options.bodyBytes = body
        options.unixSocket = unixSocket
        options.threads = threads
        let server: NullServer
        do {
            server = try NullServer(options)
        } catch {
            throw CommandFailure(.unavailable, "the null server: \(error)")
        }
        Terminal.output("listening \(server.url)\n")
        await Blocking.run(name: "null-wait") { server.wait() }
    }
}
