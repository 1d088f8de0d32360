// SPDX-License-Identifier: Apache-2.0
import ApusService
import Foundation
import Users

/// The users service: `users-service --help` says what can be set, `users-service migrate` prepares the database.
@main
struct Main {
    static func main() async {
        exit(await ServiceMain.run(UsersService.self))
    }
}
