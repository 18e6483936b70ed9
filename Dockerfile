# sortie in an image of its own: one static binary, certificate authorities, nothing else, and no root.
#
#   docker build --build-arg SORTIE_COMMIT="$(git rev-parse --short=12 HEAD)" -t sortie .
#   docker run --rm -v "$PWD:/work" sortie run specs/hello.yaml --sandbox
#   docker run --rm -v "$PWD:/work" -v sortie-state:/state -e UIPATH_URL -e UIPATH_ACCESS_TOKEN sortie run night.yaml
#
# The ledger lies in /state: without a volume there, it goes with the container, and with it the promise that nothing is
# started twice (docs/platforms.md).
ARG RUST=1.89
FROM rust:${RUST}-alpine AS build
# The C of SQLite and ring; Alpine's own target is musl, and static.
RUN apk add --no-cache musl-dev ca-certificates
WORKDIR /src
COPY . .
# Git is not in the image: who builds it says which commit it is.
ARG SORTIE_COMMIT=
RUN cargo build --release --locked --package sortie \
 && mkdir -p /image/etc/ssl/certs /image/state /image/work /image/config /image/tmp \
 && cp target/release/sortie /image/sortie \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
 && chmod 1777 /image/tmp && chown -R 65532:65532 /image/state /image/work /image/config

FROM scratch
COPY --from=build /image/ /
ENV SORTIE_LEDGER=/state/ledger.db XDG_STATE_HOME=/state XDG_CONFIG_HOME=/config HOME=/state
USER 65532:65532
WORKDIR /work
VOLUME ["/state"]
ENTRYPOINT ["/sortie"]
