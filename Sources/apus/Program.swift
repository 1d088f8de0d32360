// SPDX-License-Identifier: Apache-2.0
import ApusSupervisor
import Foundation

/// The running `apus`, and what is found from where it lies.
struct Program {
    /// Its absolute path.
    let path: String
    let executables: ExecutableSearch

    init() {
        let url = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments.first ?? "apus")
        path = url.resolvingSymlinksInPath().path
        executables = ExecutableSearch(
            beside: url.resolvingSymlinksInPath().deletingLastPathComponent().path,
            path: ProcessInfo.processInfo.environment["PATH"] ?? "")
    }

    /// A path of the command line from where it was given.
    func absolute(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.path
    }
}
