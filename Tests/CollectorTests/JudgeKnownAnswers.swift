// The known answers of measurement.md section 9 for statistics, and some more that were computed
// with 40 digits. Relative tolerance 1e-9 where a table says nothing else.

enum KnownAnswers {
    static let tTwoSided: [(t: Double, df: Double, p: Double)] = [
        (2, 9, 0.07655282377070101), (8.5, 18, 1.0226817406907924e-07),
        (0.5, 4, 0.6433299631818633), (3.169, 10, 0.010004633364384856),
        (12.7062047364, 1, 0.049999999999117084),
    ]

    static let tQuantile: [(q: Double, df: Double, x: Double)] = [
        (0.975, 4, 2.7764451051977934), (0.975, 9, 2.262157162798205),
        (0.975, 29, 2.045229642132703), (0.95, 9, 1.833112932656237),
        (0.995, 19, 2.8609346064649794), (0.95, 29, 1.6991270265334972),
        (0.95, 14, 1.761310135774891),
    ]

    /// To 1e-12.
    static let tQuantileExact: [(q: Double, df: Double, x: Double)] = [
        (0.95, 9, 1.8331129326562371687), (0.999, 3, 10.21453185240738655),
        (0.6, 200, 0.25368437919014769682), (0.9999, 29, 4.253894118432280102),
        (0.975, 100_000, 1.9599877075346096386),
    ]

    static let beta: [(a: Double, b: Double, x: Double, v: Double)] = [
        (2.5, 0.5, 0.3, 0.018927124071945658), (4.5, 0.5, 0.7, 0.08112618884584057),
        (50, 0.5, 0.99, 0.3173043978741973), (1, 1, 0.25, 0.25),
    ]

    /// To 1e-12.
    static let betaExact: [(a: Double, b: Double, x: Double, v: Double)] = [
        (2.5, 0.5, 0.3, 0.018927124071945653504), (0.5, 0.5, 1e-8, 6.366197734286143018e-5),
        (40, 2_000, 0.01, 7.2172844290759282686e-5), (12.5, 0.5, 0.2, 3.2064109208925188041e-10),
        (300.5, 0.5, 0.9, 1.8027652990894277585e-15), (5, 49_996, 0.00018, 0.94505154020947500684),
        (14.5, 0.5, 0.7, 0.001425827417902559575),
    ]

    /// Of millions, to 1e-10: there a last bit of x moves the value as much.
    static let betaLarge: [(a: Double, b: Double, x: Double, v: Double)] = [
        (10_000, 1_000_000, 0.0098, 0.15261746982318842851),
        (500_000, 500_000, 0.4995, 0.15865525393142680504),
    ]

    static let wilson: [(k: UInt64, n: UInt64, low: Double, high: Double)] = [
        (0, 1_000, 0, 0.0038267584855551234),
        (1, 1_000, 0.00017654637062607852, 0.0056425585979579355),
        (10, 1_000, 0.005440754445529249, 0.018309468870314774),
        (50, 10_000, 0.003794901070838226, 0.006585257316131604),
    ]

    static let clopperPearson: [(k: Double, n: Double, upper: Double, lower: Double)] = [
        (0, 1_000, 0.002991249545095295, 0),
        (1, 1_000, 0.004734993575499777, 5.129197890901781e-05),
        (3, 10_000, 0.0007751813790100997, 8.17739791029067e-05),
        (0, 50_000, 5.991285062455488e-05, 0),
        (4, 50_000, 0.00018306094612571358, 2.7326814375134103e-05),
    ]

    static let smallest: [(percentile: Double, n: Int)] = [
        (90, 36), (95, 72), (99, 368), (99.9, 3_688), (99.99, 36_887),
    ]

    static let ratio = (
        k: [3.0, 5, 2, 4, 6, 3, 4, 5, 2, 6], n: 400.0, r: 0.01, se: 0.0011785113019775792,
        deff: 0.5611672278338944, low: 0.007334022216792781, high: 0.01266597778320722,
        oneSidedLow: 0.00783965569106336, oneSidedHigh: 0.01216034430893664
    )

    static let settling: [(name: String, cut: Int, isSettled: Bool, statistic: Double)] = [
        ("decay", 60, true, 0.00031620115107758), ("stationary", 0, true, 0.00022367806431576457),
        ("trend", 270, false, 0.019484082286453486), ("step", 60, true, 0.0002604048359700073),
    ]

    /// Uniform numbers of the series of `settling`: first 0.6551540488.
    static func uniform(_ count: Int) -> [Double] {
        var state: UInt64 = 12_345
        return (0..<count).map { _ in
            state = (state &* 1_103_515_245 &+ 12_345) & 0x7fff_ffff
            return Double(state) / Double(0x7fff_ffff)
        }
    }
}
