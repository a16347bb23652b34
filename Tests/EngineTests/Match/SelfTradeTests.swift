// Each mode of self-trade prevention with each kind of order: every event (engine.md 3 and 8).

import Engine
import Testing

@Suite struct SelfTradeTests {
    /// Own makers 1 (4@100) and 3 (5@101) around a foreign one, 2 (4@100).
    private static func book() throws -> ReplayDesk {
        let d = ReplayDesk()
        try d.run("S1 4@100 a=u", "S2 4@100 a=v", "S3 5@101 a=u")
        return d
    }

    @Test(arguments: [
        ("NONE", "+9, t1 4@100 1/9, t2 4@100 2/9, t3 2@101 3/9"),
        ("EXPIRE_TAKER", "+9, canceled 9 B 10@105 stp"),
        (
            "EXPIRE_MAKER",
            "+9, canceled 1 S 4@100 stp, t1 4@100 2/9, canceled 3 S 5@101 stp"
        ),
        ("EXPIRE_BOTH", "+9, canceled 1 S 4@100 stp, canceled 9 B 10@105 stp"),
        (
            "DECREMENT",
            "+9, p1 4@100 1/9, canceled 1 S 0@100 stp, t1 4@100 2/9, p2 2@101 3/9, "
                + "canceled 9 B 0@105 stp"
        ),
    ])
    func limit(mode: String, events: String) throws {
        #expect(try Self.book().run("B9 10@105 a=u stp=\(mode)") == events)
    }

    @Test(arguments: [
        ("EXPIRE_TAKER", "+9, canceled 9 B 10@0 stp"),
        (
            "EXPIRE_MAKER",
            "+9, canceled 1 S 4@100 stp, t1 4@100 2/9, canceled 3 S 5@101 stp, "
                + "canceled 9 B 6@0 market"
        ),
        ("EXPIRE_BOTH", "+9, canceled 1 S 4@100 stp, canceled 9 B 10@0 stp"),
        (
            "DECREMENT",
            "+9, p1 4@100 1/9, canceled 1 S 0@100 stp, t1 4@100 2/9, p2 2@101 3/9, "
                + "canceled 9 B 0@0 stp"
        ),
    ])
    func market(mode: String, events: String) throws {
        #expect(try Self.book().run("B9 10 a=u stp=\(mode)") == events)
    }

    /// Counted: everything; up to the first own maker; foreign makers only.
    @Test(arguments: [
        ("NONE", 13, true), ("NONE", 14, false), ("EXPIRE_TAKER", 1, false),
        ("EXPIRE_BOTH", 1, false), ("DECREMENT", 1, false), ("EXPIRE_MAKER", 4, true),
        ("EXPIRE_MAKER", 5, false),
    ])
    func fillOrKill(mode: String, lots: Int, survives: Bool) throws {
        let d = try Self.book()
        let events = try d.run("B9 \(lots)@105 FOK a=u stp=\(mode)")
        #expect(events.hasSuffix("canceled 9 B \(lots)@105 fok") == !survives)
        // Killed: all makers stay.
        if !survives { #expect(events == "+9, canceled 9 B \(lots)@105 fok") }
        if !survives { #expect(d.matcher.openOrderCount == 3) }
    }

    @Test func aSurvivingFillOrKillRemovesTheMakersItPasses() throws {
        let d = try Self.book()
        #expect(
            try d.run("B9 4@105 FOK a=u stp=EXPIRE_MAKER")
                == "+9, canceled 1 S 4@100 stp, t1 4@100 2/9")
        #expect(d.depth.asks == [DepthLevel(price: 101, quantity: 5)])
    }

    @Test func restsOfImmediateOrders() throws {
        let d = try Self.book()
        #expect(
            try d.run("B9 10@100 IOC a=u stp=EXPIRE_MAKER")
                == "+9, canceled 1 S 4@100 stp, t1 4@100 2/9, canceled 9 B 6@100 ioc")
    }

    @Test func postOnlyLooksAtOwnOrdersToo() throws {
        let d = ReplayDesk()
        try d.run("S1 4@100 a=u")
        #expect(try d.run("B2 1@100 post a=u stp=EXPIRE_MAKER") == "rejected 2 -2010")
        #expect(try d.run("B2 1@99 post a=u") == "+2")
        #expect(try d.run("replace 2 1@100") == "rejected 2 -2010")
        #expect(d.depth.bids == [DepthLevel(price: 99, quantity: 1)])
    }

    @Test func aLargerMakerKeepsItsPlace() throws {
        let d = ReplayDesk()
        try d.run("S1 9@100 a=u", "S2 9@100 a=v")
        #expect(
            try d.run("B3 4@100 a=u stp=DECREMENT") == "+3, p1 4@100 1/3, canceled 3 B 0@100 stp")
        #expect(try d.run("B4 6@100 a=w") == "+4, t1 5@100 1/4, t2 1@100 2/4")
    }

    @Test func nobodysOrdersNeverMeetThemselves() throws {
        let d = ReplayDesk()
        #expect(try d.run("S1 1@100", "B2 1@100 stp=EXPIRE_BOTH") == "+1, +2, t1 1@100 1/2")
    }

    @Test func replacedTellsWhatWasAskedForBeforeTheOwnEnd() throws {
        let d = ReplayDesk()
        try d.run("S1 4@100 a=u", "B2 4@90 a=u stp=EXPIRE_TAKER")
        #expect(
            try d.run("replace 2 6@100") == "replaced 2 B 6@100, canceled 2 B 6@100 stp")
        #expect(try d.run("cancel 2") == "rejected 2 -2011")
    }

    @Test func amendsAreOfWhatRemains() throws {
        let d = ReplayDesk()
        try d.run("B1 10@100", "B2 5@100", "S3 4@100")
        #expect(
            try d.run("amend 1 7", "amend 1 6", "amend 1 3", "S4 4@100")
                == "rejected 1 -2038, rejected 1 -2038, amended 1 B 3@100, +4, t2 3@100 1/4, "
                + "t3 1@100 2/4")
    }

    /// With unlimited funds a level may hold more than 64 bits count.
    @Test func levelsHoldMoreThan64Bits() throws {
        let d = ReplayDesk()
        let most = Matcher.anySymbolMax
        for id in 1...10_000 {
            let order = ReplayCommand.New(
                id: UInt64(id), account: nil, symbol: 0, side: .buy, price: 5, quantity: most)
            _ = d.matcher.replay(
                ReplayCommand(seq: UInt64(id), .new(order)), effects: &d.effects)
        }
        let level = d.matcher.levels(of: 0, .buy)[0]
        #expect(level.total == Int128(most) * 10_000 && level.count == 10_000)
        #expect(d.matcher.firstBrokenInvariant() == nil)
    }
}
