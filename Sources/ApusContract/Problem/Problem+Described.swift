// SPDX-License-Identifier: Apache-2.0

extension Problem: Described {
    public static let schema = Schema<Problem> {
        Field("type", \.type, note: "Identifies the kind of problem.")
        Field("title", \.title)
        Field("status", \.status, note: "The HTTP status.")
        Field("detail", \.detail, note: "What happened this time.")
        Field("instance", \.instance, note: "The path of the request.")
        Field("code", \.code, note: "The kind of problem, as a stable name.")
        Field("requestId", \.requestID)
        Field("errors", \.errors, note: "Every rule that the request breaks.")
        Field("service", \.service, note: "The service whose call failed.")
        Field("stage", \.stage, note: "How far that call got.")
        Field("attempts", \.attempts)
        Field("retryAfter", \.retryAfter, note: "Seconds after which it is worth to try again.")
    }
}

extension Violation: Described {
    public static let schema = Schema<Violation> {
        Field("field", \.field, note: "A JSON pointer into the body, or the name of a parameter.")
        Field("code", \.code, note: "Which rule, by a stable name.")
        Field("message", \.message)
    }
}
