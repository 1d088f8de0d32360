# SPDX-License-Identifier: Apache-2.0
"""What is measured. A member is a function that turns a workspace into cases; add new ones to ALL."""

from members import call, data, gateway, idle, memory, messaging, resilience, service, user_service

ALL = {
    "gateway": gateway.cases,
    "service": service.cases,
    "call": call.cases,
    "idle": idle.cases,
    "memory": memory.cases,
    "data": data.cases,
    "messaging": messaging.cases,
    "resilience": resilience.cases,
    "user-service": user_service.cases,
}
