// swift-tools-version: 6.2
import PackageDescription

// Benchmarks are a package of their own, so that what they need is no dependency of the product.
//
// The code measured is `package` in its own package, which this one cannot see: it comes through
// `FlowProbe`, the one public module there is.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
]

let package = Package(
    name: "SpotloadBenchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "spotload", path: ".."),
        // Without traits: its malloc interposer and its runtime hooks are left out.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        // A table against the budget, with allocations counted: `make bench-flow`.
        .executableTarget(
            name: "FlowTable",
            dependencies: [
                .product(name: "FlowProbe", package: "spotload"),
                .product(name: "AllocationCounter", package: "spotload"),
            ],
            swiftSettings: settings),
        // Percentiles and comparisons with a baseline: `make bench-flow-percentiles`.
        .executableTarget(
            name: "FlowBenchmarks",
            dependencies: [
                .product(name: "FlowProbe", package: "spotload"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/FlowBenchmarks",
            swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ]
)
