// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusRuntime
import ArgumentParser
import Foundation

/// The options that say which service is meant.
struct QueueTarget: ParsableArguments {
    @Option(help: "The service, by its name in the registry.")
    var service: String?

    @Option(help: "The service's own address, instead of asking a registry.")
    var url: String?

    @Option(help: "The registry. (default: REGISTRY_URL, or that of 'apus up' on the data folder)")
    var registry: String?

    @Option(help: "The data folder of 'apus up'.")
    var dataDir = ".apus"

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard url == nil || (service == nil && registry == nil) else {
            throw ValidationError("--url stands for itself: neither --service nor --registry goes with it")
        }
    }

    /// Where the one service is that is meant: any of its instances, since they share their queues.
    func one(_ connection: QueueConnection) async throws -> Origin {
        if let url { return try Self.origin(url, "--url") }
        guard let service else {
            throw QueueFailure("which service? expected --service NAME or --url URL", exitStatus: 2)
        }
        let registry = try registryOrigin()
        guard let instance = try await connection.instances(of: service, at: registry).first else {
            let known = try await connection.services(at: registry).joined(separator: ", ")
            throw QueueFailure(
                "the registry at \(registry) knows no instance of \(service); it knows \(known.isEmpty ? "none" : known)"
            )
        }
        return instance
    }

    /// The services that are meant, all of the registry's where none is named, with an instance of each.
    func all(_ connection: QueueConnection) async throws -> [(name: String, origin: Origin)] {
        if url != nil || service != nil { return [(service ?? "", try await one(connection))] }
        let registry = try registryOrigin()
        var found: [(name: String, origin: Origin)] = []
        for name in try await connection.services(at: registry) {
            if let instance = try await connection.instances(of: name, at: registry).first {
                found.append((name, instance))
            }
        }
        return found
    }

    private func registryOrigin() throws -> Origin {
        if let registry { return try Self.origin(registry, "--registry") }
        if let url = ProcessInfo.processInfo.environment["REGISTRY_URL"], !url.isEmpty {
            return try Self.origin(url, "REGISTRY_URL")
        }
        let file = dataDir + "/registry/url"
        guard let text = FileManager.default.contents(atPath: file) else {
            throw QueueFailure(
                "no registry: no 'apus up' runs on \(dataDir); expected --registry URL, REGISTRY_URL or --url URL",
                exitStatus: 2)
        }
        return try Self.origin(
            String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines), file)
    }

    private static func origin(_ text: String, _ place: String) throws -> Origin {
        guard let origin = Origin(url: text) else {
            throw QueueFailure("\(place) \(text): expected http://HOST:PORT or https://HOST:PORT", exitStatus: 2)
        }
        return origin
    }
}

extension AsyncParsableCommand {
    /// Runs `body` with a connection, and ends as its failure says.
    func talking(_ body: (QueueConnection) async throws -> Void) async throws {
        do {
            try await QueueConnection.with(body)
        } catch let failure as QueueFailure {
            StandardOutput.writeError("apus queue: \(failure)\n")
            throw ExitCode(failure.exitStatus)
        }
    }

    /// Writes a value as JSON on a line of its own.
    func writeJSON(_ value: some Encodable) throws {
        let bytes = try JSONCodec(dates: .rfc3339).encode(value)
        StandardOutput.write(String(decoding: bytes, as: UTF8.self) + "\n")
    }
}
