// SPDX-License-Identifier: Apache-2.0
import Foundation
import Yams

/// Reads gateway files (YAML). Strict: an unknown key, a wrong type or an unknown service is an error, and every
/// problem of the file is reported, with its place.
public struct GatewayFile: Sendable {
    /// What the file says; nil if it has errors.
    public let configuration: GatewayConfiguration?
    /// Errors and warnings in the order of the file.
    public let problems: [GatewayFileProblem]
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
        var decoder = GatewayFileDecoder(problems: problems, folder: Self.folder(of: name))
        do {
            let root = try Yams.compose(yaml: text)
            let configuration = decoder.decode(root)
            self.configuration = problems.hasErrors ? nil : configuration
        } catch let error as YamlError {
            Self.report(error, to: problems)
            configuration = nil
        } catch {
            problems.error("the file can't be read as YAML: \(error)", at: nil)
            configuration = nil
        }
        self.problems = problems.sorted
        keys = problems.keys
    }

    /// Reads the file at `path`.
    ///
    /// - Throws: ``GatewayFileProblems`` if it can't be read at all.
    public static func read(path: String) throws(GatewayFileProblems) -> GatewayFile {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw unreadable(path, "can't be read: \((error as NSError).localizedDescription)")
        }
        guard data.count <= sizeLimit else { throw unreadable(path, "is larger than \(sizeLimit) bytes") }
        guard let text = String(data: data, encoding: .utf8) else { throw unreadable(path, "is not UTF-8") }
        return GatewayFile(text, name: path)
    }

    /// The configuration.
    ///
    /// - Throws: ``GatewayFileProblems`` with every problem if the file has errors.
    public func valid() throws(GatewayFileProblems) -> GatewayConfiguration {
        guard let configuration else { throw GatewayFileProblems(problems) }
        return configuration
    }

    private static func unreadable(_ path: String, _ what: String) -> GatewayFileProblems {
        GatewayFileProblems([
            GatewayFileProblem(.error, file: path, line: 1, column: 1, message: "the gateway file \(what)")
        ])
    }

    private static func folder(of name: String) -> String {
        name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
    }

    private static func report(_ error: YamlError, to problems: ProblemCollector) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = context.map { " (\($0.text.trimmingCharacters(in: .whitespaces)))" } ?? ""
            problems.error("not YAML: \(problem)\(place)", at: mark)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.sorted().map { "'\($0)'" }.joined(separator: ", ")
            problems.error("the key \(names) is given more than once", at: context.mark)
        default:
            problems.error("not YAML: \(error)", at: nil)
        }
    }
}
