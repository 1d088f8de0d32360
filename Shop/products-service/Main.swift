// SPDX-License-Identifier: Apache-2.0
import ApusService
import Foundation
import Products

/// The products service: `products-service --help` says what can be set, `products-service migrate` prepares the database.
@main
struct Main {
    static func main() async {
        exit(await ServiceMain.run(ProductsService.self))
    }
}
