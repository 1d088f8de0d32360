// SPDX-License-Identifier: Apache-2.0

/// How each instance of a service is asked whether it can serve: `GET path`, where any 2xx is a yes.
public struct ActiveCheckConfiguration: Equatable, Sendable {
    /// The path that is asked for, query included.
    public var path: String
    /// Between two checks of an instance, plus or minus a tenth so that checks don't march in step. 5 s by default.
    public var interval: Duration = .seconds(5)
    /// How long a check may take. 1 s by default.
    public var timeout: Duration = .seconds(1)
    /// Failed checks in a row after which an instance gets no more requests. 2 by default.
    public var unhealthyAfter: Int = 2
    /// Good checks in a row after which it gets them again. 1 by default.
    public var healthyAfter: Int = 1

    public init(path: String) {
        self.path = path
    }
}
