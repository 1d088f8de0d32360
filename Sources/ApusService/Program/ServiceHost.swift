// SPDX-License-Identifier: Apache-2.0
import ApusDiscovery
public import ApusHTTP
public import ApusRuntime
public import ApusSQL
public import ApusTelemetry
public import Logging

/// What a service of this process is built on: its runtime, its database, and the way to other services.
public struct ServiceHost: Sendable {
    /// What runs the service: listener, loops, resources and checks.
    public let runtime: ServiceRuntime
    /// The service's database; the runtime checks and closes it.
    public let database: any Database
    /// The way to other services.
    public let network: ServiceNetwork
    /// The database as it tells of what other processes did, where it can.
    let notifying: (any NotifyingDatabase)?

    /// Takes what was made elsewhere. The database is closed and checked by the runtime. Where faults may be armed, they
    /// hit its statements too, those of the check included.
    public init(runtime: ServiceRuntime, database: any Database, network: ServiceNetwork) {
        self.runtime = runtime
        let pool = database as? any PooledDatabase
        notifying = database as? any NotifyingDatabase
        let database = runtime.faults.map { FaultyDatabase(database: database, injector: $0) } ?? database
        self.database = database
        self.network = network
        runtime.addResource("database") { await database.close() }
        runtime.addCheck("database") { _ = try await database.query("SELECT 1") }
        if let pool { PoolMetrics(pool: pool, metrics: runtime.metrics).register() }
    }

    /// The settings of the runtime.
    public var settings: ServiceSettings { runtime.settings }
    /// The metrics of the runtime.
    public var metrics: MetricsRegistry { runtime.metrics }

    /// A logger with a label of its own.
    public func logger(_ label: String) -> Logger { runtime.telemetry.logger(label: label) }

    /// Opens the database of `settings`, brings its tables up to date, joins the network of `REGISTRY_URL`, and lets
    /// `program` add what runs.
    ///
    /// - Parameters:
    ///   - watchdog: that of the loops that it shares with others of this process; nil for loops of its own.
    ///   - announce: called when it listens; by default prints `listening URL` on standard output.
    ///   - network: the way to other services; nil for the one that `REGISTRY_URL` names.
    /// - Throws: ``ApusRuntime/StartError`` and what assembling throws; then the database is closed again.
    public static func start(
        _ program: some ServiceProgram, _ settings: ServiceSettings, sharing watchdog: LoopWatchdog? = nil,
        announce: @escaping @Sendable (ServerAddress) -> Void = StandardOutput.announce,
        network: ((ServiceRuntime) throws -> ServiceNetwork)? = nil
    ) async throws -> ServiceHost {
        let log = PoolLog()
        let database = try await ServiceDatabase.open(settings) { log.write($0) }
        do {
            try await ServiceDatabase.migrate(database, type(of: program).migrations)
            let runtime = ServiceRuntime(settings, sharing: watchdog, announce: announce)
            log.begin(runtime.telemetry.logger(label: "database"))
            let host = ServiceHost(
                runtime: runtime, database: database, network: try network?(runtime) ?? runtime.joinNetwork())
            try program.assemble(host)
            return host
        } catch {
            await database.close()
            throw error
        }
    }
}
