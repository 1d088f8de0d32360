// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A client of NATS: one connection on which the requests of all callers follow each other without waiting for answers.
///
/// ```swift
/// let nats = try NATSClient(NATSConfiguration(url: "nats://localhost:4222"))
/// let stored = try await nats.append([1, 2, 3], to: "orders.placed", id: "order 42")
/// ```
///
/// The connection is made when it is first needed, and again with back-off when it is lost. A request is sent once: one
/// that may have run when the connection was lost fails with `mayHaveRun`, one that wasn't sent waits for the next
/// connection. Every call ends by its deadline. libnats blocks, so it works on threads of its own: two for each client, and
/// those of libnats. Safe to use from any number of tasks.
public final class NATSClient: Sendable {
    /// What it was made with.
    public let configuration: NATSConfiguration
    let time: TimeSource
    let link: NATSLink

    /// A client; nothing is connected yet.
    ///
    /// - Parameter time: the clock, the machine's by default.
    /// - Throws: every problem of the configuration.
    public init(_ configuration: NATSConfiguration, time: TimeSource = .system) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.time = time
        link = try NATSLink(configuration, time: time)
        link.start()
    }

    deinit {
        shutdown()
    }

    /// Sends a message and waits for its answer.
    ///
    /// - Parameters:
    ///   - subject: where to, without wildcards.
    ///   - deadline: nil for the configuration's request timeout; the current call's deadline if that is earlier.
    ///   - notAfter: it isn't sent at this instant or later, and fails with `timeout` then.
    /// - Throws: `noResponders` if nobody listens, `connectFailed`, `authenticationFailed`, `connectionLost`, `timeout`,
    ///   `cancelled`, `overloaded`, `tooLarge`, `invalid`, `closed`.
    public func request(
        _ subject: String, headers: [NATSHeader] = [], data: [UInt8] = [], deadline: Instant? = nil,
        notAfter: Instant? = nil
    ) async throws(NATSError) -> NATSMessage {
        try check(subject, headers, data)
        let answers = try await link.request(
            subject, headers: headers, data: data, deadline: end(deadline), notAfter: notAfter)
        guard let answer = answers.first else { throw .unexpected("a request") }
        if answer.status == 503 { throw .noResponders }
        return answer
    }

    /// A message on its way, for ``requests(_:deadline:)``.
    struct Request: Sendable {
        var subject: String
        var headers: [NATSHeader] = []
        var data: [UInt8] = []
        var notAfter: Instant?
    }

    /// Sends messages in this order, without waiting in between, and waits for an answer to each. Isn't cancelled with the
    /// task.
    ///
    /// - Returns: for each what ``request(_:headers:data:deadline:notAfter:)`` gives or throws.
    func requests(_ requests: [Request], deadline: Instant? = nil) async -> [Result<NATSMessage, NATSError>] {
        var results: [Result<NATSMessage, NATSError>] = []
        results.reserveCapacity(requests.count)
        var rest = requests[...]
        // A part at a time, so that others find room beside.
        let most = max(1, min(1_024, configuration.maximumPending / 4))
        while !rest.isEmpty {
            results += await part(rest.prefix(most), end(deadline))
            rest = rest.dropFirst(most)
        }
        return results
    }

    private func part(
        _ requests: ArraySlice<Request>, _ deadline: Instant
    ) async -> [Result<NATSMessage, NATSError>] {
        var results = [Result<NATSMessage, NATSError>](repeating: .failure(.closed), count: requests.count)
        var publications: [Publication] = []
        var indices: [Int] = []
        for (index, request) in requests.enumerated() {
            do throws(NATSError) {
                try check(request.subject, request.headers, request.data)
            } catch {
                results[index] = .failure(error)
                continue
            }
            publications.append(
                Publication(
                    request: nil, subject: request.subject, reply: nil, headers: request.headers, data: request.data,
                    notAfter: request.notAfter))
            indices.append(index)
        }
        for (index, outcome) in zip(indices, await link.requests(publications, deadline: deadline)) {
            results[index] = outcome.flatMap { answers in
                guard let answer = answers.first else { return .failure(.unexpected("a request")) }
                return answer.status == 503 ? .failure(.noResponders) : .success(answer)
            }
        }
        return results
    }

    /// Sends a message that nobody answers: at most once, to whoever listens.
    ///
    /// - Throws: `connectFailed` and `authenticationFailed` without a connection, `overloaded`, `tooLarge`, `invalid`,
    ///   `closed`.
    public func send(_ subject: String, headers: [NATSHeader] = [], data: [UInt8] = []) throws(NATSError) {
        try check(subject, headers, data)
        try link.post(subject, headers: headers, data: data)
    }

    /// Ends the connection. What waits fails with `closed`; so does every call after this.
    public func shutdown() {
        link.close()
    }

    /// `degraded` while the connection that was needed is missing.
    public var health: NATSHealth { link.health }

    /// What was counted so far.
    public var statistics: NATSStatistics { link.statistics }

    /// When a request ends: the caller's deadline or else the timeout, never later than that of the call being handled.
    func end(_ deadline: Instant?) -> Instant {
        let own = deadline ?? time.now.advanced(by: configuration.requestTimeout)
        return CallContext.currentDeadline.map { min(own, $0) } ?? own
    }

    func check(_ subject: String, _ headers: [NATSHeader], _ data: [UInt8]) throws(NATSError) {
        guard Subject.isValid(subject) else {
            throw NATSError(.invalid, "not a subject to send to", mayHaveRun: false)
        }
        guard headers.allSatisfy(\.isValid) else {
            throw NATSError(.invalid, "a header has a name or a value that NATS can't carry", mayHaveRun: false)
        }
        guard data.count <= min(configuration.maximumPendingBytes, Int(Int32.max)) else {
            throw NATSError(.tooLarge, "the message has \(data.count) bytes", mayHaveRun: false)
        }
    }
}
