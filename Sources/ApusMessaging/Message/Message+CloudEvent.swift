// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusCore
public import Foundation

extension Message {
    /// The media type of ``cloudEvent``.
    public static let cloudEventType = "application/cloudevents+json"

    /// The message as a CloudEvents 1.0 document, structured mode, in JSON.
    ///
    /// Trace, request id and expiry travel as the attributes `traceparent`, `tracestate`, `requestid`, `expirytime`, the
    /// ordering key as `partitionkey`, version and priority as `dataversion` and `priority` unless they are the usual ones.
    ///
    /// Source: CloudEvents 1.0.2, its JSON format, and its extensions for distributed tracing, partitioning and expiry
    /// time.
    public var cloudEvent: [UInt8] {
        var json = JSONWriter(capacity: 320 + data.count)
        func member(_ name: String, _ value: String?) {
            guard let value else { return }
            json.name(name)
            json.string(value)
        }
        json.beginObject()
        member("specversion", "1.0")
        member("id", id)
        member("source", source)
        member("type", type)
        member("time", RFC3339.text(of: created))
        member("traceparent", trace?.traceparent)
        member("tracestate", trace?.state)
        member("requestid", requestID?.description)
        member("expirytime", expires.map(RFC3339.text(of:)))
        member("partitionkey", orderingKey)
        if version != 1 { member("dataversion", String(version)) }
        if priority != .normal { member("priority", String(priority.rawValue)) }
        for (name, value) in extensions.sorted(by: { $0.key < $1.key }) { member(name, value) }
        member("datacontenttype", contentType)
        if !isJSON { member("data_base64", Data(data).base64EncodedString()) }
        json.endObject()
        guard isJSON else { return json.bytes }
        // The payload is JSON already and goes in as it is, as the last member.
        var bytes = json.bytes
        bytes.removeLast()
        bytes += Array(#","data":"#.utf8)
        bytes += data
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Reads a CloudEvents document that came from outside.
    ///
    /// - Parameter received: when it came: its time if it tells none.
    /// - Throws: `invalid` with what is wrong: no JSON, no object, another specversion, a missing, empty or ill-formed
    ///   attribute, both `data` and `data_base64`.
    public init(cloudEvent bytes: [UInt8], received: Date) throws(MessagingError) {
        do {
            _ = try JSONParser.parse(bytes)
        } catch {
            throw MessagingError(.invalid, "the event is no JSON: \(error)")
        }
        try self.init(storedCloudEvent: bytes, received: received)
    }

    /// Reads what ``cloudEvent`` wrote and a store kept: valid JSON, which isn't checked again.
    ///
    /// - Throws: as ``init(cloudEvent:received:)``, except for bytes that are no JSON, which may pass.
    public init(storedCloudEvent bytes: [UInt8], received: Date) throws(MessagingError) {
        guard let members = JSONMembers(bytes) else {
            throw MessagingError(.invalid, "the event is no JSON object")
        }
        var attributes = try CloudEventAttributes(members)
        let version = try attributes.required("specversion")
        guard version == "1.0" else {
            throw MessagingError(.invalid, "specversion is \(version), expected 1.0")
        }
        self.init(
            id: try attributes.required("id"), type: try attributes.required("type"),
            source: try attributes.required("source"),
            created: try attributes.date("time") ?? received,
            data: try attributes.payload(),
            contentType: attributes.take("datacontenttype") ?? "application/json",
            version: attributes.integer("dataversion", in: 1...1_000_000) ?? 1,
            priority: attributes.integer("priority", in: 0...9).flatMap { MessagePriority(rawValue: UInt8($0)) }
                ?? .normal,
            orderingKey: attributes.take("partitionkey").flatMap { $0.isEmpty ? nil : $0 },
            expires: try attributes.date("expirytime"))
        let state = attributes.take("tracestate")
        trace = attributes.take("traceparent").flatMap { TraceContext(traceparent: $0, tracestate: state) }
        requestID = attributes.take("requestid").flatMap(RequestID.init(_:))
        extensions = attributes.rest
    }
}
