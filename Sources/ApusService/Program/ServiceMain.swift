// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusRedis
public import ApusRuntime
import ApusSQL
import Foundation

/// What the executable of a service does with its arguments.
///
/// - without a command: brings the tables up to date and runs until SIGTERM or SIGINT.
/// - `migrate`: brings the tables up to date, and says which steps ran; `migrate --dry-run` only says which would.
/// - `health`: asks the service that runs with the same settings for its `/readyz`, as a container's health check does.
/// - `--help` and `--print-config`, also with a command.
public enum ServiceMain {
    /// Runs `program` with this process's arguments, environment and `.env`.
    ///
    /// - Returns: what to exit with: 0 done or drained, 1 failed, 2 the settings are wrong. The reason is on standard
    ///   error.
    public static func run<Program: ServiceProgram>(_ program: Program.Type) async -> Int32 {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let isDryRun = arguments.first == migrateCommand.name && arguments.contains("--dry-run")
        if isDryRun { arguments.removeAll { $0 == "--dry-run" } }
        var settings = Settings(
            arguments: arguments, environment: ProcessInfo.processInfo.environment, dotEnv: DotEnv(path: ".env"),
            commands: [migrateCommand, healthCommand])
        let service = ServiceSettings(from: &settings, name: program.name)
        settings.rejectUnsupported(service)
        let program = Program(from: &settings, service: service)
        if let exit = settings.exit(program: CommandLine.arguments.first.map(baseName) ?? Program.name) {
            StandardOutput.write(exit.output)
            StandardOutput.writeError(exit.errors)
            return exit.status
        }
        for warning in settings.warnings { StandardOutput.writeError("warning: \(warning)\n") }
        if settings.command == healthCommand.name { return await HealthProbe.run(HealthProbe.endpoint(of: service)) }
        do {
            try DataFolder.prepare(service.dataDirectory)
            if settings.command == migrateCommand.name {
                try await migrate(Program.migrations, service, isDryRun: isDryRun)
                return 0
            }
            return try await ServiceHost.start(program, service).runtime.runUntilExit()
        } catch {
            return report(error, service.name)
        }
    }

    private static let migrateCommand = SettingsCommand(
        "migrate", "bring the tables up to date and say which steps ran; with --dry-run only which would")
    /// As the image's health check uses it.
    public static let healthCommand = SettingsCommand(
        "health", "ask the service that runs with these settings whether it is ready: exit with 0 or 1")

    /// Writes why a start failed to standard error.
    ///
    /// - Returns: what to exit with.
    public static func report(_ error: any Error, _ name: String) -> Int32 {
        StandardOutput.writeError("\(name): \(error)\n")
        return (error as? StartError)?.exitStatus ?? 1
    }

    private static func migrate(
        _ migrations: [Migrations], _ settings: ServiceSettings, isDryRun: Bool
    ) async throws {
        let database = try await ServiceDatabase.open(settings)
        do {
            let names =
                isDryRun
                ? try await ServiceDatabase.pending(database, migrations)
                : try await ServiceDatabase.migrate(database, migrations)
            for name in names { StandardOutput.write("\(isDryRun ? "pending" : "done") \(name)\n") }
            if names.isEmpty { StandardOutput.write("nothing to do\n") }
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}

extension Settings {
    /// Reports addresses of what is known but not built yet: ignoring them would be worse.
    public mutating func rejectUnsupported(_ service: ServiceSettings) {
        if let url = service.redisURL {
            do throws(InvalidConfiguration) {
                _ = try RedisConfiguration(url: url.string)
            } catch {
                reject("REDIS_URL", "\(error)")
            }
        }
        if let url = service.brokerURL, let problem = Broker.problem(with: url) { reject("BROKER_URL", problem) }
        if !ServiceDatabase.isSupported(service.databaseURL.scheme) {
            reject("DATABASE_URL", ServiceDatabase.unsupported(service.databaseURL.scheme))
        }
    }
}
