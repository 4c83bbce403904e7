// PostGraphile 5 as its documentation sets it up for production, on a database with the hub's tables: creating a row is
// the mutation it derives from the table, claiming is a function (equivalents.ts).
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

process.once('message', ({ url, poolSize }: { url: string; poolSize: number }) => {
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ connectionString: url, schemas: ['public', 'bench'], poolConfig: { max: poolSize } })],
    grafserv: { watch: false, graphiql: false },
    grafast: { explain: false },
  });
  const server = createServer();
  server.on('error', fail);
  instance
    .createServ(grafserv)
    .addTo(server)
    .then(() =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        process.send!({ port: typeof address === 'object' ? address?.port : 0 });
      }),
    )
    .catch(fail);
});

function fail(error: Error): void {
  process.send!({ failure: error.stack });
}
