import HarnessCore
import LoadGen
import Testing

@Suite struct FileLimitTests {
    @Test func everyVUNeedsAConnection() throws {
        let limit = FileLimit(files: 1_024)
        #expect(try limit.check(ready: 960, most: 960) == nil)
        let failure = #expect(throws: CommandFailure.self) {
            try limit.check(ready: 961, most: 961)
        }
        let text = try #require(failure?.message)
        #expect(failure?.code == .unavailable)
        for word in ["961 VUs", "1025 open files", "1024", "ulimit -Hn"] {
            #expect(text.contains(word), "\(text)")
        }
    }

    @Test func thoseThatMayComeAreAWarning() throws {
        let limit = FileLimit(files: 1_024)
        let text = try #require(try limit.check(ready: 10, most: 5_000))
        #expect(text.contains("5000 connections") && text.contains("1024"))
        #expect(try limit.check(ready: 10, most: 960) == nil)
    }
}
