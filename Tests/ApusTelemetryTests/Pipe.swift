// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import Synchronization

/// A pipe whose read end somebody may read, later or never.
final class Pipe: Sendable {
    let reading: CInt
    let writing: CInt

    init() {
        var ends: [CInt] = [-1, -1]
        precondition(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
    }

    /// Reads everything until the write end is closed, on a thread of its own; the result comes by the returned
    /// function.
    func readAll() -> @Sendable () -> String {
        let result = Mutex<[UInt8]>([])
        let shared = Shared(result: result)
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().async { [reading] in
            var chunk = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(reading, &chunk, chunk.count)
                if count <= 0 { break }
                shared.result.withLock { $0.append(contentsOf: chunk[..<count]) }
            }
            done.signal()
        }
        return {
            done.wait()
            return String(decoding: shared.result.withLock { $0 }, as: UTF8.self)
        }
    }

    private final class Shared: Sendable {
        let result: Mutex<[UInt8]>
        init(result: consuming Mutex<[UInt8]>) { self.result = result }
    }
}
