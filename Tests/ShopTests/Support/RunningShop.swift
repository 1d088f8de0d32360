// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusRuntime
import ApusService
import ApusTelemetry
import ApusTesting
import Logging
import Orders
import OrdersContract
import Products
import ProductsContract
import Users
import UsersContract

/// The three services with real servers and databases in files, in this process, and clients of each.
struct RunningShop: Sendable {
    let users: ServiceClient
    let products: ServiceClient
    let orders: ServiceClient
    let services: [String: RunningService]
    let resolver: InProcessResolver
    let http: HTTPClient

    /// Runs `test` with a shop of its own and stops it.
    ///
    /// - Parameter databases: by service, where it keeps its data; a file if there is none.
    static func with(
        reservationLifetime: Duration = .seconds(60), environment: [String: String] = [:],
        databases: [String: String] = [:],
        _ test: (RunningShop) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let loops = EventLoops(count: 1)
        let watchdog = LoopWatchdog(loops: loops, threshold: .seconds(5), logger: Logger(label: "test"))
        let resolver = InProcessResolver()
        let http = HTTPClient(loops: loops)
        var services: [RunningService] = []
        let programs: [any ServiceProgram] = [
            UsersService(subscribers: ["orders"]), ProductsService(reservationLifetime: reservationLifetime),
            OrdersService(),
        ]
        let outcome: Result<Void, any Error>
        do {
            for program in programs {
                var environment = environment
                if let url = databases[type(of: program).name] { environment["DATABASE_URL"] = url }
                services.append(try await start(program, environment, in: folder, sharing: watchdog, resolver))
            }
            outcome = .success(try await test(RunningShop(services, resolver, http)))
        } catch {
            outcome = .failure(error)
        }
        for service in services.reversed() { try await service.stop() }
        await http.shutdown()
        try await loops.shutdown()
        try outcome.get()
    }

    private init(_ services: [RunningService], _ resolver: InProcessResolver, _ http: HTTPClient) throws {
        let network = ServiceNetwork(resolver: resolver, http: http, metrics: MetricsRegistry())
        users = try network.client(of: UsersAPI.self)
        products = try network.client(of: ProductsAPI.self)
        orders = try network.client(of: OrdersAPI.self)
        self.services = Dictionary(uniqueKeysWithValues: services.map { ($0.host.settings.name, $0) })
        self.resolver = resolver
        self.http = http
    }

    private static func start(
        _ program: some ServiceProgram, _ environment: [String: String], in folder: TemporaryFolder,
        sharing watchdog: LoopWatchdog,
        _ resolver: InProcessResolver
    ) async throws -> RunningService {
        var settings = Settings(
            environment: environment.merging(
                ["PORT": "0", "DATA_DIR": folder.path, "LOG_LEVEL": "critical", "DRAIN_TIMEOUT": "2s"]
            ) { given, _ in given })
        let service = ServiceSettings(from: &settings, name: type(of: program).name)
        try settings.validate()
        let host = try await ServiceHost.start(program, service, sharing: watchdog, announce: { _ in }) { runtime in
            let http = HTTPClient(loops: runtime.loops)
            runtime.addResource("http") { await http.shutdown() }
            runtime.onReady("resolver") { addresses in
                for address in addresses { resolver.add(service.name, at: address.endpoint) }
            }
            return runtime.network(resolver: resolver, http: http)
        }
        return try await RunningService(host)
    }
}
