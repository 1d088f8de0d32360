// SPDX-License-Identifier: Apache-2.0
public import Foundation

extension Message {
    /// Stands for a stored document that can't be read any more: a worker keeps it as dead.
    public static func unreadable(
        _ document: [UInt8], _ error: MessagingError, source: String, at date: Date
    ) -> Message {
        Message(
            id: "", type: "", source: source, created: date, data: document, contentType: "application/octet-stream",
            extensions: ["unreadable": "\(error)"])
    }
}
