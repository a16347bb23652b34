import ScenarioModel
import TestSupport
import Testing

/// `defaults.tls`: the bytes of its files come with the scenario, here and on agents.
@Suite struct TLSFilesTests {
    @Test func bytesComeWithTheScenario() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("the authority", to: "ca.pem")
        _ = try directory.write("the certificate", to: "me.pem")
        _ = try directory.write("the key", to: "me.key")
        let path = try directory.write(
            Documents.with(
                "defaults: { tls: { verify: false, ca: ca.pem, cert: me.pem, key: me.key } }\n"),
            to: "scenario.yaml")
        let loaded = try ScenarioLoader.load(path: path, options: LoadOptions())
        let shipped = Dictionary(uniqueKeysWithValues: loaded.files.map { ($0.path, $0.bytes) })
        let decoded = try ScenarioLoader.decodeEffective(
            yaml: loaded.effectiveYAML, files: shipped)
        for defaults in [loaded.scenario.defaults, decoded.defaults] {
            #expect(defaults.tlsCA == "ca.pem" && !defaults.verifyTLS)
            #expect(defaults.tlsFiles.ca == Array("the authority".utf8))
            #expect(defaults.tlsFiles.certificate == Array("the certificate".utf8))
            #expect(defaults.tlsFiles.key == Array("the key".utf8))
        }
    }

    @Test func noFiles() throws {
        let loaded = try ScenarioLoader.load(
            text: Documents.with("defaults: { tls: { verify: true } }\n"), file: "s.yaml",
            options: LoadOptions())
        #expect(loaded.scenario.defaults.tlsFiles == TLSFiles())
    }
}
