// What /metrics says of the store's connections: who works with one is counted, and no longer.

import HarnessCore
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite struct StoreConnectionTests {
    @Test func connectionsAreCountedWhileTheyAreUsed() throws {
        let directory = try TemporaryDirectory()
        let store = try StoreDatabase(path: directory.path + "/store.sqlite3")
        #expect(store.connectionLimit == 3 && store.connectionsInUse == 0)
        let isDone = Atomic(false)
        let rows = Atomic(0)
        let reader = DedicatedThread(name: "reader") {
            let found = try? store.read(
                sql: """
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
                    WHERE i < 2000000) SELECT max(i) FROM n
                    """)
            rows.store(found?.count ?? 0, ordering: .releasing)
            isDone.store(true, ordering: .releasing)
        }
        var most = 0
        while !isDone.load(ordering: .acquiring) {
            most = max(most, store.connectionsInUse)
        }
        reader.join()
        #expect(most == 1 && rows.load(ordering: .acquiring) == 1)
        #expect(throws: (any Error).self) { try store.read(sql: "nonsense") }
        try store.apply(Effects(), upTo: 1, market: .builtIn)
        #expect(store.connectionsInUse == 0, "also after an error")
    }
}
