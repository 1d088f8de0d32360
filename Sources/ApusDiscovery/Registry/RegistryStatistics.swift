// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// What a registry counted since it started.
public final class RegistryStatistics: Sendable {
    /// Registrations accepted, those that replaced another included.
    public let registrations = Atomic<Int>(0)
    /// Leases renewed.
    public let renewals = Atomic<Int>(0)
    /// Instances dropped because their lease ran out.
    public let expirations = Atomic<Int>(0)
    /// Requests that were refused, for whatever reason.
    public let rejections = Atomic<Int>(0)
    /// Writes to the file that failed.
    public let storageFailures = Atomic<Int>(0)
    let storageIsFailing = Atomic<Bool>(false)
}
