// SPDX-License-Identifier: Apache-2.0
import ApusDiscovery
import ApusHTTP
import ApusResilience
import ApusService
import ApusTelemetry
import OrdersContract
import ProductsContract
import UsersContract

/// Clients of the shop's services that go through its gateway.
struct ShopClients: Sendable {
    let users: ServiceClient
    let products: ServiceClient
    let orders: ServiceClient

    init(through gateway: Origin, _ http: HTTPClient) throws {
        var configuration = ServiceClientConfiguration()
        // The tests themselves decide what is tried again, and the gateway is the only instance that they have.
        configuration.maximumAttempts = 1
        configuration.breaker.consecutiveFailures = 0
        configuration.breaker.failureRate = nil
        configuration.outliers = nil
        let network = ServiceNetwork(
            resolver: StaticResolver(["users": [gateway], "products": [gateway], "orders": [gateway]]), http: http,
            metrics: MetricsRegistry())
        users = try network.client(of: UsersAPI.self, configuration: configuration)
        products = try network.client(of: ProductsAPI.self, configuration: configuration)
        orders = try network.client(of: OrdersAPI.self, configuration: configuration)
    }
}
