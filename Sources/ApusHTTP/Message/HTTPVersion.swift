// SPDX-License-Identifier: Apache-2.0

/// The protocol version of a message as its sender wrote it.
public enum HTTPVersion: Sendable {
    case http10
    case http11
}
