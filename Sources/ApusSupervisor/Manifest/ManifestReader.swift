// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import Foundation
import Yams

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
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw SupervisorError(
                .manifest,
                "\(path): the manifest can't be read: \(error.localizedDescription); name another with --manifest")
        }
        guard data.count <= Self.sizeLimit, let text = String(data: data, encoding: .utf8) else {
            throw SupervisorError(.manifest, "\(path): the manifest must be UTF-8 of at most \(Self.sizeLimit) bytes")
        }
        return try read(text, name: path)
    }

    /// Reads text as a manifest.
    /// - Parameter name: The file's path, for messages and as the start of relative paths.
    public func read(_ text: String, name: String) throws(SupervisorError) -> Manifest {
        let problems = ManifestProblems(file: name)
        let folder = URL(filePath: name).deletingLastPathComponent().path
        var manifest = Manifest(gateway: nil, hasRegistry: true, registryPort: nil, services: [])
        do {
            guard let root = try Yams.compose(yaml: text) else {
                throw SupervisorError(.manifest, "\(name):1:1: the manifest is empty; it needs at least 'services'")
            }
            decode(root, into: &manifest, folder: folder, problems: problems)
        } catch let error as YamlError {
            Self.report(error, to: problems)
        } catch let error as SupervisorError {
            throw error
        } catch {
            problems.add("the manifest can't be read as YAML: \(error)", at: nil)
        }
        if let error = problems.error { throw error }
        return manifest
    }

    private func decode(_ root: Node, into manifest: inout Manifest, folder: String, problems: ManifestProblems) {
        guard var fields = ManifestFields(root, name: "the manifest", problems: problems) else { return }
        manifest.gateway = gateway(fields.value("gateway"), folder: folder, problems: problems)
        (manifest.hasRegistry, manifest.registryPort) = registry(fields.value("registry"), problems: problems)
        let environment = fields.environment()
        let services = fields.value("services")
        fields.require("services", "the processes to start, by name")
        fields.finish()
        guard let services, let named = ManifestFields(services, name: "'services'", problems: problems) else { return }
        for (name, place, value) in named.named() {
            guard Self.isName(name) else {
                problems.add(
                    "'\(name)' can't be a service's name; expected lower-case letters, digits and '-', at most 63",
                    at: place)
                continue
            }
            guard let service = service(name, value, environment, folder: folder, problems: problems) else { continue }
            if !manifest.hasRegistry, service.port == nil {
                problems.add("with 'registry: off' the service '\(name)' needs a 'port'", at: place)
            }
            manifest.services.append(service)
        }
        if manifest.services.isEmpty, problems.error == nil { problems.add("'services' names none", at: services.mark) }
    }

    private func service(
        _ name: String, _ node: Node, _ shared: [String: String], folder: String, problems: ManifestProblems
    ) -> Manifest.Service? {
        // `users: users-service` is short for `users: {executable: users-service}`.
        if let executable = node.scalar {
            guard let path = find(executable.string, folder: folder, at: node.mark, problems) else { return nil }
            return Manifest.Service(
                name: name, executable: executable.string, path: path, arguments: [], instances: 1, environment: shared)
        }
        guard var fields = ManifestFields(node, name: "services.\(name)", problems: problems) else { return nil }
        let place = fields.value("executable")?.mark
        let executable = fields.text("executable")
        let arguments = fields.list("arguments")
        let instances = fields.integer("instances", in: 1...64) ?? 1
        let environment = fields.environment()
        let port = fields.integer("port", in: 1...65_535)
        let dataDirectory = fields.text("dataDir").map { Self.absolute($0, from: folder) }
        fields.require("executable", "the program to start")
        fields.finish()
        if port != nil, instances > 1 {
            problems.add("services.\(name) has \(instances) instances, which can't share one 'port'", at: node.mark)
        }
        guard let executable, let path = find(executable, folder: folder, at: place, problems) else { return nil }
        return Manifest.Service(
            name: name, executable: executable, path: path, arguments: arguments, instances: instances,
            environment: shared.merging(environment) { $1 }, port: port, dataDirectory: dataDirectory)
    }

    private func gateway(_ node: Node?, folder: String, problems: ManifestProblems) -> String? {
        guard let node, !Self.isOff(node) else { return nil }
        guard let file = node.scalar?.string, !file.isEmpty else {
            problems.add("'gateway' must be the path of a gateway file, or off", at: node.mark)
            return nil
        }
        let path = Self.absolute(file, from: folder)
        if !FileManager.default.isReadableFile(atPath: path) {
            problems.add("the gateway file '\(file)' can't be read (looked for \(path))", at: node.mark)
        }
        return path
    }

    private func registry(_ node: Node?, problems: ManifestProblems) -> (Bool, Int?) {
        guard let node, !["on", "true"].contains(node.scalar?.string) else { return (true, nil) }
        if Self.isOff(node) { return (false, nil) }
        guard node.mapping != nil, var fields = ManifestFields(node, name: "'registry'", problems: problems) else {
            problems.add("'registry' must be on, off or {port: NUMBER}", at: node.mark)
            return (true, nil)
        }
        let port = fields.integer("port", in: 1...65_535)
        fields.finish()
        return (true, port)
    }

    private func find(_ executable: String, folder: String, at place: Mark?, _ problems: ManifestProblems) -> String? {
        if let path = executables.find(executable, from: folder) { return path }
        problems.add(executables.explain(missing: executable, from: folder), at: place)
        return nil
    }

    private static func isOff(_ node: Node) -> Bool { ["off", "false"].contains(node.scalar?.string) }

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

    private static func report(_ error: YamlError, to problems: ManifestProblems) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            problems.add("not YAML: \(problem)", at: mark)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.sorted().map { "'\($0)'" }.joined(separator: ", ")
            problems.add("\(names) is given more than once", at: context.mark)
        default:
            problems.add("not YAML: \(error)", at: nil)
        }
    }
}
