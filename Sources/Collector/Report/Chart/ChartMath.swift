// The two functions of libm that charts need, where a method or a case called `log` would hide
// them.

import Glibc

enum ChartMath {
    static func log(_ value: Double) -> Double { Glibc.log(value) }
    static func pow(_ base: Double, _ exponent: Double) -> Double { Glibc.pow(base, exponent) }
}
