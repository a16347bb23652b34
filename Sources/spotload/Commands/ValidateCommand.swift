import ArgumentParser

struct ValidateCommand: AsyncParsableCommand { mutating func run() async throws {} }
