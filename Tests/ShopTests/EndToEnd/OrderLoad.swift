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
    static let processes = ["users-service", "products-service", "orders-service", "apus gateway", "apus registry"]

    private let user: User
    private let product: Product
    /// The order that each key was acknowledged with.
    private var acknowledged: [String: Int] = [:]
    /// Keys of which no answer came until the load ended: such an order may be stored, or not.
    private var unanswered: Set<String> = []

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

    /// Places orders until so many kills, one after the other, at moments given by chance; the next comes when what was
    /// killed runs again. Every process is killed once, then any, and at times two at once.
    mutating func run(_ shop: ShopProcess, kills: Int, seed: UInt64) async throws {
        try await run(shop) { progress in
            var random = FastRandom(seed: seed)
            for number in 0..<kills {
                var names = Self.processes
                names.swapAt(0, number < names.count ? number : Int.random(in: names.indices, using: &random))
                let another = Int.random(in: 1..<names.count, using: &random)
                let together =
                    number >= names.count && Bool.random(using: &random) ? [names[0], names[another]] : [names[0]]
                try await progress.goOn(Int.random(in: 3...25, using: &random))
                try await shop.killAndAwaitOthers(together)
            }
            try await progress.goOn(20)
        }
    }

    /// Places orders from before `disturbance` until after it.
    mutating func run(
        _ shop: ShopProcess, _ disturbance: @escaping @Sendable (LoadProgress) async throws -> Void
    ) async throws {
        let progress = LoadProgress()
        let order = order
        try await withThrowingTaskGroup(of: [String: Int?].self) { group in
            for lane in 0..<Self.lanes {
                group.addTask {
                    var outcomes: [String: Int?] = [:]
                    while !progress.isOver.load(ordering: .acquiring) {
                        let key = "\(lane)-\(outcomes.count)"
                        let id = try await Self.place(order, key, shop, progress)
                        outcomes.updateValue(id, forKey: key)
                        progress.placed.add(1, ordering: .relaxed)
                    }
                    return outcomes
                }
            }
            group.addTask {
                defer { progress.isOver.store(true, ordering: .releasing) }
                try await disturbance(progress)
                return [:]
            }
            for try await outcomes in group {
                for (key, id) in outcomes {
                    if let id { acknowledged[key] = id } else { unanswered.insert(key) }
                }
            }
        }
    }

    /// Checks what there is against what was acknowledged.
    ///
    /// - Parameter hint: what belongs into the message of a failure.
    mutating func check(_ shop: ShopProcess, _ hint: String) async throws {
        for key in unanswered {
            acknowledged[key] = try await Self.place(order, key, shop, nil)
        }
        var orders: [Order] = []
        try await eventually("every order is confirmed (\(hint))", within: .seconds(20)) {
            orders = try await Self.all(shop)
            return orders.allSatisfy { $0.state == .confirmed && $0.confirmedAt != nil }
        }
        // Each key was tried until it was acknowledged: so many orders there are, no more and no fewer.
        guard Set(orders.map(\.id)) == Set(acknowledged.values), orders.count == acknowledged.count else {
            throw ConformanceFailure(
                "\(acknowledged.count) orders were acknowledged, \(orders.count) are stored (\(hint))")
        }
        let sold = orders.flatMap(\.items).map(\.quantity).reduce(0, +)
        // What broken-off attempts hold comes back when it expires.
        try await eventually("the stock is \(product.stock) - \(sold) (\(hint))", within: .seconds(10)) {
            try await Self.answered {
                try await shop.products.call(ProductsAPI.getProduct, ItemReference(id: product.id)).stock
            } == product.stock - sold
        }
        // Nothing that comes late confirms an order again.
        guard try await Self.all(shop).map(\.confirmedAt) == orders.map(\.confirmedAt) else {
            throw ConformanceFailure("orders were confirmed again (\(hint))")
        }
        try await ShopBooks(of: shop).check(orders.map(\.id), hint)
    }

    private var order: NewOrder { NewOrder(userId: user.id, items: [.init(productId: product.id, quantity: 2)]) }

    /// Places the order, again and again until it is acknowledged.
    ///
    /// - Returns: its id; nil if the load was over before.
    private static func place(
        _ order: NewOrder, _ key: String, _ shop: ShopProcess, _ progress: LoadProgress?
    ) async throws -> Int? {
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
                if let progress, progress.isOver.load(ordering: .acquiring) { return nil }
                try await Task.sleep(for: min(failure.retryAfter ?? .zero, .milliseconds(100)))
            }
        }
    }

    /// What a read answers, once there is an answer: where gateway and registry were killed last, the gateway may not know
    /// every service yet.
    private static func answered<Value>(_ read: () async throws -> Value) async throws -> Value {
        let end = ContinuousClock.now + .seconds(20)
        while true {
            do {
                return try await read()
            } catch ServiceError.failure(let failure) where ContinuousClock.now < end {
                try await Task.sleep(for: min(failure.retryAfter ?? .zero, .milliseconds(100)))
            }
        }
    }

    private static func all(_ shop: ShopProcess) async throws -> [Order] {
        var orders: [Order] = []
        var cursor: String?
        repeat {
            let request = PageRequest(limit: 200, cursor: cursor)
            let page = try await answered { try await shop.orders.call(OrdersAPI.listOrders, request) }
            orders += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return orders
    }
}
