import Glibc

/// log(3) of the C library, so that test files need not import it.
func naturalLogarithmOf(_ x: Double) -> Double { log(x) }
