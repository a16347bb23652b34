// The bundled engine as the target of a run: a free port, a temporary data directory, and a symbols
// file and accounts made from the scenario's order flow.

import Foundation
import HarnessCore
import ScenarioModel

struct BundledEngine {
    let process: ChildProcess
    /// `http://127.0.0.1:PORT`
    let url: String

    /// - Throws: `CommandFailure` 69 where it does not start, 104 where the scenario's order models
    ///   contradict each other.
    static func start(for scenario: Scenario, in scratch: ScratchFolder) async throws
        -> BundledEngine
    {
        var flags = scenario.engine ?? [:]
        let models = scenario.orderModels
        if !models.isEmpty, flags["symbols"] == nil {
            let file = scratch.path + "/symbols.yaml"
            do {
                try symbolsFile(models).write(toFile: file, atomically: true, encoding: .utf8)
            } catch let failure as CommandFailure {
                throw failure
            } catch {
                throw CommandFailure(.unavailable, "cannot write \(file): \(error)")
            }
            flags["symbols"] = file
            let accounts = models.map(\.accounts).max() ?? 0
            flags["accounts"] = flags["accounts"] ?? String(accounts)
        }
        flags["bind"] = flags["bind"] ?? "127.0.0.1:0"
        flags["dataDir"] = flags["dataDir"] ?? scratch.path + "/engine"
        let arguments = flags.sorted { $0.key < $1.key }.flatMap {
            ["--" + kebab($0.key), $0.value]
        }
        let log = LineLog(limit: 20)
        let (lines, listening) = AsyncStream.makeStream(of: String.self)
        let process = try await ChildProcess.start(
            name: "engine", executable: Executables.own, arguments: ["engine"] + arguments
        ) { line in
            log.append(line)
            if line.hasPrefix("listening ") {
                listening.yield(String(line.dropFirst("listening ".count)))
            }
        }
        Task {
            _ = await process.wait()
            listening.finish()
        }
        for await url in lines { return BundledEngine(process: process, url: url) }
        throw CommandFailure(.unavailable, "the bundled engine did not start:\n\(log.text)")
    }

    /// camelCase of the scenario -> the flag's name.
    private static func kebab(_ key: String) -> String {
        key.reduce(into: "") { out, c in
            if c.isUppercase { out += "-" }
            out += c.lowercased()
        }
    }

    /// Every symbol of the order models: base is the name without USDT, else the name itself.
    private static func symbolsFile(_ models: [OrderModel]) throws(CommandFailure) -> String {
        var rules: [String: OrderModel] = [:]
        var order: [String] = []
        for model in models {
            for symbol in model.symbols {
                if let known = rules[symbol] {
                    guard known.tick == model.tick, known.lot == model.lot else {
                        throw CommandFailure(
                            .badConfiguration,
                            "two order steps trade \(symbol) with different tick or lot")
                    }
                } else {
                    rules[symbol] = model
                    order.append(symbol)
                }
            }
        }
        return order.map { symbol in
            let base = symbol.hasSuffix("USDT") ? String(symbol.dropLast(4)) : symbol
            let tick = rules[symbol]?.tick ?? "0.01"
            let lot = rules[symbol]?.lot ?? "0.001"
            return """
                - {symbol: "\(symbol)", base: "\(base)", quote: "USDT", tick: "\(tick)", \
                step: "\(lot)"}

                """
        }.joined()
    }
}

extension Scenario {
    /// The order models of the flows that some workload runs.
    var orderModels: [OrderModel] {
        Set(workloads.map(\.exec)).sorted().flatMap { flows[$0]?.orderModels ?? [] }
    }
}
