# The image of the three processes: one bundle, no node_modules, an unprivileged user; runs with a read-only root
# file system when /var/lib/tidegate and /tmp are writable volumes.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG GO_IMAGE=golang:1.26-bookworm

FROM ${GO_IMAGE} AS kustomize
WORKDIR /build
COPY test/bed/tools/go.mod test/bed/tools/go.sum ./
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /out/kustomize sigs.k8s.io/kustomize/kustomize/v5

FROM ${NODE_IMAGE} AS bundle
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build.ts

FROM ${NODE_IMAGE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends git openssh-client ca-certificates \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /opt/yarn* \
 && useradd --uid 65532 --user-group --no-create-home --shell /usr/sbin/nologin tidegate \
 && install -d -o 65532 -g 65532 -m 0700 /var/lib/tidegate
COPY --from=kustomize /out/kustomize /usr/local/bin/kustomize
COPY --from=bundle /build/dist/tidegate.mjs /opt/tidegate/tidegate.mjs
USER 65532:65532
ENV HOME=/tmp NODE_ENV=production
VOLUME ["/var/lib/tidegate", "/tmp"]
# A small young generation keeps memory down; the rooms allocate little.
ENTRYPOINT ["node", "--max-semi-space-size=2", "/opt/tidegate/tidegate.mjs"]
CMD ["controller"]
