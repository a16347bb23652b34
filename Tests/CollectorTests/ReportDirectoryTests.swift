import Collector
import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct ReportDirectoryTests {
    @Test func makesParentsAndWritesWholeFiles() throws {
        let home = try TemporaryDirectory()
        let out = home.path + "/deep/er/results"
        let directory = try RunDirectory.create(out: out, runID: "run-1")
        #expect(directory.path == out + "/run-1")
        try directory.write("b.json", Array("{}".utf8))
        try directory.write("a.txt", [])
        #expect(try String(contentsOfFile: directory.path("b.json"), encoding: .utf8) == "{}")
        #expect(
            directory.files == [
                WrittenFile(name: "a.txt", bytes: 0, sha256: Sha256.hex([])),
                WrittenFile(name: "b.json", bytes: 2, sha256: Sha256.hex(Array("{}".utf8))),
            ])
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(Set(names) == ["a.txt", "b.json"], "no part file is left")
    }

    @Test func aFileIsReplacedWhole() throws {
        let home = try TemporaryDirectory()
        let directory = try RunDirectory.create(out: home.path + "/", runID: "run-1")
        try directory.write("a", Array("a long first version".utf8))
        try directory.write("a", Array("short".utf8))
        #expect(try String(contentsOfFile: directory.path("a"), encoding: .utf8) == "short")
        #expect(directory.files.map(\.bytes) == [5])
    }

    @Test func foldersArePlain() throws {
        let home = try TemporaryDirectory()
        let directory = try RunDirectory.create(out: home.path, runID: "run-1")
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path)
        let mode = try #require(attributes[.posixPermissions] as? Int)
        #expect(mode & 0o700 == 0o700 && mode & 0o022 == 0, "0755, less what umask takes")
    }

    @Test func anExistingRunIsNeverOverwritten() throws {
        let home = try TemporaryDirectory()
        _ = try RunDirectory.create(out: home.path, runID: "run-1")
        let failure = #expect(throws: CommandFailure.self) {
            _ = try RunDirectory.create(out: home.path, runID: "run-1")
        }
        #expect(failure?.code == .unavailable)
        #expect(failure?.message.contains(home.path + "/run-1 exists already") == true)
        #expect(failure?.message.contains("--out") == true)
    }

    /// A file where a folder should be, and places where nobody may make one.
    @Test(arguments: ["file/results", "file", "/proc/results", "/dev/null/results"])
    func anUnwritablePlaceIsNamed(place: String) throws {
        let home = try TemporaryDirectory()
        _ = try home.write("", to: "file")
        let out = place.hasPrefix("/") ? place : home.path + "/" + place
        let failure = #expect(throws: CommandFailure.self) {
            _ = try RunDirectory.create(out: out, runID: "run-1")
        }
        #expect(failure?.code == .unavailable)
        let message = try #require(failure?.message)
        let folder = place.hasPrefix("/") ? place : home.path + "/file"
        #expect(message.hasPrefix("cannot create the folder \(folder)"), "\(message)")
        #expect(message.hasSuffix("give a writable folder with --out"), "\(message)")
    }

    @Test func aFolderThatWentAwayIsAnErrorNotACrash() throws {
        let home = try TemporaryDirectory()
        let directory = try RunDirectory.create(out: home.path, runID: "run-1")
        try FileManager.default.removeItem(atPath: directory.path)
        let failure = #expect(throws: CommandFailure.self) { try directory.write("a", [1]) }
        #expect(failure?.code == .unavailable)
        #expect(failure?.message.contains(directory.path("a")) == true)
        #expect(directory.files.isEmpty)
    }

    @Test func aLinkInThePlaceOfThePartFileIsNotFollowed() throws {
        let home = try TemporaryDirectory()
        let victim = try home.write("precious", to: "victim")
        let directory = try RunDirectory.create(out: home.path, runID: "run-1")
        try FileManager.default.createSymbolicLink(
            atPath: directory.path(".a.part"), withDestinationPath: victim)
        #expect(throws: CommandFailure.self) { try directory.write("a", [1]) }
        #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious")
    }
}

@Suite struct EnvironmentRecordTests {
    @Test func thisMachine() throws {
        let record = EnvironmentRecord.current(versions: ["spotload": "0.1.0", "libcurl": "8"])
        #expect(record.cores >= 1 && (record.memoryBytes ?? 0) > 1 << 20)
        #expect(record.kernel?.isEmpty == false)
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(record.json())) as? [String: Any])
        #expect(json["versions"] as? [String: String] == record.versions)
        #expect(json["cores"] as? Int == record.cores)
    }

    @Test(
        arguments: [
            ("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n", "Debian GNU/Linux 12"),
            ("PRETTY_NAME='Alpine'\n", "Alpine"), ("PRETTY_NAME=\n", nil), ("", nil), (nil, nil),
        ] as [(String?, String?)])
    func osName(text: String?, name: String?) {
        #expect(EnvironmentRecord.osName(text) == name)
    }

    @Test(
        arguments: [
            ("processor\t: 0\nmodel name\t: A: B 3.0\n", "A: B 3.0"), ("model name\n", nil),
            ("model name\t: \n", nil), ("CPU part : 0xd0c\n", nil), (nil, nil),
        ] as [(String?, String?)])
    func cpuModel(text: String?, model: String?) {
        #expect(EnvironmentRecord.cpuModel(text) == model)
    }

    @Test(
        arguments: [
            ("MemTotal:       16384 kB\nMemFree: 1 kB\n", 16_777_216), ("MemTotal: 1 MB\n", nil),
            ("MemTotal: x kB\n", nil), ("MemTotal: 18446744073709551615 kB\n", nil), (nil, nil),
        ] as [(String?, UInt64?)])
    func memory(text: String?, bytes: UInt64?) {
        #expect(EnvironmentRecord.memoryBytes(text) == bytes)
    }
}
