# Builds with everything, runs with as little as possible: no compiler, no Prisma command line, not as root.
FROM node:24-slim AS build
WORKDIR /rookery
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:24-slim AS modules
WORKDIR /rookery
COPY package.json package-lock.json .npmrc ./
# The embedded PostgreSQL is for machines; a container is given a DATABASE_URL.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /rookery
COPY --from=modules /rookery/node_modules node_modules
COPY --from=build /rookery/dist dist
COPY package.json schema.graphql LICENSE ./
COPY prisma/migrations prisma/migrations
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/server/main.js"]
CMD ["start"]
