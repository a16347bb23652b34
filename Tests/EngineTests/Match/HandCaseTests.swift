// The hand cases of engine.md 11: every event, and how the state's hash begins.

import Engine
import Testing

@Suite struct HandCaseTests {
    @Test func fifo() throws {
        let d = ReplayDesk()
        #expect(
            try d.run(
                "B1 10@100", "B2 10@100", "B3 10@100", "S4 15@100 IOC", "S5 10@100 IOC")
                == "+1, +2, +3, +4, t1 10@100 1/4, t2 5@100 2/4, +5, t3 5@100 2/5, t4 5@100 3/5")
        #expect(d.matcher.stateHash().hasPrefix("5b1172c9"))
    }

    @Test func makersPrice() throws {
        let d = ReplayDesk()
        #expect(
            try d.run("S1 10@100", "B2 10@105 IOC", "B3 10@200", "S4 10@195 IOC")
                == "+1, +2, t1 10@100 1/2, +3, +4, t2 10@200 3/4")
        #expect(d.matcher.stateHash().hasPrefix("f1de4f37"))
    }

    @Test func crossing() throws {
        let d = ReplayDesk()
        #expect(
            try d.run("S1 10@100", "B2 10@90", "replace 2 10@105")
                == "+1, +2, t1 10@100 1/2, replaced 2 B 10@105")
        #expect(d.matcher.stateHash().hasPrefix("b582399e"))
    }

    @Test func sibling() throws {
        let d = ReplayDesk()
        #expect(
            try d.run("B1 10@100", "B2 10@100", "replace 1 10@99", "S3 10@100 IOC")
                == "+1, +2, replaced 1 B 10@99, +3, t1 10@100 2/3")
        #expect(d.matcher.stateHash().hasPrefix("115a2c76"))
    }

    @Test func deadIDs() throws {
        let d = ReplayDesk()
        #expect(
            try d.run(
                "B1 10@100", "cancel 1", "cancel 1", "replace 1 1@100", "B1 5@100", "B1 5@100")
                == "+1, canceled 1 B 10@100 user, rejected 1 -2011, rejected 1 -2011, +1, "
                + "rejected 1 -2010")
        #expect(d.matcher.stateHash().hasPrefix("20366b05"))
    }
}
