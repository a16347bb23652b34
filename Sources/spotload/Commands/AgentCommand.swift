import ArgumentParser

struct AgentCommand: AsyncParsableCommand { mutating func run() async throws {} }
