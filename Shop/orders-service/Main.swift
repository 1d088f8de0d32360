// SPDX-License-Identifier: Apache-2.0
import ApusService
import Foundation
import Orders

/// The orders service: `orders-service --help` says what can be set, `orders-service migrate` prepares the database.
@main
struct Main {
    static func main() async {
        exit(await ServiceMain.run(OrdersService.self))
    }
}
