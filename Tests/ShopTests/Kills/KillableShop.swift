// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusService
import ApusTesting
import Foundation
import OrdersContract
import ProductsContract
import UsersContract

/// The shop as four processes at fixed addresses, each of which can be killed at a system call and is started again at
/// once. There is no registry, and nobody asks for health: what a process does, it does for the requests of the test.
struct KillableShop: Sendable {
    static let gateway = "gateway"

    let processes: [String: KeptProcess]
    let books: OrderBooks
    /// Which service listens where.
    let ports: [Int: String]
    private let clients: ShopClients
    private let user: User

    /// Runs `test` with a shop of its own.
    ///
    /// - Parameter killed: is called each time after a process was killed, before it is started again.
    static func with(
        _ backend: DurableBackend, in folder: TemporaryFolder,
        killed: @escaping @Sendable (TroubleBoard) -> Void = { _ in },
        _ test: @escaping @Sendable (KillableShop) async throws -> Void
    ) async throws {
        let storage = try await backend.make(folder)
        let names = ShopStorage.services + [gateway]
        var ports: [String: Int] = [:]
        for name in names { ports[name] = try FreePort.find() }
        try gatewayFile(ports).write(toFile: folder.path + "/gateway.yaml", atomically: false, encoding: .utf8)
        let registry = ShopStorage.services.map { "\($0)=http://127.0.0.1:\(ports[$0] ?? 0)" }.joined(separator: ";")
        var processes: [String: KeptProcess] = [:]
        for name in names {
            let board = try TroubleBoard(at: "\(folder.path)/\(name).board")
            // A breaker remembers how often somebody was killed, and asks later and later.
            var variables = [
                "SERVICE_NAME": name, "PORT": "\(ports[name] ?? 0)", "DATA_DIR": "\(folder.path)/\(name)",
                "DATABASE_URL": storage.databases[name] ?? "", "REGISTRY_URL": "static:" + registry,
                "RESERVATION_LIFETIME": "30s", "CLIENT_BREAKER": "off", "CLIENT_OUTLIERS": "off",
            ]
            for more in [storage.environment, board.environment] { variables.merge(more) { $1 } }
            let all = variables
            processes[name] = KeptProcess(name, board: board, killed: killed) {
                name == gateway
                    ? RunningProcess(
                        program: "apus", ["gateway", "--config", folder.path + "/gateway.yaml"], board.environment,
                        in: folder)
                    : RunningProcess(program: name + "-service", [], all, in: folder)
            }
        }
        try await run(storage, processes, ports, test)
    }

    private static func run(
        _ storage: ShopStorage, _ processes: [String: KeptProcess], _ ports: [String: Int],
        _ test: @escaping @Sendable (KillableShop) async throws -> Void
    ) async throws {
        let loops = EventLoops(count: 1)
        let http = HTTPClient(loops: loops)
        let outcome: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process in processes.values { group.addTask { try await process.run() } }
                group.addTask {
                    defer { for process in processes.values { process.end() } }
                    for process in processes.values { try await process.untilReady() }
                    try await test(try await KillableShop(storage, processes, ports, http))
                }
                do {
                    try await group.waitForAll()
                } catch {
                    for process in processes.values { process.end() }
                    group.cancelAll()
                    throw error
                }
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
            for process in processes.values { print("\(process.name): \(process.output.suffix(3_000))") }
        }
        await http.shutdown()
        try await loops.shutdown()
        try outcome.get()
    }

    private init(
        _ storage: ShopStorage, _ processes: [String: KeptProcess], _ ports: [String: Int], _ http: HTTPClient
    ) async throws {
        self.processes = processes
        self.ports = Dictionary(uniqueKeysWithValues: ports.map { ($0.value, $0.key) })
        guard let origin = Origin(url: "http://127.0.0.1:\(ports[Self.gateway] ?? 0)") else {
            throw ConformanceFailure("no gateway")
        }
        clients = try ShopClients(through: origin, http)
        books = try await OrderBooks(storage)
        user = try await clients.users.call(
            UsersAPI.createUser, body: NewUser(name: "Ada", email: "ada@example.test"))
    }

    func process(_ name: String) throws -> KeptProcess {
        guard let process = processes[name] else { throw ConformanceFailure("no process \(name)") }
        return process
    }

    /// A product that only one order is to be placed of.
    func product(stock: Int = 10) async throws -> Int {
        try await clients.products.call(
            ProductsAPI.createProduct,
            body: NewProduct(name: "Box", priceCents: 100, currency: "EUR", stock: stock)
        ).id
    }

    /// Orders two of a product, again and again until that is acknowledged.
    func place(_ key: String, product: Int) async throws -> OrderBooks.Entry {
        let order = NewOrder(userId: user.id, items: [.init(productId: product, quantity: 2)])
        let id = try await untilAnswered {
            try await clients.orders.call(OrdersAPI.placeOrder, OrderKey(idempotencyKey: key), body: order).id
        }
        return OrderBooks.Entry(key: key, order: id, product: product, stock: 10, quantity: 2)
    }

    /// Calls again and again while no answer comes, for at most half a minute.
    func untilAnswered<Value>(_ call: () async throws -> Value) async throws -> Value {
        let end = ContinuousClock.now + .seconds(30)
        while true {
            do {
                return try await call()
            } catch ServiceError.failure where ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    private static func gatewayFile(_ ports: [String: Int]) -> String {
        var lines = ["listeners: [{ address: \"127.0.0.1:\(ports[gateway] ?? 0)\" }]", "services:"]
        for name in ShopStorage.services {
            lines.append("  \(name): { endpoints: [\"http://127.0.0.1:\(ports[name] ?? 0)\"] }")
        }
        lines.append("routes:")
        for name in ShopStorage.services {
            lines.append("  - { match: { path: \"/v1/\(name)/**\" }, to: \(name), retry: {} }")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
