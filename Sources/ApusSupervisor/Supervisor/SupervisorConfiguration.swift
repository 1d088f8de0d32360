// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What a ``Supervisor`` starts, and how.
public struct SupervisorConfiguration: Sendable {
    /// Which processes make up the system.
    public var manifest: Manifest
    /// The running `apus`, which is also registry and gateway.
    public var apus: String
    /// Where the system's data lives: a folder for each service, and one for the registry. Default `.apus`.
    public var dataDirectory: String
    /// The port of the gateway's first listener; nil leaves what the gateway's file says.
    public var gatewayPort: Int?
    /// The environment that the processes start from, usually this process's.
    public var environment: [String: String]
    /// How long stopping may take, all parts together; default 10 s.
    public var drainTimeout: Duration
    /// How long the gateway waits for the services before it starts without them; default 5 s.
    public var patience = Duration.seconds(5)
    /// The pauses before a process is started again.
    public var restarts: RestartPolicy.Configuration
    /// Whether log lines are meant for a person at a terminal.
    public var isTerminal: Bool
    public var time: TimeSource

    public init(
        manifest: Manifest, apus: String, dataDirectory: String = ".apus", gatewayPort: Int? = nil,
        environment: [String: String] = [:], drainTimeout: Duration = .seconds(10),
        restarts: RestartPolicy.Configuration = .init(), isTerminal: Bool = false, time: TimeSource = .system
    ) {
        self.manifest = manifest
        self.apus = apus
        self.dataDirectory = dataDirectory
        self.gatewayPort = gatewayPort
        self.environment = environment
        self.drainTimeout = drainTimeout
        self.restarts = restarts
        self.isTerminal = isTerminal
        self.time = time
    }
}
