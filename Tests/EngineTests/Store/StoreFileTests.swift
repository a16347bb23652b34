// Files that are no store of this version: made again, or refused with the reason and the exit
// code.

import Foundation
import GRDB
import HarnessCore
import TestSupport
import Testing

@testable import Engine

@Suite struct StoreFileTests {
    private static func failure(_ path: String) throws -> CommandFailure? {
        do throws(CommandFailure) {
            _ = try StoreDatabase(path: path)
            return nil
        } catch {
            return error
        }
    }

    @Test func olderTablesAreMadeAgain() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        let old = try DatabaseQueue(path: path)
        try old.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE progress (shard INTEGER NOT NULL, writer INTEGER NOT NULL,
                        seq INTEGER NOT NULL, updated INTEGER NOT NULL,
                        PRIMARY KEY (shard, writer)) WITHOUT ROWID;
                    CREATE TABLE orders (symbol TEXT NOT NULL, order_id INTEGER NOT NULL);
                    CREATE INDEX orders_by_client ON orders (symbol);
                    INSERT INTO progress VALUES (0, 0, 17, 1);
                    INSERT INTO orders VALUES ('X', 1);
                    """)
        }
        try old.close()
        let store = try StoreDatabase(path: path)
        #expect(store.wasOutdated)
        #expect(try store.progress() == 0, "all effects are made again")
        #expect(try store.read(sql: "SELECT * FROM orders").isEmpty)
        let flow = try StoreFlow(seed: 5, commands: 50)
        try store.apply(flow.batch(0..<50), upTo: 50, market: flow.market)
        let again = try StoreDatabase(path: path)
        #expect(!again.wasOutdated)
        #expect(try again.progress() == 50)
    }

    @Test func refusals() throws {
        let directory = try TemporaryDirectory()
        let newer = directory.path + "/newer.sqlite3"
        try DatabaseQueue(path: newer).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        let text = try directory.write(String(repeating: "no database\n", count: 400), to: "text")
        let folder = directory.path + "/folder"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        let table: [(String, HarnessCore.ExitCode, String)] = [
            (newer, .badConfiguration, "version 99"),
            (text, .internalError, "move it away"),
            (folder, .unavailable, "cannot be written"),
            (directory.path + "/none/store.sqlite3", .unavailable, "cannot be written"),
        ]
        for (path, code, words) in table {
            let failure = try #require(try Self.failure(path), "\(path)")
            #expect(failure.code == code && failure.message.contains(words), "\(failure)")
            #expect(failure.message.contains(path))
        }
    }

    @Test func aLockedStoreIsNotThere() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        _ = try StoreDatabase(path: path)
        let other = try DatabaseQueue(path: path)
        let store = try StoreDatabase(path: path)
        try other.inTransaction(.exclusive) { _ in
            do throws(CommandFailure) {
                try store.write(symbolsOf: .builtIn)
                Issue.record("written past a lock")
            } catch {
                #expect(error.code == .unavailable && error.message.contains("another process"))
            }
            return .rollback
        }
        try store.write(symbolsOf: .builtIn)
        #expect(try store.read(sql: "SELECT * FROM symbols").count == 4)
    }

    /// Pages in the middle are overwritten: what SQLite finds out when it meets them is final.
    @Test func aDamagedStoreIsSaidToBe() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store.sqlite3"
        let flow = try StoreFlow(seed: 6, commands: 400)
        do {
            let store = try StoreDatabase(path: path)
            try store.apply(flow.batch(0..<400), upTo: 400, market: flow.market)
        }
        try DatabaseQueue(path: path).writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let size = try #require(
            try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: 4_096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: size - 4_096))
        try file.close()
        var found: (any Error)?
        do {
            let store = try StoreDatabase(path: path)
            try store.apply(flow.batch(0..<400), upTo: 400, market: flow.market)
        } catch {
            found = error
        }
        let error = try #require(found)
        let failure = StoreFault.failure(error, path: path)
        #expect(failure.code == .internalError, "\(error)")
        #expect(failure.message.contains("damaged"))
    }
}
