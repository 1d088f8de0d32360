// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

/// What the connections of one server share.
final class ServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    let handler: any HTTPHandler
    let statistics = ServerStatistics()
    private let draining = Atomic<Bool>(false)
    private let connections: [ConnectionSet]

    /// The connections of one loop; touched on that loop only.
    private final class ConnectionSet: @unchecked Sendable {
        var members: [ObjectIdentifier: HTTP1ServerConnection] = [:]
    }

    init(configuration: HTTPServerConfiguration, handler: any HTTPHandler, loops: Int) {
        self.configuration = configuration
        self.handler = handler
        connections = (0..<loops).map { _ in ConnectionSet() }
    }

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Counts a new connection in.
    ///
    /// - Returns: false if there are as many as allowed. The connection must be unregistered all the same.
    func register(_ connection: HTTP1ServerConnection) -> Bool {
        statistics.acceptedConnections.add(1, ordering: .relaxed)
        let open = statistics.openConnections.add(1, ordering: .relaxed).newValue
        connections[connection.loop.index].members[ObjectIdentifier(connection)] = connection
        return open <= configuration.maximumConnections
    }

    func unregister(_ connection: HTTP1ServerConnection) {
        let set = connections[connection.loop.index]
        if set.members.removeValue(forKey: ObjectIdentifier(connection)) != nil {
            statistics.openConnections.subtract(1, ordering: .relaxed)
        }
    }

    /// Tells every connection to close after the request that is under way.
    func drain(_ loops: [Loop]) {
        draining.store(true, ordering: .relaxed)
        onEach(loops) { $0.drain() }
    }

    func forceClose(_ loops: [Loop]) {
        onEach(loops) { $0.forceClose() }
    }

    private func onEach(_ loops: [Loop], _ body: @escaping @Sendable (HTTP1ServerConnection) -> Void) {
        for loop in loops {
            let set = connections[loop.index]
            loop.eventLoop.execute {
                for connection in Array(set.members.values) { body(connection) }
            }
        }
    }
}
