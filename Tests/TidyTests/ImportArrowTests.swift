// The arrows between modules, read from the import lines: a module may import only what the design
// allows it (DESIGN.md section 3).

import Foundation
import Testing

@Suite struct ImportArrowTests {
    private static let own: Set<String> = [
        "HarnessCore", "ScenarioModel", "Telemetry", "RedisClient", "LoadGen", "Collector",
        "Engine",
        "CCurl", "CHiredis", "CMariaDB", "COpenSSL", "CZlib", "CLinux",
    ]
    private static let allowed: [String: Set<String>] = [
        "HarnessCore": ["CLinux"],
        "ScenarioModel": ["HarnessCore"],
        "Telemetry": ["HarnessCore", "CZlib"],
        "RedisClient": ["HarnessCore", "CHiredis", "COpenSSL"],
        "LoadGen": [
            "HarnessCore", "ScenarioModel", "Telemetry", "RedisClient", "CCurl", "CLinux",
        ],
        "Collector": ["HarnessCore", "ScenarioModel", "Telemetry", "RedisClient", "CLinux"],
        "Engine": ["HarnessCore", "RedisClient", "CMariaDB", "CLinux"],
        "spotload": [
            "HarnessCore", "ScenarioModel", "Telemetry", "RedisClient", "LoadGen", "Collector",
            "Engine",
        ],
    ]

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func swiftFiles(_ module: String) -> [URL] {
        let folder = root.appendingPathComponent("Sources/\(module)")
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (all?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
    }

    @Test(arguments: allowed.keys.sorted())
    func importsFollowTheArrows(module: String) throws {
        let files = Self.swiftFiles(module)
        #expect(!files.isEmpty, "\(module) is empty")
        for file in files {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let place = words.firstIndex(of: "import"), place <= 1,
                    place + 1 < words.count
                else { continue }
                let name = String(words[place + 1])
                guard Self.own.contains(name) else { continue }
                #expect(
                    Self.allowed[module, default: []].contains(name),
                    "\(file.lastPathComponent) of \(module) imports \(name)")
            }
        }
    }

    @Test func fileNamesAreUniqueInATarget() {
        for module in Self.allowed.keys {
            let names = Self.swiftFiles(module).map(\.lastPathComponent)
            #expect(Set(names).count == names.count, "\(module) has two files of one name")
        }
    }
}
