// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTelemetry
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Gives expired reservations back, in the background.
///
/// It sleeps until the next reservation expires, and is told of new ones that expire earlier. Since other instances on the
/// same database may reserve too, it looks at least every ``longestSleep``; and after a failure it waits a while.
final class ExpirySweeper: Service {
    static let longestSleep = Duration.seconds(15)
    static let pauseAfterFailure = Duration.seconds(2)

    private let reservations: Reservations
    private let logger: Logger
    private let expired: Counter
    private let turns = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let alarm = Mutex(Alarm())

    private struct Alarm {
        var time = Date.distantFuture
        var timer: Task<Void, Never>?
    }

    init(_ reservations: Reservations, metrics: MetricsRegistry, logger: Logger) {
        self.reservations = reservations
        self.logger = logger
        expired = metrics.counter("shop_reservations_expired_total", "Reservations given back since they expired.")
    }

    /// Notes that a reservation expires at `time`.
    func expect(_ time: Date) {
        alarm.withLock { alarm in
            if time < alarm.time { set(&alarm, to: time) }
        }
    }

    func run() async throws {
        turns.continuation.yield()
        await cancelWhenGracefulShutdown {
            for await _ in self.turns.stream { await self.turn() }
        }
        alarm.withLock { $0.timer?.cancel() }
    }

    private func turn() async {
        // Whoever expects something from now on sets an alarm of its own, which this turn's end doesn't postpone.
        alarm.withLock { alarm in
            alarm.timer?.cancel()
            alarm.time = .distantFuture
        }
        let now = reservations.now()
        var latest = now.addingTimeInterval(Self.longestSleep.seconds)
        do {
            let sweep = try await reservations.sweep()
            if sweep.expired > 0 {
                expired.increment(by: Int64(sweep.expired))
                logger.info("reservations expired", metadata: ["count": "\(sweep.expired)"])
            }
            latest = min(latest, sweep.next ?? latest)
        } catch {
            guard !Task.isCancelled else { return }
            logger.error("expired reservations could not be given back", metadata: ["error": "\(error)"])
            latest = now.addingTimeInterval(Self.pauseAfterFailure.seconds)
        }
        expect(latest)
    }

    private func set(_ alarm: inout Alarm, to time: Date) {
        alarm.timer?.cancel()
        alarm.time = time
        let wait = max(0, time.timeIntervalSince(reservations.now()))
        let turns = turns.continuation
        alarm.timer = Task {
            // Cancelled when an earlier alarm replaces this one.
            do { try await Task.sleep(for: .seconds(wait)) } catch { return }
            turns.yield()
        }
    }
}
