// Filled by the part it tests.
