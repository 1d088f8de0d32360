// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// Why a process could not start: what, where, and what to do about it.
public struct StartError: Error, Sendable, CustomStringConvertible {
    /// A sentence for who started it. Holds no secret.
    public let description: String
    /// 2 if the settings must be changed, 1 otherwise.
    public let exitStatus: Int32

    public init(_ description: String, exitStatus: Int32 = 1) {
        self.description = description
        self.exitStatus = exitStatus
    }

    /// The status that a process ends with because of `error`.
    static func exitStatus(of error: any Error) -> Int32 {
        switch error {
        case let error as StartError: error.exitStatus
        case is SettingsError, is InvalidConfiguration: SettingsError.exitStatus
        default: 1
        }
    }
}
