# Gnomon on Debian 12: built with what scripts/packages lists, run with the libraries it needs.
FROM debian:12-slim AS build
COPY scripts/packages /src/scripts/packages
RUN apt-get update \
  && grep -v '^#' /src/scripts/packages \
    | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends
COPY CMakeLists.txt /src/
COPY grammar /src/grammar
COPY src /src/src
COPY adapters /src/adapters
COPY http /src/http
RUN cmake -S /src -B /build -G Ninja && cmake --build /build --target gnomon

FROM debian:12-slim
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    ca-certificates libcurl4 libisal2 libpq5 libre2-9 libsnappy1v5 libsqlite3-0 libxxhash0 \
    libzstd1 \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --home-dir /data gnomon \
  && install -d -o gnomon -g gnomon /data
COPY --from=build /build/gnomon /usr/local/bin/gnomon
USER gnomon
WORKDIR /data
VOLUME /data
EXPOSE 9090
ENTRYPOINT ["gnomon"]
CMD ["serve", "--store", "sqlite:/data/gnomon.db", "--listen", ":9090"]
