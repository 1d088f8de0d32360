// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Synchronization

/// A target that writes at most as many bytes at each call as a script says (0: broken), and everything after its end.
final class ScriptedTarget: LogTarget {
    let memory = MemoryLogTarget()
    private let script: Mutex<[Int]>

    init(_ script: [Int]) {
        self.script = Mutex(script)
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        let most = script.withLock { $0.isEmpty ? bytes.count : $0.removeFirst() }
        return memory.write(UnsafeRawBufferPointer(rebasing: bytes.prefix(most)))
    }
}
