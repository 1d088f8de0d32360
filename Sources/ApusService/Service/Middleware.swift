// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// A step between the arrival of a request and its handler: authentication, a limit, a header.
///
/// Runs after the route was found and the context made, and within what measures and logs the request. It may answer by
/// itself, throw a ``ApusContract/Problem``, or change request and response around `next`.
public protocol Middleware: Sendable {
    /// - Parameter next: the rest of the chain. Call it at most once.
    func respond(to request: ServiceRequest, next: ServiceRoute.Handler) async throws -> HTTPResponse
}
