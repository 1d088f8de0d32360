// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Dispatch

/// A target that writes nothing until it is opened, and tells when it was first asked.
final class GatedTarget: LogTarget {
    let memory = MemoryLogTarget()
    private let gate = DispatchSemaphore(value: 0)
    private let asked = DispatchSemaphore(value: 0)
    private let wrote = DispatchSemaphore(value: 0)

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        asked.signal()
        gate.wait()
        gate.signal()
        defer { wrote.signal() }
        return memory.write(bytes)
    }

    func open() {
        gate.signal()
    }

    /// Waits until another write is done.
    func waitUntilWritten() -> Bool {
        wrote.wait(timeout: .now() + .seconds(10)) == .success
    }

    /// Waits until the sink's thread stands in ``write(_:)``.
    func waitUntilAsked() -> Bool {
        asked.wait(timeout: .now() + .seconds(10)) == .success
    }
}
