// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

// MARK: Products of other packages

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let jwt = Target.Dependency.product(
    name: "JWTKit", package: "jwt-kit", condition: .when(traits: ["JWT"]))

// MARK: Libraries of the system

let postgres = Target.Dependency.target(name: "CPostgres", condition: .when(traits: ["PostgreSQL"]))
let hiredis = Target.Dependency.target(name: "CHiredis", condition: .when(traits: ["Redis"]))
let nats = Target.Dependency.target(name: "CNATS", condition: .when(traits: ["NATS"]))

// MARK: Rooms

/// A library room: imports only rooms of its own floor or below (`docs/architecture.md`).
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a room, in a folder of the same name.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.init(stringLiteral: name)] + dependencies, swiftSettings: settings)
}

/// A library of the shop.
func shop(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Shop/\(name)", swiftSettings: settings)
}

/// An executable of the shop.
func shopExecutable(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Shop/\(name)", swiftSettings: settings)
}

/// What a service of the shop is made with.
let service: [Target.Dependency] = [
    "ApusCore", "ApusContract", "ApusTelemetry", "ApusSQL", "ApusCache", "ApusMessaging", "ApusResilience",
    "ApusRuntime", "ApusService", logging, lifecycle,
]

let package = Package(
    name: "apus",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "ApusCore", targets: ["ApusCore"]),
        .library(name: "ApusResilience", targets: ["ApusResilience"]),
        .library(name: "ApusBalancing", targets: ["ApusBalancing"]),
        .library(name: "ApusTelemetry", targets: ["ApusTelemetry"]),
        .library(name: "ApusContract", targets: ["ApusContract"]),
        .library(name: "ApusYAML", targets: ["ApusYAML"]),
        .library(name: "ApusHTTP", targets: ["ApusHTTP"]),
        .library(name: "ApusSQL", targets: ["ApusSQL"]),
        .library(name: "ApusSQLite", targets: ["ApusSQLite"]),
        .library(name: "ApusPostgres", targets: ["ApusPostgres"]),
        .library(name: "ApusCache", targets: ["ApusCache"]),
        .library(name: "ApusRedis", targets: ["ApusRedis"]),
        .library(name: "ApusMessaging", targets: ["ApusMessaging"]),
        .library(name: "ApusNATS", targets: ["ApusNATS"]),
        .library(name: "ApusRedisMessaging", targets: ["ApusRedisMessaging"]),
        .library(name: "ApusDiscovery", targets: ["ApusDiscovery"]),
        .library(name: "ApusAuth", targets: ["ApusAuth"]),
        .library(name: "ApusRuntime", targets: ["ApusRuntime"]),
        .library(name: "ApusService", targets: ["ApusService"]),
        .library(name: "ApusGateway", targets: ["ApusGateway"]),
        .library(name: "ApusSupervisor", targets: ["ApusSupervisor"]),
        .library(name: "ApusTesting", targets: ["ApusTesting"]),
        .executable(name: "apus", targets: ["apus"]),
        .executable(name: "users-service", targets: ["users-service"]),
        .executable(name: "products-service", targets: ["products-service"]),
        .executable(name: "orders-service", targets: ["orders-service"]),
        .executable(name: "shop", targets: ["shop"]),
    ],
    traits: [
        .trait(name: "JWT", description: "Bearer tokens in ApusAuth, verified by jwt-kit."),
        .trait(name: "PostgreSQL", description: "ApusPostgres, over libpq from the system."),
        .trait(name: "Redis", description: "ApusRedis and ApusRedisMessaging, whose replies hiredis parses."),
        .trait(name: "NATS", description: "ApusNATS, over libnats from the system."),
        .default(enabledTraits: ["JWT", "PostgreSQL", "Redis", "NATS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // Floor 0
        room("ApusCore"),

        // Floor 1: policies and formats. No I/O, no clock.
        room("ApusResilience", ["ApusCore"]),
        room("ApusBalancing", ["ApusCore"]),
        room("ApusTelemetry", ["ApusCore", logging, metrics]),
        room("ApusContract", ["ApusCore"]),
        room("ApusYAML", ["ApusCore", yams]),

        // Floor 2: engines
        room("ApusHTTP", ["ApusCore", nioCore, nioPosix, nioTLS, nioSSL]),
        room("ApusSQL", ["ApusCore"]),
        room("ApusSQLite", ["ApusCore", "ApusSQL", grdb, sqlite]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        room("ApusPostgres", ["ApusCore", "ApusSQL", nioCore, nioPosix, postgres]),
        room("ApusCache", ["ApusCore", "ApusResilience", "ApusContract"]),
        .systemLibrary(
            name: "CHiredis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        room(
            "ApusRedis",
            ["ApusCore", "ApusResilience", "ApusContract", "ApusCache", nioCore, nioPosix, nioSSL, hiredis]),

        // Floor 3: what a service and a gateway share
        room(
            "ApusRuntime",
            [
                "ApusCore", "ApusResilience", "ApusBalancing", "ApusTelemetry", "ApusContract", "ApusYAML", "ApusHTTP",
                logging, lifecycle, nioCore, nioSSL,
            ]),
        room(
            "ApusDiscovery",
            ["ApusCore", "ApusBalancing", "ApusTelemetry", "ApusContract", "ApusHTTP", logging, lifecycle, nioCore]),
        room("ApusAuth", ["ApusCore", jwt]),
        room("ApusMessaging", ["ApusCore", "ApusResilience", "ApusContract", "ApusSQL", logging, lifecycle]),
        .systemLibrary(
            name: "CNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"]), .brew(["cnats"])]),
        room("ApusNATS", ["ApusCore", "ApusResilience", "ApusContract", "ApusMessaging", nats]),
        room("ApusRedisMessaging", ["ApusCore", "ApusSQL", "ApusMessaging", "ApusRedis"]),

        // Floor 4
        room(
            "ApusService",
            [
                "ApusCore", "ApusResilience", "ApusBalancing", "ApusTelemetry", "ApusContract", "ApusHTTP",
                "ApusRuntime", "ApusDiscovery", "ApusAuth", "ApusMessaging", "ApusRedisMessaging", "ApusNATS",
                "ApusSQL", "ApusSQLite", "ApusPostgres", "ApusCache", "ApusRedis", logging, lifecycle, nioCore,
                nioPosix,
            ]),
        room(
            "ApusGateway",
            [
                "ApusCore", "ApusResilience", "ApusBalancing", "ApusTelemetry", "ApusContract", "ApusHTTP",
                "ApusYAML", "ApusRuntime", "ApusDiscovery", "ApusAuth",
                logging, lifecycle, nioCore, nioSSL,
            ]),
        room(
            "ApusSupervisor",
            ["ApusCore", "ApusYAML", "ApusTelemetry", "ApusRuntime", "ApusDiscovery", "ApusHTTP", logging, subprocess]),

        // Beside: for the tests of those who build on Apus
        room(
            "ApusTesting",
            [
                "ApusCore", "ApusResilience", "ApusBalancing", "ApusSQL", "ApusCache", "ApusMessaging", "ApusDiscovery",
                logging,
            ]),

        // Floor 5
        .executableTarget(
            name: "apus",
            dependencies: [
                "ApusCore", "ApusContract", "ApusHTTP", "ApusRuntime", "ApusDiscovery", "ApusMessaging", "ApusGateway",
                "ApusSupervisor", arguments, logging, lifecycle, nioCore,
            ],
            swiftSettings: settings),

        // The shop
        shop("UsersContract", ["ApusContract"]),
        shop("ProductsContract", ["ApusContract"]),
        shop("OrdersContract", ["ApusContract"]),
        shop("Users", service + ["UsersContract"]),
        shop("Products", service + ["ProductsContract"]),
        shop("Orders", service + ["OrdersContract", "UsersContract", "ProductsContract"]),
        shopExecutable("users-service", ["Users", "ApusService"]),
        shopExecutable("products-service", ["Products", "ApusService"]),
        shopExecutable("orders-service", ["Orders", "ApusService"]),
        shopExecutable("shop", service + ["Users", "Products", "Orders", "ApusDiscovery", "ApusHTTP"]),

        // What scripts/bench measures beside the gateway
        .executableTarget(
            name: "bench-service",
            dependencies: ["ApusContract", "ApusRuntime", "ApusDiscovery", "ApusService", "ApusHTTP", nioCore],
            path: "bench/service", swiftSettings: settings),
        .executableTarget(
            name: "bench-data",
            dependencies: ["ApusCore", "ApusHTTP", "ApusSQL", "ApusPostgres", "ApusRedis", "ApusRuntime"],
            path: "bench/data", swiftSettings: settings),
        .executableTarget(
            name: "bench-cache", dependencies: ["ApusCore", "ApusCache"], path: "bench/cache",
            swiftSettings: settings),
        .executableTarget(
            name: "bench-messaging",
            dependencies: [
                "ApusCore", "ApusSQL", "ApusSQLite", "ApusPostgres", "ApusRedis", "ApusMessaging",
                "ApusRedisMessaging", "ApusNATS", nioPosix,
            ],
            path: "bench/messaging", swiftSettings: settings),
        .executableTarget(
            name: "bench-resilience", dependencies: ["ApusCore", "ApusResilience", "ApusBalancing"],
            path: "bench/resilience", swiftSettings: settings),

        // Tests
        tests("ApusCore"),
        tests("ApusResilience"),
        tests("ApusBalancing"),
        tests("ApusTelemetry", [logging, metrics]),
        tests("ApusContract"),
        tests("ApusYAML", ["ApusCore"]),
        // What tests of several rooms need; no product.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        tests("ApusHTTP", ["TestSupport", "ApusCore", nioCore, nioPosix, nioEmbedded, nioHTTP1, nioSSL]),
        tests(
            "ApusTesting", ["ApusBalancing", "ApusCore", "ApusMessaging", "ApusResilience", "TestSupport", logging]),
        tests("ApusSQL", ["ApusCore", "ApusTesting"]),
        tests("ApusSQLite", ["TestSupport", "ApusSQL", "ApusTesting"]),
        tests(
            "ApusPostgres",
            ["TestSupport", "ApusCore", "ApusSQL", "ApusMessaging", "ApusTesting", nioCore, nioPosix]),
        tests("ApusCache", ["ApusTesting"]),
        // What tests on a real Redis need; no product.
        .target(
            name: "RedisTestSupport", dependencies: ["ApusRedis", "ApusResilience", "ApusTesting", nioPosix],
            path: "Tests/RedisTestSupport", swiftSettings: settings),
        tests(
            "ApusRedis",
            [
                "RedisTestSupport", "ApusCore", "ApusResilience", "ApusCache", "ApusTesting", nioCore, nioPosix,
                hiredis,
            ]),
        tests(
            "ApusMessaging",
            ["TestSupport", "ApusCore", "ApusResilience", "ApusContract", "ApusSQL", "ApusSQLite", "ApusTesting"]),
        tests("ApusNATS", ["ApusCore", "ApusResilience", "ApusMessaging", "ApusTesting", logging]),
        tests(
            "ApusRedisMessaging",
            ["RedisTestSupport", "ApusCore", "ApusResilience", "ApusMessaging", "ApusRedis", "ApusTesting", logging]),
        tests(
            "ApusRuntime",
            ["ApusCore", "ApusHTTP", "ApusTesting", "ApusTelemetry", logging, lifecycle, nioCore, nioPosix]),
        tests("ApusDiscovery", ["ApusHTTP", "ApusTesting"]),
        tests("ApusAuth", [jwt]),
        tests("ApusService", ["ApusHTTP", "ApusMessaging", "ApusResilience", "ApusSQL", "ApusSQLite", "ApusTesting"]),
        tests("ApusGateway", ["TestSupport", "ApusYAML", "ApusHTTP", "ApusTesting", nioCore, nioPosix]),
        tests("ApusSupervisor", ["ApusTesting"]),
        .testTarget(
            name: "ShopTests",
            dependencies: [
                "TestSupport", "Users", "Products", "Orders", "UsersContract", "ProductsContract", "OrdersContract",
                "ApusCore",
                "ApusContract", "ApusHTTP", "ApusSQL", "ApusSQLite", "ApusPostgres", "ApusCache", "ApusMessaging",
                "ApusRedis", "ApusRedisMessaging", "ApusTelemetry",
                "ApusDiscovery", "ApusResilience", "ApusRuntime", "ApusService", "ApusTesting", logging, lifecycle,
                nioCore, nioPosix,
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
