// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension Simulation {
    /// Calls that come whatever becomes of those before, as from the world outside: at intervals drawn by chance (a
    /// Poisson process).
    ///
    /// Returns when the last has ended.
    ///
    /// - Parameters:
    ///   - endpoint: what is called.
    ///   - rate: calls per second, above 0.
    ///   - duration: for how long calls are begun.
    ///   - patience: after how long each caller goes away, which cancels its call. Default nil: never.
    ///   - load: a name of this load for the record. Default `open`.
    ///   - context: of each call. Default: without a deadline.
    ///   - request: makes the request of each call, given its number from 0 on. Default: one without a key.
    public func openLoop(
        _ endpoint: some Endpoint<SimulatedRequest, SimulatedResponse>, rate: Double, for duration: Duration,
        patience: DelayDistribution? = nil, load: String = "open", context: CallContext = CallContext(),
        request: @escaping @Sendable (Int) -> SimulatedRequest = { _ in SimulatedRequest() }
    ) async {
        let gap = DelayDistribution.exponential(mean: .nanoseconds(Int64(1e9 / rate)))
        var random = generator(for: "load \(load)")
        let end = clock.now.advanced(by: duration)
        var next = clock.now
        await withDiscardingTaskGroup { group in
            for number in 0... {
                next = next.advanced(by: gap.draw(using: &random))
                guard next < end else { return }
                do { try await time.sleep(until: next) } catch { return }
                let limit = patience?.draw(using: &random)
                group.addTask { await self.makeCall(endpoint, request(number), context, load, limit) }
            }
        }
    }

    /// Calls of users each of whom waits for the answer before the next call.
    ///
    /// Returns when the last has ended.
    ///
    /// - Parameters:
    ///   - endpoint: what is called.
    ///   - users: how many.
    ///   - pause: how long each waits between an answer and the next call.
    ///   - duration: for how long calls are begun.
    ///   - load: a name of this load for the record. Default `closed`.
    ///   - context: of each call. Default: without a deadline.
    ///   - request: makes the request of each call, given the number of the user from 0 on. Default: one without a key.
    public func closedLoop(
        _ endpoint: some Endpoint<SimulatedRequest, SimulatedResponse>, users: Int,
        pause: DelayDistribution = .constant(.zero), for duration: Duration, load: String = "closed",
        context: CallContext = CallContext(),
        request: @escaping @Sendable (Int) -> SimulatedRequest = { _ in SimulatedRequest() }
    ) async {
        let end = clock.now.advanced(by: duration)
        await withDiscardingTaskGroup { group in
            for user in 0..<users {
                var random = generator(for: "load \(load), user \(user)")
                group.addTask {
                    while self.clock.now < end {
                        let before = self.clock.now
                        await self.makeCall(endpoint, request(user), context, load)
                        // A call that takes no time at all must not stop the clock.
                        let least: Duration = self.clock.now == before ? .microseconds(1) : .zero
                        let pause = max(least, pause.draw(using: &random))
                        if pause > .zero {
                            do { try await self.time.sleep(for: pause) } catch { return }
                        }
                    }
                }
            }
        }
    }

    /// Makes one call for a caller that goes away after `patience`, and records it.
    private func makeCall(
        _ endpoint: some Endpoint<SimulatedRequest, SimulatedResponse>, _ request: SimulatedRequest,
        _ context: CallContext, _ load: String, _ patience: Duration?
    ) async {
        guard let patience else {
            await makeCall(endpoint, request, context, load)
            return
        }
        let call = spawn { await self.makeCall(endpoint, request, context, load) }
        let timer = clock.schedule(at: clock.now.advanced(by: patience)) { call.cancel() }
        await withTaskCancellationHandler {
            await call.value
        } onCancel: {
            call.cancel()
        }
        clock.cancel(timer)
    }

    /// Makes one call and records it.
    ///
    /// - Parameter load: the name under which the record knows it.
    /// - Returns: nil if it failed.
    @discardableResult
    public func makeCall(
        _ endpoint: some Endpoint<SimulatedRequest, SimulatedResponse>, _ request: SimulatedRequest = .init(),
        _ context: CallContext = CallContext(), _ load: String = "single"
    ) async -> SimulatedResponse? {
        let start = elapsed
        var response: SimulatedResponse?
        var failure: CallFailure.Code?
        do throws(CallFailure) {
            response = try await endpoint.call(request, in: context)
        } catch {
            failure = error.code
        }
        let end = elapsed
        note("call of \(load): \(failure?.name ?? response?.instance ?? "")", UInt64((end - start).nanoseconds))
        record.add(
            FinishedCall(start: start, end: end, load: load, failure: failure, instance: response?.instance))
        return response
    }
}
