// SPDX-License-Identifier: Apache-2.0

/// Where in a request a parameter stands.
public enum ParameterPlace: String, Sendable, Hashable {
    case path, query, header
}
