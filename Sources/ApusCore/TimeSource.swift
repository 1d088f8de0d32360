// SPDX-License-Identifier: Apache-2.0

/// Where a driver reads the time and waits for it: the machine's clock in production, a clock that the test moves in
/// tests.
///
/// Anything below the top floor that needs the time takes one as a parameter, `.system` by default.
public struct TimeSource: Sendable {
    @usableFromInline let read: @Sendable () -> Instant
    /// Whether it is ``system``, whose instants are those of ``Instant/now``.
    public let isSystem: Bool
    private let wait: @Sendable (Instant) async throws(CancellationError) -> Void

    /// A clock that is read by calling `read`, from any thread. Its ``sleep(until:)`` takes the machine's time.
    public init(_ read: @escaping @Sendable () -> Instant) {
        self.init(read, isSystem: false)
    }

    private init(_ read: @escaping @Sendable () -> Instant, isSystem: Bool) {
        self.read = read
        self.isSystem = isSystem
        wait = { (instant) throws(CancellationError) in try await Self.pause(for: read().duration(to: instant)) }
    }

    /// - Parameters:
    ///   - read: gives the current instant, from any thread.
    ///   - wait: suspends until an instant of that clock; throws as soon as the task is cancelled.
    public init(
        _ read: @escaping @Sendable () -> Instant,
        sleepingUntil wait: @escaping @Sendable (Instant) async throws(CancellationError) -> Void
    ) {
        self.read = read
        self.wait = wait
        isSystem = false
    }

    /// The current instant.
    @inlinable public var now: Instant { isSystem ? .now : read() }

    /// Suspends until `instant`; not at all if it has passed.
    ///
    /// - Throws: as soon as the task is cancelled, and at once if it was before.
    public func sleep(until instant: Instant) async throws(CancellationError) {
        try await wait(instant)
    }

    /// Suspends for `duration`.
    ///
    /// - Throws: as soon as the task is cancelled, and at once if it was before.
    public func sleep(for duration: Duration) async throws(CancellationError) {
        try await wait(now.advanced(by: duration))
    }

    /// The machine's monotonic clock.
    public static let system = TimeSource({ .now }, isSystem: true)

    private static func pause(for duration: Duration) async throws(CancellationError) {
        do {
            if duration > .zero { try await Task.sleep(for: duration) } else { try Task.checkCancellation() }
        } catch {
            throw CancellationError()
        }
    }
}
