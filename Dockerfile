# syntax=docker/dockerfile:1
# SPDX-License-Identifier: Apache-2.0
# An image of one executable of this package:
#
#   docker build --build-arg PRODUCT=users-service -t users-service .
#
# PRODUCT is users-service, products-service, orders-service, shop or apus. scripts/image performs these steps without a
# Docker engine.
ARG BUILD_IMAGE=swift:6.3-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libsqlite3-dev libpq-dev libhiredis-dev libnats-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
ARG PRODUCT=users-service
# The standard library is linked in: the runtime image needs no toolchain.
RUN --mount=type=cache,target=/src/.build \
    swift build -c release --static-swift-stdlib --product "${PRODUCT}" \
    && install -D ".build/release/${PRODUCT}" /out/service

FROM ${RUNTIME_IMAGE}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libhiredis0.14 libnats3.4 libpq5 libsqlite3-0 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin apus \
    && install -d -o apus -g apus -m 750 /data
COPY --from=build /out/service /usr/local/bin/service
USER 10001
WORKDIR /data
ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data ENVIRONMENT=production
EXPOSE 8080
VOLUME ["/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=3 CMD ["service", "health"]
ENTRYPOINT ["service"]
