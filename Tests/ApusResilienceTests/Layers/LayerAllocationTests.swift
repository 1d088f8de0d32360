// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Foundation
    import Testing

    /// The program that makes the calls, as it was built beside the tests. It is one of its own because glibc's counter counts
    /// all of a process, and can't stand what the tests' does with aligned memory.
    private let program =
        Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "bench-resilience") ?? URL(filePath: "bench-resilience")

    @Suite(
        "Allocations of layers",
        .enabled(if: FileManager.default.isExecutableFile(atPath: program.path), "bench-resilience isn't built"))
    struct LayerAllocationTests {
        private static let calls = 1_000

        @Test("Six layers that do nothing, and six that are shipped, allocate nothing beyond the bare call")
        func layers() throws {
            let bare = try Self.allocations(of: "none")
            // No thread of the runtime that begins by chance is as much as one for each call.
            #expect(bare < Self.calls / 20, "\(bare) allocations in \(Self.calls) bare calls")
            for stack in ["layers", "layers-shipped"] {
                let count = try Self.allocations(of: stack)
                #expect(count - bare < Self.calls / 20, "\(stack): \(count) allocations in \(Self.calls) calls")
            }
        }

        @Test("An object for each call is counted")
        func counted() throws {
            let count = try Self.allocations(of: "allocating")
            #expect(count >= Self.calls && count < Self.calls * 11 / 10, "\(count) allocations in \(Self.calls) calls")
        }

        /// How many allocations more there are with so many calls more.
        private static func allocations(of stack: String) throws -> Int {
            try all(of: stack, calls: calls + 1) - all(of: stack, calls: 1)
        }

        /// All allocations of a process that makes so many calls, by glibc's `libmemusage.so`.
        private static func all(of stack: String, calls: Int) throws -> Int {
            let process = Process()
            let errors = Pipe()
            process.executableURL = program
            process.arguments = ["call-\(stack)", "\(calls)"]
            process.environment = ["LD_PRELOAD": "libmemusage.so"]
            process.standardError = errors
            try process.run()
            let text = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(text)")
            // Lines such as "malloc| calls bytes failed", with colours around the words; the "0m" of one is no number.
            let counts = text.split(separator: "\n").compactMap { line -> Int? in
                let columns = line.split(separator: "|")
                guard columns.count == 2, columns[0].hasSuffix("alloc") else { return nil }
                return columns[1].split { !$0.isNumber && $0 != "m" }.compactMap { Int($0) }.first
            }
            try #require(counts.count == 3, "no counts, is there a libmemusage.so of glibc?\n\(text)")
            return counts.reduce(0, +)
        }
    }
#endif
