import ArgumentParser

struct RunCommand: AsyncParsableCommand { mutating func run() async throws {} }
