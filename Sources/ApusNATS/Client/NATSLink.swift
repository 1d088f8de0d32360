// SPDX-License-Identifier: Apache-2.0
#if NATS
    internal import ApusCore
    internal import Foundation
    internal import Synchronization

    /// The one connection of a client, made again whenever it is lost, and the requests on it.
    ///
    /// libnats blocks, so all that is sent goes through a thread of the link's own, connecting through another for as
    /// long as it takes. Answers come from a thread of libnats and resume their requests from there. A third thread ends
    /// requests whose deadline passes: it sleeps until the next deadline, however long the others are blocked.
    final class NATSLink: Sendable {
        let configuration: NATSConfiguration
        let time: TimeSource
        let counters = NATSCounters()
        let dialer: NATSDialer
        let outBell: Bell
        let clockBell: Bell
        let state: Mutex<State>

        struct State: Sendable {
            var reconnect: ReconnectState
            var requests = PendingRequests()
            var inboxes = InboxPool()
            var outgoing: [Outgoing] = []
            var outgoingBytes = 0
            var session: NATSSession?
            /// Counts the connections, so that the end of an old one isn't taken for that of the next.
            var generation = 0
            /// The last connection that has ended.
            var endedGeneration = 0
            var nextRequest: UInt64 = 0
            var nextEndpoint = 0
            /// What the server refused last on this connection.
            var refusal: String?
            /// When the clock's thread wakes.
            var wakesAt = Instant.distantFuture
        }

        /// - Throws: what is wrong with the process: no memory.
        init(_ configuration: NATSConfiguration, time: TimeSource) throws(InvalidConfiguration) {
            guard let outBell = Bell(), let clockBell = Bell() else {
                throw InvalidConfiguration([.init("memory", "none is left")])
            }
            self.configuration = configuration
            self.time = time
            self.outBell = outBell
            self.clockBell = clockBell
            var random = configuration.seed.map(FastRandom.init(seed:)) ?? FastRandom()
            dialer = NATSDialer(
                configuration: configuration, inbox: "_INBOX.\(Hex.string(random.next(), random.next()))")
            state = Mutex(State(reconnect: ReconnectState(configuration.backoff, random: random)))
        }

        /// Starts the threads, which end after ``close()``.
        func start() {
            Thread.detachNewThread { self.send() }
            Thread.detachNewThread { self.watchDeadlines() }
        }

        /// Sends a message and waits for `wanted` answers, or for a status in place of the next.
        ///
        /// - Parameter isPull: whether the answers bear subjects of their own.
        func request(
            _ subject: String, headers: [NATSHeader], data: [UInt8], wanted: Int = 1, isPull: Bool = false,
            deadline: Instant, notAfter: Instant? = nil
        ) async throws(NATSError) -> [NATSMessage] {
            guard !Task.isCancelled else { throw .cancelled(wasSent: false) }
            let id = state.withLock { state in
                state.nextRequest += 1
                return state.nextRequest
            }
            let outcome = await withTaskCancellationHandler {
                await withUnsafeContinuation { continuation in
                    let publication = Publication(
                        request: id, subject: subject, reply: dialer.subject(ofRequest: id), headers: headers,
                        data: data, notAfter: notAfter)
                    begin([publication], [.one(continuation)], wanted: wanted, isPull: isPull, deadline: deadline)
                    // Cancelled before it was there to be ended.
                    if Task.isCancelled { cancel(id) }
                }
            } onCancel: {
                cancel(id)
            }
            return try outcome.get()
        }

        /// Sends several messages in this order and waits for an answer to each. Isn't cancelled with the task.
        func requests(_ publications: [Publication], deadline: Instant) async -> [PendingRequests.Outcome] {
            guard !publications.isEmpty else { return [] }
            let first = state.withLock { state in
                defer { state.nextRequest += UInt64(publications.count) }
                return state.nextRequest + 1
            }
            return await withUnsafeContinuation { continuation in
                let batch = RequestBatch(publications.count, continuation)
                let numbered = publications.enumerated().map { index, publication in
                    var publication = publication
                    let id = first + UInt64(index)
                    publication.request = id
                    publication.reply = dialer.subject(ofRequest: id)
                    return publication
                }
                begin(
                    numbered, publications.indices.map { .part(batch, index: $0) }, wanted: 1, isPull: false,
                    deadline: deadline)
            }
        }

        /// Sends a message that nobody answers; at most once.
        ///
        /// - Throws: `overloaded`, `closed`, or why there is no connection.
        func post(_ subject: String, headers: [NATSHeader] = [], data: [UInt8]) throws(NATSError) {
            let publication = Publication(
                request: nil, subject: subject, reply: nil, headers: headers, data: data, notAfter: nil)
            let refusal = state.withLock { state -> NATSError? in
                switch state.reconnect.admission(now: time.now) {
                case .reject(let error): return error
                case .wait: return NATSError(.connectFailed, "there is no connection yet", mayHaveRun: false)
                case .send: break
                }
                guard state.outgoingBytes + publication.size <= configuration.maximumPendingBytes else {
                    return overloaded()
                }
                enqueue(.publish(publication), &state)
                return nil
            }
            if let refusal { throw refusal }
            outBell.ring()
        }

        /// Ends the connection. What waits fails with `closed`; so does every request after this.
        func close() {
            let ended = state.withLock { state in
                state.reconnect.close()
                return state.requests.endAll(.closed)
            }
            resume(ended)
            outBell.ring()
            clockBell.ring()
        }

        private func begin(
            _ publications: [Publication], _ receivers: [PendingRequests.Receiver], wanted: Int, isPull: Bool,
            deadline: Instant
        ) {
            let (refusals, isNews) = state.withLock { state in
                var refusals: [(PendingRequests.Receiver, NATSError)] = []
                for (publication, receiver) in zip(publications, receivers) {
                    let refusal = admit(publication, receiver, wanted, isPull, deadline, &state)
                    if let refusal { refusals.append((receiver, refusal)) }
                }
                guard deadline < state.wakesAt else { return (refusals, false) }
                state.wakesAt = deadline
                return (refusals, true)
            }
            for (receiver, error) in refusals { receiver.resume(.failure(error)) }
            guard refusals.count < publications.count else { return }
            outBell.ring()
            if isNews { clockBell.ring() }
        }

        /// Takes a request in; or nothing of it, and says why.
        private func admit(
            _ publication: Publication, _ receiver: PendingRequests.Receiver, _ wanted: Int, _ isPull: Bool,
            _ deadline: Instant, _ state: inout State
        ) -> NATSError? {
            guard let id = publication.request else { return nil }
            let size = publication.size
            if case .reject(let error) = state.reconnect.admission(now: time.now) { return error }
            guard state.requests.entries.count < configuration.maximumPending,
                state.requests.bytes + size <= configuration.maximumPendingBytes
            else { return overloaded() }
            var publication = publication
            var inbox: PendingRequests.Inbox?
            if isPull {
                let (number, isNew) = state.inboxes.take(for: publication.subject, request: id)
                if isNew { enqueue(.listen(number), &state) }
                inbox = .init(id: number, subject: publication.subject)
                publication.reply = dialer.subject(ofInbox: number)
            }
            state.requests.insert(
                id,
                PendingRequests.Entry(
                    receiver: receiver, deadline: deadline, bytes: size, wanted: wanted, inbox: inbox))
            enqueue(.publish(publication), &state)
            return nil
        }

        private func overloaded() -> NATSError {
            counters.overloaded.wrappingAdd(1, ordering: .relaxed)
            return NATSError(
                .overloaded, "too many requests wait for their answers", mayHaveRun: false,
                retryAfter: .milliseconds(100))
        }

        private func enqueue(_ item: Outgoing, _ state: inout State) {
            if case .publish(let publication) = item { state.outgoingBytes += publication.size }
            state.outgoing.append(item)
        }

        private func cancel(_ id: UInt64) {
            resume(
                state.withLock { state in
                    state.requests.fail(id) { .cancelled(wasSent: $0.wasSent) }.map { [$0] } ?? []
                })
        }

        /// Resumes what has ended and lets go of its inbox.
        func resume(_ ended: [PendingRequests.Ended]) {
            if ended.contains(where: { $0.inbox != nil }) {
                state.withLock { state in
                    for request in ended {
                        guard let inbox = request.inbox,
                            state.inboxes.release(inbox.id, of: inbox.subject, isComplete: request.isComplete)
                        else { continue }
                        state.outgoing.append(.stopListening(inbox.id))
                    }
                }
                outBell.ring()
            }
            for request in ended { request.receiver.resume(request.outcome) }
        }
    }
#endif
