// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation

/// `Tests/Trouble/trouble.c`, compiled once for this test process with the compiler that comes with Swift.
enum TroubleLibrary {
    /// The library; why there is none, where it can't be compiled.
    static let path = Result<String, any Error> {
        let library = FileManager.default.temporaryDirectory.path + "/apus-trouble-\(getpid()).so"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "clang", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library,
            Programs.root + "/Tests/Trouble/trouble.c", "-ldl",
        ]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let message = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ConformanceFailure("clang can't compile trouble.c: \(String(decoding: message, as: UTF8.self))")
        }
        atexit { unlink(FileManager.default.temporaryDirectory.path + "/apus-trouble-\(getpid()).so") }
        return library
    }
}
