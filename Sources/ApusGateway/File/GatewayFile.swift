// SPDX-License-Identifier: Apache-2.0
public import ApusYAML

/// Reads gateway files (YAML). Strict: an unknown key, a wrong type or an unknown service is an error, and every
/// problem of the file is reported, with its place.
public struct GatewayFile: Sendable {
    /// What the file says; nil if it has errors.
    public let configuration: GatewayConfiguration?
    /// Errors and warnings in the order of the file.
    public let problems: [FileProblem]
    /// Every key that was asked for while reading, such as `services.*.endpoints`: with a file that uses every section,
    /// all keys there are. The document is tested against it.
    let keys: Set<String>

    /// The largest file that is read, in bytes.
    public static let sizeLimit = 4 << 20

    /// Reads text as a gateway file.
    ///
    /// - Parameters:
    ///   - text: The YAML.
    ///   - name: The file's name for messages; relative paths in the file start from its folder.
    public init(_ text: String, name: String) {
        let problems = ProblemCollector(file: name)
        let root = YAMLDocument.fields(
            of: text, name: "the file",
            expected: "a gateway file is a mapping with 'listeners', 'services' and 'routes'", problems: problems)
        var decoder = GatewayFileDecoder(problems: problems, folder: Self.folder(of: name))
        let configuration = root.map { decoder.decode($0) }
        self.configuration = problems.hasErrors ? nil : configuration
        self.problems = problems.sorted
        keys = problems.keys
    }

    /// Reads the file at `path`.
    ///
    /// - Throws: ``GatewayFileProblems`` if it can't be read at all.
    public static func read(path: String) throws(GatewayFileProblems) -> GatewayFile {
        do throws(FileProblem) {
            let text = try YAMLDocument.text(
                at: path, "the gateway file",
                hint: "name another with --config, or see docs/gateway-file.md for the least there can be",
                sizeLimit: sizeLimit)
            return GatewayFile(text, name: path)
        } catch {
            throw GatewayFileProblems([error])
        }
    }

    /// The configuration.
    ///
    /// - Throws: ``GatewayFileProblems`` with every problem if the file has errors.
    public func valid() throws(GatewayFileProblems) -> GatewayConfiguration {
        guard let configuration else { throw GatewayFileProblems(problems) }
        return configuration
    }

    private static func folder(of name: String) -> String {
        name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
    }
}
