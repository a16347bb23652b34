import ArgumentParser

struct DoctorCommand: AsyncParsableCommand { mutating func run() async throws {} }
