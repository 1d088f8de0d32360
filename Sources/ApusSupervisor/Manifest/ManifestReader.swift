// SPDX-License-Identifier: Apache-2.0
import ApusYAML
import Foundation

/// Reads `apus.yaml`. Strict: an unknown key, a wrong type or an executable that doesn't exist is an error, and every
/// problem is reported with its place.
public struct ManifestReader: Sendable {
    private let executables: ExecutableSearch

    /// The largest manifest that is read, in bytes.
    public static let sizeLimit = 1 << 20

    /// - Parameter executables: Where the services' executables are looked up.
    public init(executables: ExecutableSearch) {
        self.executables = executables
    }

    /// Reads the file at `path`. Relative paths in it start from its folder.
    /// - Throws: ``SupervisorError/Code/manifest``, one problem a line.
    public func read(path: String) throws(SupervisorError) -> Manifest {
        let text: String
        do throws(FileProblem) {
            text = try YAMLDocument.text(
                at: path, "the manifest",
                hint: "name another with --manifest, or see docs/manifest.md for the least there can be",
                sizeLimit: Self.sizeLimit)
        } catch {
            throw SupervisorError(.manifest, "\(error)")
        }
        return try read(text, name: path)
    }

    /// Reads text as a manifest.
    /// - Parameter name: The file's path, for messages and as the start of relative paths.
    public func read(_ text: String, name: String) throws(SupervisorError) -> Manifest {
        let problems = ProblemCollector(file: name)
        let folder = URL(filePath: name).deletingLastPathComponent().path
        var manifest = Manifest(gateway: nil, hasRegistry: true, registryPort: nil, services: [])
        let root = YAMLDocument.fields(
            of: text, name: "the manifest", expected: "a manifest is a mapping with at least 'services'",
            problems: problems)
        if let root { decode(root, into: &manifest, folder: folder, problems: problems) }
        guard !problems.hasErrors else {
            throw SupervisorError(.manifest, problems.sorted.map(\.description).joined(separator: "\n"))
        }
        return manifest
    }

    private func decode(
        _ root: FieldReader, into manifest: inout Manifest, folder: String, problems: ProblemCollector
    ) {
        var fields = root
        manifest.gateway = fields.value("gateway").flatMap { gateway($0, folder: folder) }
        if let registry = fields.value("registry") {
            (manifest.hasRegistry, manifest.registryPort) = self.registry(registry)
        }
        let shared = fields.value("environment").map { environment($0, problems) } ?? [:]
        let services = fields.required("services", "the processes to start, by name")
        fields.finish()
        guard let services, let named = services.fields("a mapping of names to executables")?.named() else { return }
        if named.isEmpty { services.error("'services' names none") }
        for (name, place, value) in named {
            guard Self.isName(name) else {
                problems.error(
                    "'\(name)' can't be a service's name; expected lower-case letters, digits and '-', at most 63",
                    at: place)
                continue
            }
            guard let service = service(name, value, shared, folder: folder, problems: problems) else { continue }
            if !manifest.hasRegistry, service.port == nil {
                problems.error("with 'registry: off' the service '\(name)' needs a 'port'", at: place)
            }
            manifest.services.append(service)
        }
    }

    private func service(
        _ name: String, _ value: ValueReader, _ shared: [String: String], folder: String, problems: ProblemCollector
    ) -> Manifest.Service? {
        // `users: users-service` is short for `users: {executable: users-service}`.
        if value.isScalar {
            guard let executable = text(value), let path = find(executable, folder: folder, for: value) else {
                return nil
            }
            return Manifest.Service(
                name: name, executable: executable, path: path, arguments: [], instances: 1, environment: shared)
        }
        guard var fields = value.fields("an executable or a mapping with 'executable'") else { return nil }
        let place = fields.required("executable", "the program to start")
        let executable = place.flatMap { text($0) }
        let arguments = fields.value("arguments")?.list("texts")?.compactMap { $0.text() } ?? []
        let instances = fields.value("instances")?.integer(in: 1...64) ?? 1
        let environment = fields.value("environment").map { self.environment($0, problems) } ?? [:]
        let portValue = fields.value("port")
        let port = portValue?.integer(in: 1...65_535)
        let dataDirectory = fields.value("dataDir").flatMap { text($0) }.map { Self.absolute($0, from: folder) }
        fields.finish()
        if port != nil, instances > 1 {
            portValue?.error("\(value.path) has \(instances) instances, which can't share one 'port'")
        }
        guard let place, let executable, let path = find(executable, folder: folder, for: place) else { return nil }
        return Manifest.Service(
            name: name, executable: executable, path: path, arguments: arguments, instances: instances,
            environment: shared.merging(environment) { $1 }, port: port, dataDirectory: dataDirectory)
    }

    private func gateway(_ value: ValueReader, folder: String) -> String? {
        guard let file = text(value), !Self.isOff(file) else { return nil }
        let path = Self.absolute(file, from: folder)
        if !FileManager.default.isReadableFile(atPath: path) {
            value.error("the gateway file '\(file)' can't be read (looked for \(path)); correct the path, or say off")
        }
        return path
    }

    private func registry(_ value: ValueReader) -> (isThere: Bool, port: Int?) {
        if value.isMapping, var fields = value.fields("{port: NUMBER}") {
            let port = fields.value("port")?.integer(in: 1...65_535)
            fields.finish()
            return (true, port)
        }
        let isOn = value.parsed("on, off or {port: NUMBER}") { text in
            ["on", "true"].contains(text) ? true : Self.isOff(text) ? false : nil
        }
        return (isOn ?? true, nil)
    }

    /// Variables by name.
    private func environment(_ value: ValueReader, _ problems: ProblemCollector) -> [String: String] {
        var environment: [String: String] = [:]
        for (name, place, value) in value.fields("a mapping of names to values")?.named() ?? [] {
            guard !name.isEmpty, !name.contains("=") else {
                problems.error("an environment variable of '\(value.path)' must be NAME: text", at: place)
                continue
            }
            environment[name] = value.isEmpty ? "" : value.text()
        }
        return environment
    }

    /// Text that isn't empty.
    private func text(_ value: ValueReader) -> String? {
        value.parsed("text that isn't empty") { $0.isEmpty ? nil : $0 }
    }

    private func find(_ executable: String, folder: String, for value: ValueReader) -> String? {
        if let path = executables.find(executable, from: folder) { return path }
        value.error(executables.explain(missing: executable, from: folder))
        return nil
    }

    private static func isOff(_ text: String) -> Bool { ["off", "false"].contains(text) }

    static func absolute(_ path: String, from folder: String) -> String {
        URL(filePath: path, relativeTo: URL(filePath: folder, directoryHint: .isDirectory)).standardizedFileURL.path
    }

    private static func isName(_ name: String) -> Bool {
        let isAllowed = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...63).contains(name.utf8.count), let first = name.utf8.first, isAllowed(first) else { return false }
        return name.utf8.allSatisfy { isAllowed($0) || $0 == UInt8(ascii: "-") }
    }
}
