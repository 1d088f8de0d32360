// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation

extension RunningProcess {
    /// A program of the build, with the test's own environment and what is given beside it.
    convenience init(
        program: String, _ arguments: [String] = [], _ variables: [String: String] = [:], in folder: TemporaryFolder
    ) {
        var environment = ProcessInfo.processInfo.environment
        environment["LOG_LEVEL"] = "warning"
        environment.merge(variables) { $1 }
        self.init(
            Programs.folder + "/" + program, arguments, environment: environment,
            output: folder.path + "/\(UUID().uuidString).log")
    }

    /// Starts it, and waits until it says that it is ready, or that it listens.
    ///
    /// - Returns: the address that it says.
    func startAndBeReady() async throws -> String {
        try start()
        var url: String?
        try await eventually("a process is ready", within: .seconds(20)) {
            guard status == nil else { throw ConformanceFailure("it ended instead: \(output)") }
            url = output.split(separator: "\n").first { $0.hasPrefix("ready http") || $0.hasPrefix("listening http") }
                .flatMap { $0.split(separator: " ").last.map { String($0) } }
            return url != nil
        }
        return url ?? ""
    }

    /// Kills it if it still runs, and waits for its end.
    func endNow() async {
        if status == nil { signal(SIGKILL) }
        _ = await ended()
    }
}
