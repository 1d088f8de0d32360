// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusService
import UsersContract

/// The implementation of ``UsersAPI``.
struct UsersOperations: Sendable {
    let directory: UserDirectory
    let keys: IdempotencyKeys

    func implement(_ service: inout ServiceBuilder) {
        service.implement(UsersAPI.createUser, once: keys) { call, transaction in
            let made = try await directory.create(call.body, in: transaction)
            return .created(made.user, location: "/v1/users/\(made.user.id)", etag: made.etag)
        }
        service.implement(UsersAPI.getUser) { call in
            let found = try await directory.user(call.parameters.id)
            return .ok(found.user, etag: found.etag)
        }
        service.implement(UsersAPI.listUsers) { call in
            let page = try await Page(call.parameters, by: \.id) { try await directory.list(after: $0, limit: $1) }
            return UserList(items: page.items, nextCursor: page.nextCursor)
        }
        service.implement(UsersAPI.updateUser) { call in
            let changed = try await directory.update(call.parameters, call.body)
            return .ok(changed.user, etag: changed.etag)
        }
        service.implement(UsersAPI.deleteUser) { call in
            try await directory.delete(call.parameters)
        }
    }
}
