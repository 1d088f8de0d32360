// SPDX-License-Identifier: Apache-2.0
import Foundation
import Yams

/// Configuration files in YAML: one document, a mapping at the top.
///
/// Everything wrong with a file is reported, with its place, in one go: what isn't YAML at all here, keys that are
/// unknown, repeated or missing by ``FieldReader``, values of the wrong type by ``ValueReader``.
public enum YAMLDocument {
    /// The fields of the document, or nil after a report.
    ///
    /// - Parameters:
    ///   - text: The YAML.
    ///   - name: How messages call the document, such as `the file`.
    ///   - expected: The report for a document that is empty or no mapping: what a file of its kind is.
    ///   - problems: Where reports go.
    public static func fields(
        of text: String, name: String, expected: String, problems: ProblemCollector
    ) -> FieldReader? {
        var masks = KeyMasks()
        guard let root = compose(text, &masks, problems) else { return nil }
        guard let mapping = root.mapping else {
            problems.error(expected, at: FilePlace(root.mark))
            return nil
        }
        return FieldReader(
            mapping, path: "", name: name, section: "", place: FilePlace(root.mark), masks: masks, problems: problems)
    }

    /// The text of the file at `path`.
    ///
    /// - Parameters:
    ///   - what: What the file is, for messages: `the gateway file`.
    ///   - hint: What to do when it isn't there.
    /// - Throws: ``FileProblem`` that names the file that was looked for, if it can't be read, is larger than
    ///   `sizeLimit` bytes, or isn't UTF-8.
    public static func text(
        at path: String, _ what: String, hint: String, sizeLimit: Int
    ) throws(FileProblem) -> String {
        func problem(_ message: String) -> FileProblem {
            FileProblem(.error, file: path, line: 1, column: 1, message: "\(what) \(message)")
        }
        let data: Data
        let absolute = URL(filePath: path).standardizedFileURL.path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw problem("doesn't exist (looked for \(absolute)); \(hint)")
        }
        guard !isFolder.boolValue else { throw problem("is a folder (\(absolute)); \(hint)") }
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw problem("can't be read: \((error as NSError).localizedDescription) (\(absolute))")
        }
        guard data.count <= sizeLimit else { throw problem("is larger than \(sizeLimit) bytes") }
        guard let text = String(data: data, encoding: .utf8) else { throw problem("is not UTF-8") }
        return text
    }

    private static func compose(_ text: String, _ masks: inout KeyMasks, _ problems: ProblemCollector) -> Node? {
        var text = text
        while true {
            do {
                return try Yams.compose(yaml: text) ?? Node("")
            } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
                if let key = duplicates.first, masks.mask(key, at: context.mark, in: &text) { continue }
                let names = duplicates.sorted().map { "'\(masks.original($0))'" }.joined(separator: ", ")
                problems.error("the key \(names) is given more than once", at: FilePlace(context.mark))
            } catch YamlError.scanner(let context, let problem, let mark, _),
                YamlError.parser(let context, let problem, let mark, _),
                YamlError.composer(let context, let problem, let mark, _)
            {
                let place = context.map { " (\($0.text.trimmingCharacters(in: .whitespaces)))" } ?? ""
                problems.error("not YAML: \(problem)\(place)", at: FilePlace(mark))
            } catch let error as YamlError {
                problems.error("not YAML: \(error)", at: nil)
            } catch {
                problems.error("the file can't be read as YAML: \(error)", at: nil)
            }
            return nil
        }
    }
}
