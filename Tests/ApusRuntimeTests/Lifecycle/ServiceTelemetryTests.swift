// SPDX-License-Identifier: Apache-2.0
import ApusRuntime
import ApusTelemetry
import Testing

@Suite("Logs and metrics of a service")
struct ServiceTelemetryTests {
    @Test("carry the names of the settings, and the environment")
    func resource() {
        var settings = Settings(
            environment: [
                "OTEL_SERVICE_NAME": "Users", "OTEL_RESOURCE_ATTRIBUTES": "service.version=2", "ENVIRONMENT": "staging",
            ])
        let telemetry = ServiceTelemetry(ServiceSettings(from: &settings, name: "users"))
        #expect(
            telemetry.output.resource
                == TelemetryResource(service: "Users", attributes: [.init("service.version", "2")]))
        let text = String(decoding: PrometheusText.write(telemetry.metrics), as: UTF8.self)
        let labels = #"deployment_environment_name="staging",service_name="Users",service_version="2""#
        #expect(text.contains("target_info{\(labels)} 1"), "\(text)")
    }
}
