// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusService
import ApusTesting
import OrdersContract
import ProductsContract
import Synchronization
import UsersContract

/// Orders that are placed, each with a key and again until it is acknowledged, while processes are killed.
struct OrderLoad {
    private static let lanes = 6

    private let user: User
    private let product: Product
    /// The order that each key was acknowledged with.
    private var acknowledged: [String: Int] = [:]

    static func prepare(_ shop: ShopProcess, stock: Int) async throws -> OrderLoad {
        OrderLoad(
            user: try await shop.users.call(
                UsersAPI.createUser, body: NewUser(name: "Ada", email: "ada@example.test")),
            product: try await shop.products.call(
                ProductsAPI.createProduct,
                body: NewProduct(name: "Box", priceCents: 100, currency: "EUR", stock: stock)))
    }

    private init(user: User, product: Product) {
        self.user = user
        self.product = product
    }

    /// Places orders until so many processes were killed and replaced, one after the other, at moments given by chance.
    mutating func run(_ shop: ShopProcess, kills: Int, seed: UInt64) async throws {
        let progress = LoadProgress()
        let order = NewOrder(userId: user.id, items: [.init(productId: product.id, quantity: 2)])
        try await withThrowingTaskGroup(of: [String: Int].self) { group in
            for lane in 0..<Self.lanes {
                group.addTask {
                    var acknowledged: [String: Int] = [:]
                    while !progress.isOver.load(ordering: .acquiring) {
                        let key = "\(lane)-\(acknowledged.count)"
                        acknowledged[key] = try await Self.place(order, key, shop)
                        progress.placed.add(1, ordering: .relaxed)
                    }
                    return acknowledged
                }
            }
            group.addTask {
                defer { progress.isOver.store(true, ordering: .releasing) }
                var random = FastRandom(seed: seed)
                let names = ["users-service", "products-service", "orders-service", "apus gateway", "apus registry"]
                for number in 0..<kills {
                    // Each of them once, then any.
                    let name = names[number < names.count ? number : Int.random(in: names.indices, using: &random)]
                    let goal = progress.placed.load(ordering: .relaxed) + Int.random(in: 3...25, using: &random)
                    try await eventually("orders go on", within: .seconds(15)) {
                        progress.placed.load(ordering: .relaxed) >= goal
                    }
                    try await shop.killAndAwaitAnother(name)
                }
                let goal = progress.placed.load(ordering: .relaxed) + 20
                try await eventually("orders go on", within: .seconds(15)) {
                    progress.placed.load(ordering: .relaxed) >= goal
                }
                return [:]
            }
            for try await part in group { acknowledged.merge(part) { $1 } }
        }
    }

    /// Checks what there is against what was acknowledged.
    func check(_ shop: ShopProcess, _ hint: String) async throws {
        var orders: [Order] = []
        try await eventually("every order is confirmed (\(hint))", within: .seconds(20)) {
            orders = try await Self.all(shop)
            return orders.allSatisfy { $0.state == .confirmed }
        }
        // Each key was tried until it was acknowledged: so many orders there are, no more and no fewer.
        guard Set(orders.map(\.id)) == Set(acknowledged.values), orders.count == acknowledged.count else {
            throw ConformanceFailure(
                "\(acknowledged.count) orders were acknowledged, \(orders.count) are stored (\(hint))")
        }
        let sold = orders.flatMap(\.items).map(\.quantity).reduce(0, +)
        // What broken-off attempts hold comes back when it expires.
        try await eventually("the stock is \(product.stock) - \(sold) (\(hint))", within: .seconds(10)) {
            try await shop.products.call(ProductsAPI.getProduct, ProductReference(id: product.id)).stock
                == product.stock - sold
        }
    }

    /// Places the order, again and again until it is acknowledged.
    private static func place(_ order: NewOrder, _ key: String, _ shop: ShopProcess) async throws -> Int {
        let end = ContinuousClock.now + .seconds(20)
        while true {
            do throws(ServiceError) {
                return try await shop.orders.call(
                    OrdersAPI.placeOrder, OrderKey(idempotencyKey: key), body: order
                ).id
            } catch {
                guard case .failure(let failure) = error, ContinuousClock.now < end else {
                    throw ConformanceFailure("order \(key) was refused: \(error)")
                }
                try await Task.sleep(for: min(failure.retryAfter ?? .zero, .milliseconds(100)))
            }
        }
    }

    private static func all(_ shop: ShopProcess) async throws -> [Order] {
        var orders: [Order] = []
        var cursor: String?
        repeat {
            let page = try await shop.orders.call(OrdersAPI.listOrders, OrderListing(limit: 200, cursor: cursor))
            orders += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return orders
    }
}
