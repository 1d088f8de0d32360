// SPDX-License-Identifier: Apache-2.0
public import ApusRuntime
public import ApusSQL

/// A service as a program: what it reads from its settings, which tables it needs, and what runs.
///
///     @main
///     struct Main {
///         static func main() async { exit(await ServiceMain.run(UsersService.self)) }
///     }
public protocol ServiceProgram: Sendable {
    /// The default of `SERVICE_NAME`: what callers ask the registry for.
    static var name: String { get }
    /// What makes the tables, those of libraries first.
    static var migrations: [Migrations] { get }

    /// Reads what it wants to know beyond ``ApusRuntime/ServiceSettings``.
    init(from settings: inout Settings, service: ServiceSettings)

    /// Adds everything that runs to the runtime of `host`. The tables are up to date.
    func assemble(_ host: ServiceHost) throws
}
