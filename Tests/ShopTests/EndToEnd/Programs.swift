// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation

/// Where the built programs and the repository are.
enum Programs {
    /// The folder of the test bundle, where the build leaves the executables too.
    static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .path
    static let apus = folder + "/apus"

    /// The repository's root: this file lies in `Tests/ShopTests/EndToEnd`.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Runs a program to its end.
    ///
    /// - Returns: its status, and what it wrote to both outputs.
    static func run(_ path: String, _ arguments: [String], in folder: TemporaryFolder) async throws -> (Int32, String) {
        let process = RunningProcess(
            path, arguments, environment: ProcessInfo.processInfo.environment,
            output: folder.path + "/\(UUID().uuidString).log")
        try process.start()
        let status = await process.ended()
        return (status, process.output)
    }
}
