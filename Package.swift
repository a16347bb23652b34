// swift-tools-version: 6.2
import PackageDescription

/// One array for every target: Swift 6 with the upcoming features on and warnings as errors.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A worker's state belongs to one thread and is reached through classes, where every access would be
/// checked for overlapping another: a third of our own instructions of a request. Debug builds, and
/// so the tests, keep the check.
let hotSettings: [SwiftSetting] =
    settings + [
        .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
    ]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

let package = Package(
    name: "spotload",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "spotload", targets: ["spotload"]),
        // For the package in Benchmarks/.
        .library(name: "FlowProbe", targets: ["FlowProbe"]),
        .library(name: "AllocationCounter", targets: ["CAllocations"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // System libraries: a module map and a shim.h each, nothing else.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CMariaDB", providers: [.apt(["libmariadb-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

        .target(
            name: "HarnessCore", dependencies: [logging, crypto, "CLinux"], swiftSettings: settings),
        .target(
            name: "ScenarioModel",
            dependencies: ["HarnessCore", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings),
        .target(
            name: "Telemetry",
            dependencies: [
                "HarnessCore", "CZlib", .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: settings),
        .target(
            name: "RedisClient", dependencies: ["HarnessCore", "CHiredis", "COpenSSL"],
            swiftSettings: settings),
        .target(
            name: "LoadGen",
            dependencies: [
                "HarnessCore", "ScenarioModel", "Telemetry", "RedisClient", "CCurl", "CLinux",
                logging,
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: hotSettings),
        .target(
            name: "Collector",
            dependencies: [
                "HarnessCore", "ScenarioModel", "Telemetry", "RedisClient", logging,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "Engine",
            dependencies: [
                "HarnessCore", grdb, "CMariaDB", "CLinux", crypto, logging,
                .product(name: "Yams", package: "Yams"),
                .product(name: "DequeModule", package: "swift-collections"),
            ] + nio,
            swiftSettings: settings),
        .executableTarget(
            name: "spotload",
            dependencies: [
                "HarnessCore", "ScenarioModel", "Telemetry", "RedisClient", "LoadGen", "Collector",
                "Engine", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: settings),

        // What benchmarks and the allocation test run; the only public declarations there are.
        .target(
            name: "FlowProbe", dependencies: ["HarnessCore", "ScenarioModel", "LoadGen"],
            swiftSettings: settings),
        // A malloc that counts, for tests and benchmarks.
        .target(name: "CAllocations", path: "Tests/CAllocations"),

        .target(
            name: "TestSupport", dependencies: ["HarnessCore", "RedisClient"],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        .testTarget(
            name: "HarnessCoreTests", dependencies: ["HarnessCore", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ScenarioModelTests",
            dependencies: [
                "ScenarioModel", "HarnessCore", "TestSupport",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TelemetryTests",
            dependencies: [
                "Telemetry", "HarnessCore", "TestSupport",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RedisClientTests", dependencies: ["RedisClient", "HarnessCore", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "LoadGenTests",
            dependencies: [
                "LoadGen", "ScenarioModel", "Telemetry", "RedisClient", "HarnessCore",
                "TestSupport", "FlowProbe", "CAllocations",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CollectorTests",
            dependencies: [
                "Collector", "ScenarioModel", "Telemetry", "RedisClient", "HarnessCore",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "HarnessCore", "TestSupport", "CAllocations", grdb,
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "spotload", "TestSupport", "HarnessCore", "ScenarioModel", "RedisClient",
                "Telemetry", "LoadGen", "Collector", grdb,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "FaultTests",
            dependencies: ["spotload", "TestSupport", "HarnessCore", "RedisClient", grdb],
            swiftSettings: settings),
        .testTarget(
            name: "TidyTests", dependencies: ["HarnessCore", "TestSupport"], swiftSettings: settings
        ),
    ]
)
