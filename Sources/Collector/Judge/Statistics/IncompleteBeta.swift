// The regularised incomplete beta function I_x(a, b) and its inverse, to 1e-12 relative: what
// Student's t and Clopper-Pearson intervals are made of. Pure.
//
// I_x by the continued fraction of DLMF 8.17.22 (modified Lentz); its factor
// x^a (1-x)^b / (a B(a, b)) by Loader's saddle-point expansion ("Fast and Accurate Computation of
// Binomial Probabilities", 2000), because differences of log-gammas lose digits where a and b are
// millions.

import Glibc

enum IncompleteBeta {
    /// I_x(a, b) for a, b > 0.
    ///
    /// - Parameters:
    ///   - x: 0...1.
    ///   - complement: 1 - x, where the caller knows it better than a subtraction would.
    /// - Complexity: O(sqrt(a + b)) terms.
    static func value(
        _ x: Double, a: Double, b: Double, complement: Double? = nil
    ) -> Double {
        precondition(a > 0 && b > 0, "I_x needs positive parameters, not \(a), \(b)")
        let y = complement ?? 1 - x
        if x <= 0 { return 0 }
        if y <= 0 { return 1 }
        if x <= (a + 1) / (a + b + 2) { return lower(x, y, a, b) }
        return 1 - lower(y, x, b, a)
    }

    /// The x at which I_x(a, b) is `p`, 0...1: Newton's steps inside a bracket that only shrinks.
    static func inverse(_ p: Double, a: Double, b: Double) -> Double {
        precondition(p >= 0 && p <= 1, "\(p) is no probability")
        if p == 0 { return 0 }
        if p == 1 { return 1 }
        var (low, high) = (0.0, 1.0)
        var x = a / (a + b)
        for _ in 0..<400 {
            let error = value(x, a: a, b: b) - p
            if error == 0 { return x }
            if error > 0 { high = x } else { low = x }
            let slope = weight(x, 1 - x, a, b) / (x * (1 - x))
            let newton = x - error / slope
            let next = newton > low && newton < high ? newton : (low + high) / 2
            // Newton's next error is the square of this one.
            if abs(next - x) <= 1e-13 * x { return next }
            x = next
        }
        return x
    }

    /// The continued fraction, for x below the mean.
    private static func lower(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        var c = 1.0
        var d = 1 - (a + b) * x / (a + 1)
        d = 1 / (abs(d) < tiny ? tiny : d)
        var h = d
        func multiply(by term: Double) {
            d = 1 + term * d
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = 1 + term / c
            if abs(c) < tiny { c = tiny }
            h *= c * d
        }
        for step in 1...200_000 {
            let m = Double(step)
            multiply(by: m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)))
            multiply(by: -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)))
            if abs(c * d - 1) < 1e-16 { break }
        }
        return weight(x, y, a, b) / a * h
    }

    /// x^a y^b / B(a, b), y = 1 - x.
    private static func weight(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
        let n = a + b
        let exponent =
            stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x)
            - deviance(b, n * y)
        return exp(exponent) * (a * b / (2 * .pi * n)).squareRoot()
    }

    /// ln Gamma(z + 1) - (z + 1/2) ln z + z - ln sqrt(2 pi), for z > 0.
    private static func stirlingError(_ z: Double) -> Double {
        if z < 16 {
            return lgamma(z + 1) - (z + 0.5) * log(z) + z - 0.918938533204672742
        }
        let s = 1 / (z * z)
        let tail = 1.0 / 1680 - s * (1.0 / 1188 - s * 691 / 360360)
        let series = 1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * tail))
        return series / z
    }

    /// z ln(z / m) + m - z without loss of digits where z is near m.
    private static func deviance(_ z: Double, _ m: Double) -> Double {
        guard abs(z - m) < 0.1 * (z + m) else { return z * log(z / m) + m - z }
        let v = (z - m) / (z + m)
        var sum = (z - m) * v
        var power = 2 * z * v
        for j in 1..<1_000 {
            power *= v * v
            let next = sum + power / Double(2 * j + 1)
            if next == sum { break }
            sum = next
        }
        return sum
    }
}
