// Tests of the whole data plane against a scripted server. One after the other: they share two
// cores with everything else and look at the order of times.

import Testing

@Suite(.serialized) enum PlaneTests {}
