// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation

/// Finds programs: beside the running `apus`, then in the folders of `PATH`. A name with a slash is a path.
public struct ExecutableSearch: Sendable {
    /// Where `apus` itself lies, looked at first.
    private let beside: String
    private let path: [String]

    /// - Parameters:
    ///   - beside: The folder that is looked at first.
    ///   - path: The value of `PATH`; relative and empty entries are skipped.
    public init(beside: String, path: String) {
        self.beside = beside
        self.path = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    }

    /// The program's absolute path, or nil if there is none.
    /// - Parameter folder: Where relative paths start.
    public func find(_ name: String, from folder: String) -> String? {
        let candidates =
            name.contains("/")
            ? [ManifestReader.absolute(name, from: folder)] : ([beside] + path).map { $0 + "/" + name }
        return candidates.first(where: Self.isProgram)
    }

    /// What to tell someone who named a program that doesn't exist: where it was looked for, and what there is.
    public func explain(missing name: String, from folder: String) -> String {
        guard !name.contains("/") else {
            return "there is no executable file \(ManifestReader.absolute(name, from: folder))"
        }
        let available = available
        let hint = NearestName.nearest(to: name, in: available).map { "; did you mean '\($0)'?" } ?? ""
        let list =
            available.isEmpty ? "no executable lies there" : "executables there: \(available.joined(separator: ", "))"
        return "there is no executable '\(name)' in \(beside) or PATH\(hint) (\(list))"
    }

    /// The programs beside `apus`, without what a build leaves there otherwise; at most 40.
    var available: [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: beside)
        } catch {
            return []
        }
        let programs = names.filter { !$0.contains(".") && $0 != "apus" && Self.isProgram(beside + "/" + $0) }
        return Array(programs.sorted().prefix(40))
    }

    private static func isProgram(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }
}
