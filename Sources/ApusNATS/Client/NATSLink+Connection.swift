// SPDX-License-Identifier: Apache-2.0
#if NATS
    internal import ApusCore
    internal import Foundation
    internal import Synchronization

    extension NATSLink {
        private enum Step {
            case dial(NATSEndpoint, generation: Int)
            case send(NATSSession, [Outgoing])
            case end(NATSSession)
            case wait(Duration?)
            case stop(NATSSession?)
        }

        /// What the sending thread does, until the link is closed.
        func send() {
            while true {
                switch state.withLock({ step(&$0) }) {
                case .dial(let endpoint, let generation):
                    counters.dials.wrappingAdd(1, ordering: .relaxed)
                    Thread.detachNewThread { self.dial(endpoint, generation) }
                case .send(let session, let outgoing): send(outgoing, session)
                case .end(let session): session.close()
                case .wait(let limit): outBell.wait(upTo: limit)
                case .stop(let session):
                    session?.close()
                    return
                }
            }
        }

        private func step(_ state: inout State) -> Step {
            let now = time.now
            switch state.reconnect.phase {
            case .closed:
                defer { state.session = nil }
                state.outgoing = []
                return .stop(state.session)
            case .ready:
                guard let session = state.session, !state.outgoing.isEmpty else { return .wait(nil) }
                defer { state.outgoing = [] }
                return .send(session, state.outgoing)
            case .idle, .dialing, .waiting: break
            }
            if let session = state.session {
                state.session = nil
                return .end(session)
            }
            let isWanted = state.reconnect.phase != .idle || !state.outgoing.isEmpty
            guard isWanted, state.reconnect.wantsDial(now: now) else {
                return .wait(state.reconnect.next.map { now.duration(to: $0) })
            }
            state.generation += 1
            defer { state.nextEndpoint += 1 }
            return .dial(
                configuration.endpoints[state.nextEndpoint % configuration.endpoints.count],
                generation: state.generation)
        }

        private func send(_ outgoing: [Outgoing], _ session: NATSSession) {
            for item in outgoing {
                switch item {
                case .listen(let id):
                    if let error = session.listen(id) { fail(id, error) }
                case .stopListening(let id): session.stopListening(id)
                case .publish(let publication): send(publication, session)
                }
            }
        }

        private func send(_ publication: Publication, _ session: NATSSession) {
            let isWanted = state.withLock { state in
                state.outgoingBytes -= publication.size
                return publication.request.map { state.requests.sent($0) } ?? true
            }
            guard isWanted else { return }
            // The last look before it can't be taken back: the thread may have been stopped until now.
            if let end = publication.notAfter, time.now >= end {
                if let id = publication.request { fail(id, .timeout(wasSent: false)) }
                return
            }
            counters.requests.wrappingAdd(1, ordering: .relaxed)
            guard let error = session.send(publication), let id = publication.request else { return }
            fail(id, error)
        }

        private func fail(_ id: UInt64, _ error: NATSError) {
            resume(state.withLock { $0.requests.fail(id) { _ in error }.map { [$0] } ?? [] })
        }

        private func dial(_ endpoint: NATSEndpoint, _ generation: Int) {
            let events = SessionEvents(
                received: { [weak self] in self?.received($0, $1) },
                ended: { [weak self] in self?.lost(generation) },
                refused: { [weak self] text in self?.state.withLock { $0.refusal = text } })
            switch dialer.dial(endpoint, events: events) {
            case .success(let session):
                let isWanted = state.withLock { state in
                    guard state.generation == generation, state.reconnect.connected(now: time.now) else { return false }
                    guard state.endedGeneration != generation else {
                        state.reconnect.lost(now: time.now)
                        return false
                    }
                    state.session = session
                    state.refusal = nil
                    state.nextEndpoint -= 1
                    return true
                }
                if !isWanted { session.close() }
                outBell.ring()
            case .failure(let error):
                counters.failedDials.wrappingAdd(1, ordering: .relaxed)
                let ended = state.withLock { state in
                    guard state.generation == generation else { return [PendingRequests.Ended]() }
                    state.reconnect.failed(error, now: time.now)
                    // One that will never be sent would only wait for its deadline.
                    return dropUnsent(error, &state)
                }
                resume(ended)
                outBell.ring()
            }
        }

        private func dropUnsent(_ error: NATSError, _ state: inout State) -> [PendingRequests.Ended] {
            state.outgoing = []
            state.outgoingBytes = 0
            return state.requests.endAll(unsentOnly: true, error)
        }

        private func lost(_ generation: Int) {
            let ended = state.withLock { state -> [PendingRequests.Ended] in
                guard state.generation == generation else { return [] }
                state.endedGeneration = generation
                if case .ready = state.reconnect.phase {
                    counters.lostConnections.wrappingAdd(1, ordering: .relaxed)
                    state.reconnect.lost(now: time.now)
                }
                state.inboxes.lost()
                return state.requests.lost()
            }
            resume(ended)
            outBell.ring()
        }

        private func received(_ message: NATSMessage, _ inbox: UInt64?) {
            let (ended, isLate) = state.withLock { state -> (PendingRequests.Ended?, Bool) in
                let request = inbox.map { state.inboxes.request(of: $0) } ?? Self.request(message.subject)
                return request.map { state.requests.received(message, for: $0) } ?? (nil, true)
            }
            if let ended { resume([ended]) }
            if isLate { giveBack(message) }
        }

        /// The request whose answer has this subject.
        private static func request(_ subject: String) -> UInt64? {
            subject.utf8.lastIndex(of: UInt8(ascii: ".")).flatMap { UInt64(subject[$0...].dropFirst()) }
        }

        /// What a consumer delivered to someone who has left is for another one, at once rather than when its lease ends.
        private func giveBack(_ message: NATSMessage) {
            counters.lateMessages.wrappingAdd(1, ordering: .relaxed)
            guard let reply = message.reply, reply.hasPrefix(Acknowledgement.prefix) else { return }
            do {
                try post(reply, data: Acknowledgement.negative(after: .zero))
            } catch {
                // Its lease will end.
            }
        }

        /// What the clock's thread does, until the link is closed.
        func watchDeadlines() {
            while true {
                let (ended, next, isClosed) = state.withLock { state in
                    let ended = state.requests.expire(now: time.now)
                    state.wakesAt = state.requests.earliest
                    return (ended, state.wakesAt, state.reconnect.phase == .closed)
                }
                counters.timeouts.wrappingAdd(ended.count, ordering: .relaxed)
                resume(ended)
                if isClosed { return }
                clockBell.wait(upTo: next == .distantFuture ? nil : time.now.duration(to: next))
            }
        }
    }
#else
    internal import ApusCore

    /// What a build without libnats has in its place: it is never made, since no configuration is valid there.
    final class NATSLink: Sendable {
        let counters = NATSCounters()

        init(_ configuration: NATSConfiguration, time: TimeSource) throws(InvalidConfiguration) {
            throw InvalidConfiguration(configuration.validate())
        }

        func start() {}

        func request(
            _ subject: String, headers: [NATSHeader], data: [UInt8], wanted: Int = 1, isPull: Bool = false,
            deadline: Instant, notAfter: Instant? = nil
        ) async throws(NATSError) -> [NATSMessage] {
            throw .closed
        }

        func requests(_ publications: [Publication], deadline: Instant) async -> [PendingRequests.Outcome] {
            publications.map { _ in .failure(.closed) }
        }

        func post(_ subject: String, headers: [NATSHeader] = [], data: [UInt8]) throws(NATSError) {
            throw .closed
        }

        func close() {}

        var health: NATSHealth { .degraded("this build is without the package trait NATS") }
        var statistics: NATSStatistics { NATSStatistics() }
    }
#endif
