// SPDX-License-Identifier: Apache-2.0
import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// One process, from its start to its end.
///
/// It leads a process group of its own, so that a Ctrl-C on the terminal reaches only the supervisor, and what it starts
/// itself ends with it. Its standard input is a pipe that nothing is written to and that ends when the supervisor does,
/// however that dies. Its standard output and error are read as lines of one stream.
final class ChildProcess: Sendable {
    private typealias Running = Execution<CustomWriteInput, SequenceOutput, CombinedErrorOutput>

    private enum State {
        case waiting(pending: [Signal])
        case running(Running)
        case ended
    }

    private let specification: ChildSpecification
    private let state = Mutex(State.waiting(pending: []))

    init(_ specification: ChildSpecification) {
        self.specification = specification
    }

    /// Starts the process and returns when it ended.
    ///
    /// - Parameters:
    ///   - started: Called with its process id.
    ///   - line: Called for each line that it writes. While that takes long, the process is not read.
    /// - Throws: ``SupervisorError/Code/spawn`` if it can't be started.
    func run(
        started: @Sendable (Int32) -> Void, line: @Sendable (String) -> Void
    ) async throws(SupervisorError) -> ChildExit {
        defer { state.withLock { $0 = .ended } }
        var options = PlatformOptions()
        options.processGroupID = 0
        let configuration = Configuration(
            executable: .path(FilePath(specification.path)), arguments: Arguments(specification.arguments),
            environment: .custom(specification.environment.map { Array("\($0.key)=\($0.value)\0".utf8) }),
            platformOptions: options)
        do {
            let result = try await Subprocess.run(
                configuration, input: .inputWriter, output: .sequence, error: .combinedWithOutput
            ) { execution in
                begin(execution)
                started(execution.processIdentifier.value)
                await read(execution, line)
                await Self.waitForEnd(of: execution.processIdentifier.value)
                state.withLock { $0 = .ended }
            }
            return switch result.terminationStatus {
            case .exited(let status): .status(status)
            case .signaled(let number): .signal(number)
            }
        } catch {
            throw SupervisorError(.spawn, "\(specification.path) can't be started: \(error)")
        }
    }

    /// Asks the process and its group to end.
    func terminate() { send(.terminate) }

    /// Ends the process and its group at once.
    func kill() { send(.kill) }

    private func begin(_ execution: Running) {
        let pending = state.withLock { state -> [Signal] in
            guard case .waiting(let pending) = state else { return [] }
            state = .running(execution)
            return pending
        }
        for signal in pending { Self.deliver(signal, to: execution) }
    }

    private func send(_ signal: Signal) {
        // The lock is held while the signal is sent: once the state is `ended`, the id may be another process's.
        state.withLock { state in
            switch state {
            case .waiting(let pending): state = .waiting(pending: pending + [signal])
            case .running(let execution): Self.deliver(signal, to: execution)
            case .ended: break
            }
        }
    }

    private static func deliver(_ signal: Signal, to execution: Running) {
        do {
            try execution.send(signal: signal, toProcessGroup: true)
        } catch {
            // The group is gone: what was asked for has happened.
        }
    }

    private func read(_ execution: Running, _ line: (String) -> Void) async {
        var assembler = LineAssembler()
        do {
            for try await buffer in execution.standardOutput {
                buffer.withUnsafeBytes { assembler.feed($0, line) }
            }
        } catch {
            line("what it writes can't be read any more: \(error)")
        }
        if let rest = assembler.finish() { line(rest) }
    }

    /// Waits for a process that may have closed its output before its end. It stays a zombie until the library reaps it.
    private static func waitForEnd(of pid: Int32) async {
        while true {
            var information = siginfo_t()
            let status = waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT)
            if status != 0 ? errno != EINTR : information.si_signo != 0 { return }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }
}
