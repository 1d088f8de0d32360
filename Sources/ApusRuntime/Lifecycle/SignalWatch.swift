// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Takes SIGTERM and SIGINT until ``stop()``. SIGPIPE is ignored: writing to a closed pipe is an error, not an end.
struct SignalWatch {
    private static let signals = [(number: SIGTERM, name: "SIGTERM"), (number: SIGINT, name: "SIGINT")]

    private let sources: [any DispatchSourceSignal]

    private final class Count: Sendable {
        private let value = Atomic<Int>(0)

        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
    }

    /// - Parameters:
    ///   - first: Called with the signal's name for the first signal.
    ///   - again: Called for each further one.
    init(first: @escaping @Sendable (String) -> Void, again: @escaping @Sendable () -> Void) {
        let count = Count()
        signal(SIGPIPE, SIG_IGN)
        sources = Self.signals.map { number, name in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInitiated))
            source.setEventHandler { if count.next() == 1 { first(name) } else { again() } }
            source.resume()
            return source
        }
    }

    /// Gives the signals back to the system.
    func stop() {
        for source in sources { source.cancel() }
        for (number, _) in Self.signals { signal(number, SIG_DFL) }
    }
}
