// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// The operations of the users service.
public enum UsersAPI: Contract {
    public static let name = "users"
    public static let version = "1.0.0"
    public static let summary = "Who can order."
    public static var operations: [AnyOperation] {
        createUser
        getUser
        listUsers
        updateUser
        deleteUser
    }

    public static let createUser = Operation(
        .post, "/v1/users", name: "createUser", body: NewUser.self, output: User.self, status: 201,
        errors: [emailTaken, .idempotencyKeyReused, .idempotencyKeyInUse], idempotency: .key(required: false),
        summary: "Creates a user; the answer's Location names it.")

    public static let getUser = Operation(
        .get, "/v1/users/{id}", name: "getUser", parameters: ItemReference.self, output: User.self,
        errors: [.notFound], summary: "One user, with its ETag.")

    public static let listUsers = Operation(
        .get, "/v1/users", name: "listUsers", parameters: PageRequest.self, output: UserList.self,
        summary: "The users in the order of their ids, a page at a time.")

    public static let updateUser = Operation(
        .patch, "/v1/users/{id}", name: "updateUser", parameters: ItemCondition.self, headers: [ItemCondition.header],
        body: UserChanges.self, output: User.self, errors: [.notFound, emailTaken, .preconditionFailed],
        summary: "Changes the fields that are given, if the user's ETag is still that of If-Match.")

    public static let deleteUser = Operation(
        .delete, "/v1/users/{id}", name: "deleteUser", parameters: ItemCondition.self, headers: [ItemCondition.header],
        errors: [.notFound, .preconditionFailed], summary: "Deletes the user.")

    // MARK: Errors

    /// Another user has this e-mail address.
    public static let emailTaken = DeclaredError(409, "email_taken", "E-mail address taken")
}
