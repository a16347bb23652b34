import Glibc

/// log(3) of the C library, so that test files need not import it.
func naturalLogarithm(_ x: Double) -> Double { log(x) }
