// SPDX-License-Identifier: Apache-2.0

/// Where a setting's value came from.
public enum SettingsOrigin: Sendable, Hashable, CustomStringConvertible {
    case argument
    case environment
    /// The file named by `NAME_FILE`.
    case file(path: String)
    /// A line of the `.env` file.
    case dotEnv(path: String, line: Int)
    case `default`

    public var description: String {
        switch self {
        case .argument: "argument"
        case .environment: "environment"
        case .file(let path): path
        case .dotEnv(let path, let line): "\(path):\(line)"
        case .default: "default"
        }
    }
}
