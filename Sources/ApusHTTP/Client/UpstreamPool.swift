// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import NIOCore
import NIOPosix
import NIOSSL

/// The connections of one event loop to one endpoint.
///
/// The connection that was used last is used next. A call that finds none waits, in order, while connections are made, at
/// most one for each waiting call and no more than the configuration allows. Every call is made on the loop.
public final class UpstreamPool: @unchecked Sendable {
    // Sendable so that it can be handed to its loop; the state is the loop's alone.

    /// Where the connections lead.
    public let endpoint: Origin
    /// The loop on which the pool lives.
    public let loop: Loop
    /// Limits and times of this pool.
    public let configuration: HTTPClientConfiguration
    private let tls: NIOSSLContext?
    private let tlsProblem: String?

    private var idle: [HTTP1ClientConnection] = []
    private var active: [ObjectIdentifier: HTTP1ClientConnection] = [:]
    private var connecting = 0
    private var waiting = CircularBuffer<ClientExchange>()
    private var timer = LazyTimer()
    private var isShutDown = false

    public init(endpoint: Origin, configuration: HTTPClientConfiguration = .init(), loop: Loop) {
        self.endpoint = endpoint
        self.configuration = configuration
        self.loop = loop
        guard endpoint.scheme == .https else {
            (tls, tlsProblem) = (nil, nil)
            return
        }
        do {
            (tls, tlsProblem) = (try configuration.tls.context(), nil)
        } catch {
            (tls, tlsProblem) = (nil, "\(error)")
        }
    }

    /// Connections that are open or being made.
    public var connectionCount: Int { active.count + idle.count + connecting }

    /// Calls that wait for a connection.
    public var waitingCount: Int { waiting.count }

    /// Begins an exchange. The receiver may be called before this returns.
    ///
    /// - Parameter deadline: when the exchange fails with `deadlineExceeded`; nil for never.
    @discardableResult
    public func exchange(
        _ head: RequestHead, body: RequestBody = .none, deadline: Instant?, receiver: any ResponseReceiver
    ) -> ClientExchange {
        let exchange = ClientExchange(
            head, body, deadline: deadline ?? .distantFuture, receiver: receiver, pool: self)
        start(exchange)
        return exchange
    }

    /// Closes every connection and fails what waits.
    public func shutdown() {
        isShutDown = true
        timer.clear()
        for connection in idle { connection.close() }
        for connection in active.values { connection.close() }
        for exchange in waiting { exchange.fail(Self.closed(endpoint)) }
        waiting.removeAll()
    }

    // MARK: Exchanges

    private func start(_ exchange: ClientExchange) {
        guard !isShutDown else { return exchange.fail(Self.closed(endpoint)) }
        if !exchange.isReplay, let connection = takeIdle() {
            active[ObjectIdentifier(connection)] = connection
            connection.begin(exchange)
            return
        }
        // A call for which a connection is or can be made is not one that waits.
        let connectable = configuration.maximumConnections - active.count - idle.count
        guard waiting.count < configuration.maximumWaiting + connectable else {
            exchange.fail(
                CallFailure(
                    .overloaded, "\(waiting.count) calls wait for a connection to \(endpoint) already",
                    stage: .admission, retryAfter: .seconds(1), mayHaveReachedPeer: false))
            return
        }
        waiting.append(exchange)
        if exchange.deadline != .distantFuture { armTimer() }
        connectIfNeeded()
    }

    private func takeIdle() -> HTTP1ClientConnection? {
        guard !idle.isEmpty else { return nil }
        let now = Instant.now
        while let connection = idle.popLast() {
            if connection.isOpen, connection.expires > now { return connection }
            connection.close()
        }
        return nil
    }

    /// Sends an exchange again, on a new connection, after a pooled one turned out to be dead.
    func replay(_ exchange: ClientExchange) {
        exchange.isReplay = true
        exchange.state = .waiting
        start(exchange)
    }

    func forget(_ exchange: ClientExchange) {
        waiting.removeAll { $0 === exchange }
    }

    // MARK: Connections

    /// Takes back a connection whose exchange is complete.
    func release(_ connection: HTTP1ClientConnection) {
        if let next = nextWaiting() {
            connection.begin(next)
        } else {
            active[ObjectIdentifier(connection)] = nil
            idle.append(connection)
        }
    }

    /// A connection is gone.
    func closed(_ connection: HTTP1ClientConnection) {
        if active.removeValue(forKey: ObjectIdentifier(connection)) == nil {
            idle.removeAll { $0 === connection }
        }
        connectIfNeeded()
    }

    private func nextWaiting() -> ClientExchange? {
        waiting.popFirst()
    }

    private func connectIfNeeded() {
        while connecting < waiting.count, connectionCount < configuration.maximumConnections, !isShutDown {
            connect()
        }
    }

    private func connect() {
        if let tlsProblem {
            nextWaiting()?.fail(
                CallFailure(
                    .connectFailed, "the TLS configuration for \(endpoint) is not valid: \(tlsProblem)",
                    stage: .connect, mayHaveReachedPeer: false))
            return
        }
        connecting += 1
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let (endpoint, tls) = (endpoint, tls)
        let bootstrap = ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(.nanoseconds(configuration.connectTimeout.nanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(Self.tlsHandler(tls, endpoint)) }
                    try channel.pipeline.syncOperations.addHandler(HTTP1ClientConnection(pool: bound.value))
                }
            }
        let future: EventLoopFuture<any Channel>
        if let path = endpoint.unixPath {
            future = bootstrap.connect(unixDomainSocketPath: path)
        } else {
            let withoutDelay = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
            if let address = try? SocketAddress(ipAddress: endpoint.host, port: endpoint.port) {
                future = withoutDelay.connect(to: address)
            } else {
                future = withoutDelay.connect(host: endpoint.host, port: endpoint.port)
            }
        }
        future.whenComplete { result in
            switch result {
            case .success(let channel): bound.value.connected(channel)
            case .failure(let error): bound.value.connectFailed(error)
            }
        }
    }

    private static func tlsHandler(_ context: NIOSSLContext, _ endpoint: Origin) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: endpoint.host, port: endpoint.port)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : endpoint.host)
    }

    private func connected(_ channel: any Channel) {
        connecting -= 1
        guard !isShutDown,
            let connection = try? channel.pipeline.syncOperations.handler(type: HTTP1ClientConnection.self)
        else {
            channel.close(promise: nil)
            return
        }
        guard let exchange = nextWaiting() else {
            idle.append(connection)
            connection.park()
            return
        }
        active[ObjectIdentifier(connection)] = connection
        connection.begin(exchange)
    }

    private func connectFailed(_ error: any Error) {
        connecting -= 1
        nextWaiting()?.fail(
            CallFailure(
                .connectFailed, "no connection to \(endpoint): \(ConnectFailure.text(error))", stage: .connect,
                mayHaveReachedPeer: false))
        connectIfNeeded()
    }

    private static func closed(_ endpoint: Origin) -> CallFailure {
        CallFailure(
            .cancelled, "the connection pool for \(endpoint) is shut down", stage: .admission,
            mayHaveReachedPeer: false)
    }

    // MARK: Time

    private func armTimer() {
        let earliest = waiting.reduce(Instant.distantFuture) { min($0, $1.deadline) }
        if earliest != .distantFuture, timer.set(earliest) { scheduleTimer() }
    }

    private func scheduleTimer() {
        let pool = WeakReference(object: self)
        timer.schedule(on: loop.eventLoop) { pool.object?.timerFired() }
    }

    private func timerFired() {
        let now = Instant.now
        switch timer.fired(at: now) {
        case .none: return
        case .moved: scheduleTimer()
        case .due:
            let late = waiting.filter { $0.deadline <= now }
            waiting.removeAll { $0.deadline <= now }
            for exchange in late {
                exchange.fail(.deadlineExceeded(waitingFor: "a connection to \(endpoint)", .connect))
            }
            armTimer()
        }
    }
}
