// SPDX-License-Identifier: Apache-2.0
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Takes SIGTERM and SIGINT until ``stop()``. SIGPIPE is ignored: writing to a closed pipe is an error, not an end.
public struct SignalWatch {
    private static let signals = [(number: SIGTERM, name: "SIGTERM"), (number: SIGINT, name: "SIGINT")]

    private let sources: [any DispatchSourceSignal]

    private final class Count: Sendable {
        private let value = Atomic<Int>(0)

        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
    }

    /// Returns when signals are taken.
    ///
    /// - Parameters:
    ///   - first: Called with the signal's name for the first signal.
    ///   - again: Called for each further one.
    public init(first: @escaping @Sendable (String) -> Void, again: @escaping @Sendable () -> Void) async {
        let count = Count()
        signal(SIGPIPE, SIG_IGN)
        var sources: [any DispatchSourceSignal] = []
        for (number, name) in Self.signals {
            #if canImport(Darwin)
                // Dispatch looks on while the default action takes place there; elsewhere it takes the signal itself, and
                // an ignored one would never come.
                signal(number, SIG_IGN)
            #endif
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInitiated))
            source.setEventHandler { if count.next() == 1 { first(name) } else { again() } }
            await withCheckedContinuation { continuation in
                source.setRegistrationHandler { continuation.resume() }
                source.resume()
            }
            sources.append(source)
        }
        self.sources = sources
    }

    /// Takes no more of them.
    public func stop() {
        for source in sources { source.cancel() }
    }
}
