# SPDX-License-Identifier: Apache-2.0
"""The resource that every HTTP member speaks of: 57 bytes of JSON."""

PATH = "/v1/users/1"
USER = {"id": 1, "name": "Ada Lovelace", "email": "ada@example.test"}
USER_JSON = '{"id":1,"name":"Ada Lovelace","email":"ada@example.test"}'
