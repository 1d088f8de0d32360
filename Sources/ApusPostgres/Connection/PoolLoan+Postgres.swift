// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusSQL

    extension PoolLoan {
        /// The connection of a ``PostgresDatabase``'s pool, all of whose connections are opened by ``PostgresDialer``.
        var postgres: PostgresConnection { unsafeDowncast(connection, to: PostgresConnection.self) }
    }
#endif
