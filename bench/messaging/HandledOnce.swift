// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Which of the numbered messages were handled, a bit each, and how many of them again.
final class HandledOnce: Sendable {
    private struct State {
        var words: [UInt64]
        var different = 0
        var again = 0
        var unknown = 0
    }

    private let expected: Int
    private let state: Mutex<State>

    init(_ count: Int) {
        expected = count
        state = Mutex(State(words: Array(repeating: 0, count: (count + 63) / 64)))
    }

    func note(_ number: Int) {
        state.withLock { state in
            guard (0..<expected).contains(number) else {
                state.unknown += 1
                return
            }
            let bit = UInt64(1) << UInt64(number % 64)
            if state.words[number / 64] & bit == 0 {
                state.words[number / 64] |= bit
                state.different += 1
            } else {
                state.again += 1
            }
        }
    }

    /// - Throws: unless each was handled, and none again.
    func check() throws {
        let (different, again, unknown) = state.withLock { ($0.different, $0.again, $0.unknown) }
        guard different == expected, again == 0, unknown == 0 else {
            throw Unfit("\(different) of \(expected) messages were handled, \(again) again, \(unknown) unknown ones")
        }
    }
}
