// SPDX-License-Identifier: Apache-2.0

/// What kind of place a process runs in; the values of `ENVIRONMENT`.
public enum DeploymentEnvironment: String, Sendable, Hashable, CaseIterable {
    case development, staging, production
}
