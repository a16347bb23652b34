// The suite that holds the tests of the whole data plane against a scripted server; the tests stand
// in its extensions, a file a topic. One after the other: they share two cores with everything else
// and look at the order of times.

import Testing

@Suite(.serialized) enum PlaneTests {}
