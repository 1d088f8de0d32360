// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

extension SimulatedInstance {
    /// A request has come over the network.
    func receive(_ exchange: SimulatedExchange) {
        simulation.note("receive \(id)", UInt64(exchange.attempt))
        let accepted = state.withLock { state -> (UInt64, SimulatedEndpoint)? in
            guard let serving = state.serving else { return nil }
            state.numbers += 1
            state.exchanges[state.numbers] = exchange
            state.mostAtOnce = max(state.mostAtOnce, state.exchanges.count)
            return (state.numbers, serving)
        }
        simulation.record.add(
            Arrival(
                at: simulation.elapsed, instance: id, client: exchange.client, attempt: exchange.attempt,
                wasAccepted: accepted != nil))
        guard let (number, serving) = accepted else {
            exchange.refuse()
            return
        }
        let task = simulation.spawn { [self] in
            let result: Result<SimulatedResponse, CallFailure>
            do throws(CallFailure) {
                result = .success(try await serving.call(exchange.request, in: exchange.context))
            } catch {
                result = .failure(error)
            }
            let isOpen = state.withLock { $0.exchanges.removeValue(forKey: number) != nil }
            if isOpen { exchange.answer(result) }
        }
        exchange.isServed(by: task)
    }

    /// Does the work of a request: waits for a worker, works, and does what follows.
    func work(
        _ request: SimulatedRequest, in context: CallContext
    ) async throws(CallFailure) -> SimulatedResponse {
        let workers = state.withLock { $0.workers }
        let arrival = simulation.clock.now
        try await workers.take()
        defer { workers.giveBack() }
        try await notPaused()
        let begin = simulation.clock.now
        configuration.onStart?(self, arrival.duration(to: begin))
        simulation.record.add(
            WorkStart(
                at: simulation.elapsed, instance: id,
                remaining: context.deadline.map { begin.duration(to: $0) }))
        let slowness = state.withLock { $0.slowness }
        let duration = chance.delay(configuration.work).seconds * slowness
        do throws(CancellationError) {
            try await simulation.time.sleep(for: .nanoseconds(Int64(duration * 1e9)))
        } catch {
            throw Self.gone
        }
        try await notPaused()
        if chance.happens(state.withLock { $0.errorShare }) {
            throw CallFailure(
                .unexpectedStatus, "the instance fails on purpose", stage: .response, status: 500,
                mayHaveReachedPeer: true)
        }
        return SimulatedResponse(instance: id)
    }

    private func notPaused() async throws(CallFailure) {
        while state.withLock({ $0.isPaused }) {
            guard await gate.wait() else { throw Self.gone }
        }
    }

    static var gone: CallFailure {
        CallFailure(.cancelled, "the client went away", stage: .response, mayHaveReachedPeer: true)
    }
}

/// The work of an instance as the endpoint that its layers stand around.
struct SimulatedWork: Endpoint {
    let instance: SimulatedInstance

    func call(
        _ request: SimulatedRequest, in context: CallContext
    ) async throws(CallFailure) -> SimulatedResponse {
        let response = try await instance.work(request, in: context)
        try await instance.configuration.handler?(request, context)
        return response
    }
}
