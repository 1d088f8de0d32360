// SPDX-License-Identifier: Apache-2.0

/// Why a system could not be started or kept running.
public struct SupervisorError: Error, Hashable, Sendable {
    /// The kind of error. New codes may be added: switch with a default.
    public struct Code: Hashable, Sendable {
        /// The stable name, in snake case.
        public let name: String

        public init(_ name: String) {
            self.name = name
        }

        /// The manifest is wrong, or can't be read.
        public static let manifest = Code("manifest")
        /// A process says that its configuration is wrong.
        public static let childConfiguration = Code("child_configuration")
        /// The address of the gateway is taken.
        public static let addressInUse = Code("address_in_use")
        /// The data folder can't be used, or another supervisor uses it.
        public static let dataFolder = Code("data_folder")
        /// A process could not be started at all.
        public static let spawn = Code("spawn")
    }

    /// What kind of error it is.
    public var code: Code
    /// What, where, what was expected, what to do. May have several lines, one problem each.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The exit status of a command that ends with this error: 2 if what it was given is wrong, otherwise 1.
    public var exitStatus: Int32 {
        code == .manifest || code == .childConfiguration || code == .dataFolder ? 2 : 1
    }
}

extension SupervisorError: CustomStringConvertible {
    public var description: String { message }
}
