# canvas-ws in a container:
#
#   docker build -t canvas-ws .
#   docker run -p 127.0.0.1:3001:3001 -e DATABASE_URL -e BETTER_AUTH_SECRET -e BETTER_AUTH_URL -e WS_TRUSTED_PROXIES=172.17.0.1 --read-only --cap-drop ALL canvas-ws
#
# In the container it listens on all addresses, so it lets in only who has a session of Better Auth, and does not start without. To try it with nothing:
# docker run -p 127.0.0.1:3001:3001 -v canvas-ws:/var/lib/canvas-ws canvas-ws serve --auth guest  (then who reaches the port may read and change everything).
# Tables first: docker run --rm -e DATABASE_URL canvas-ws migrate. Secrets come with the environment when it runs; none is in the image.

# Where this was written there is neither a Docker daemon nor a registry of images: it was built by buildah, on a Debian 12 that debootstrap made
# (--build-arg BASE=...), and the image run. What it does, tests/deploy/deb.sh does too: the same packages, the same build, the same .deb installed.

ARG BASE=debian:12-slim

FROM ${BASE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /source
COPY scripts/common.sh scripts/
RUN source scripts/common.sh && install_packages "${build_packages[@]}" "${package_packages[@]}"
COPY . .
RUN source scripts/common.sh && build release OFF deb

FROM ${BASE}
COPY --from=build /source/build/release/canvas-ws_*.deb /tmp/canvas-ws.deb
RUN apt-get update -q && apt-get install -y -q --no-install-recommends /tmp/canvas-ws.deb && rm -rf /tmp/canvas-ws.deb /var/lib/apt/lists/*
USER canvas-ws
WORKDIR /var/lib/canvas-ws
VOLUME /var/lib/canvas-ws
ENV WS_HOST=0.0.0.0 WS_PORT=3001 WS_HEALTH_PORT=3002
EXPOSE 3001 3002
# It has 9 s to commit what it has and to send its clients away: docker's 10 s suffice.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$WS_HEALTH_PORT && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [[ $status == 200 ]]"]
ENTRYPOINT ["canvas-ws"]
CMD ["serve", "--auth", "better-auth"]
