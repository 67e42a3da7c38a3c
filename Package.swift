// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "signalbox",
    products: [.executable(name: "signalbox", targets: ["signalbox"])],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncursesw5-dev"])]),
        .target(name: "GatewayCore", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "Collectors", dependencies: ["GatewayCore"], swiftSettings: strict),
        .target(name: "FleetSim", dependencies: ["GatewayCore"], swiftSettings: strict),
        .target(
            name: "Themes", path: "Themes", resources: [.embedInCode("themes")],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .target(
            name: "Console",
            dependencies: ["GatewayCore", "Collectors", "FleetSim", "CNcurses", "CLinux", "Themes"],
            swiftSettings: strict),
        .executableTarget(name: "signalbox", dependencies: ["Console"], swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["GatewayCore"], path: "Tests/Support",
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .testTarget(
            name: "GatewayCoreTests", dependencies: ["GatewayCore", "TestSupport"],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .testTarget(
            name: "CollectorsTests", dependencies: ["Collectors", "GatewayCore", "TestSupport"],
            exclude: ["KVEvents/kv_publisher.py"],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .testTarget(
            name: "FleetSimTests", dependencies: ["FleetSim", "GatewayCore", "TestSupport"],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .testTarget(
            name: "ConsoleTests",
            dependencies: ["Console", "FleetSim", "GatewayCore", "Themes", "TestSupport"],
            exclude: ["Golden", "BAR.md"],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "microbench", dependencies: ["GatewayCore", "Collectors"], path: "Tests/Bench/Micro",
            exclude: ["instructions.txt"], swiftSettings: [.swiftLanguageMode(.v6)]),
        .testTarget(
            name: "ArchitectureTests", dependencies: ["TestSupport"], path: "Tests/Architecture",
            exclude: ["unsafe-files.txt", "long-files.txt"],
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .testTarget(
            name: "EndToEndTests", dependencies: ["TestSupport", "GatewayCore"],
            path: "Tests/EndToEnd", exclude: ["Real/openai_client.py"],
            swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
