// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// A process whose outputs go to a file.
final class RunningProcess: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let process: Mutex<Process>
    private let state = Mutex(State())
    private let file: String

    init(_ path: String, _ arguments: [String], environment: [String: String], output file: String) {
        self.file = file
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        self.process = Mutex(process)
    }

    func start() throws {
        guard FileManager.default.createFile(atPath: file, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try process.withLock { process in
            process.standardOutput = handle
            process.standardError = handle
            process.terminationHandler = { [weak self] in self?.note($0.terminationStatus) }
            try process.run()
        }
        try handle.close()
    }

    var id: Int32 { process.withLock { $0.processIdentifier } }
    var status: Int32? { state.withLock { $0.status } }

    /// What it has written so far.
    var output: String {
        do {
            return try String(decoding: Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
        } catch {
            return "no output: \(error)"
        }
    }

    func signal(_ number: Int32) {
        kill(id, number)
    }

    /// Waits for its end.
    func ended() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    private func note(_ status: Int32) {
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }
}
