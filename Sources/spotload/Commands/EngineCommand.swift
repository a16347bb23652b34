import ArgumentParser

struct EngineCommand: AsyncParsableCommand { mutating func run() async throws {} }
