// SPDX-License-Identifier: Apache-2.0

/// How a process ended.
public enum ChildExit: Hashable, Sendable, CustomStringConvertible {
    case status(Int32)
    case signal(Int32)

    /// The status by which a program says that its arguments or its configuration are wrong.
    public static let configurationStatus: Int32 = 2

    public var description: String {
        switch self {
        case .status(let status): "exit status \(status)"
        case .signal(let number): "signal \(Self.names[number] ?? "\(number)")"
        }
    }

    private static let names: [Int32: String] = [
        1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 8: "FPE", 9: "KILL", 11: "SEGV", 13: "PIPE",
        14: "ALRM", 15: "TERM",
    ]
}
