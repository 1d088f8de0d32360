// SPDX-License-Identifier: Apache-2.0

/// A place in the source: who took a connection.
public struct CallSite: Sendable, Hashable, CustomStringConvertible {
    /// `Module/File.swift`.
    public let fileID: String
    /// Counted from 1.
    public let line: Int

    public init(fileID: String = #fileID, line: Int = #line) {
        self.fileID = fileID
        self.line = line
    }

    public var description: String { "\(fileID):\(line)" }
}
