// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    public import ApusCore
    public import ApusSQL

    /// How a PostgreSQL database is used. Where it is, and how it is reached safely, is in its URL.
    public struct PostgresConfiguration: Sendable {
        /// The connections.
        public var pool: PoolConfiguration
        /// How long a statement may run at most; the deadline of `CallContext.current` may be earlier. While rows are
        /// streamed it counts from piece to piece. Migrations may take longer. Default: 30 s. More than zero.
        public var statementTimeout: Duration
        /// How long opening a connection to one host may take, unless the URL says `connect_timeout`. Whole seconds, at
        /// least 2, as libpq wants it. Default: 5 s.
        public var dialTimeout: Duration
        /// Statements kept prepared on each connection. Default: 256. 1 to 10,000.
        public var statementCacheSize: Int
        /// What the server shows in `pg_stat_activity`, unless the URL says `application_name`. Default: `apus`.
        public var applicationName: String
        /// Told what a log should show; called on any thread, and must not block.
        public var report: @Sendable (PoolEvent) -> Void

        public init(
            pool: PoolConfiguration = .init(), statementTimeout: Duration = .seconds(30),
            dialTimeout: Duration = .seconds(5), statementCacheSize: Int = 256, applicationName: String = "apus",
            report: @escaping @Sendable (PoolEvent) -> Void = { _ in }
        ) {
            self.pool = pool
            self.statementTimeout = statementTimeout
            self.dialTimeout = dialTimeout
            self.statementCacheSize = statementCacheSize
            self.applicationName = applicationName
            self.report = report
        }

        /// Every problem of this configuration; empty if it can be used.
        public func validate() -> [ConfigurationProblem] {
            var problems: [ConfigurationProblem] = []
            for problem in pool.validate() {
                problems.append(ConfigurationProblem("pool.\(problem.key)", problem.message))
            }
            problems.require(
                statementTimeout > .zero, "statementTimeout", "must be more than zero, is \(statementTimeout)")
            problems.require(dialTimeout >= .seconds(2), "dialTimeout", "must be at least 2 s, is \(dialTimeout)")
            problems.require(
                (1...10_000).contains(statementCacheSize), "statementCacheSize",
                "must be from 1 to 10,000, is \(statementCacheSize)")
            return problems
        }
    }
#endif
