// Writes src/client/generated/operations.ts from schema.graphql and src/client/operations/*.graphql, and likewise those of
// src/cli and src/mcp: for each operation its types, and its text with the fragments it uses. Checked in; test/generated.test.ts
// compares. (The plugin is called directly: the code generator's own command brings hundreds of packages for reading a
// configuration file.)
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codegen } from '@graphql-codegen/core';
import * as operationTypes from '@graphql-codegen/typescript-operations';
import { buildSchema, Kind, parse, print, visit } from 'graphql';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
/** Who has operations of its own, and where the type of a document is for it. */
const FOLDERS = { client: '../document.ts', cli: '../../client/index.ts', mcp: '../../client/index.ts' };
const outputOf = (folder) => `src/${folder}/generated/operations.ts`;

/** The text of the generated file. */
async function operationsOf(folder) {
  const sources = `src/${folder}/operations`;
  const header = `// Written by npm run generate:client from schema.graphql and ${sources}: change those.
import type { Document } from '${FOLDERS[folder]}';

`;
  const schema = buildSchema(readFileSync(at('schema.graphql'), 'utf8'));
  const documents = readdirSync(at(sources))
    .sort()
    .map((name) => ({ location: name, document: parse(readFileSync(at(`${sources}/${name}`), 'utf8')) }));
  const types = await codegen({
    filename: outputOf(folder),
    schema: parse(readFileSync(at('schema.graphql'), 'utf8')),
    schemaAst: schema,
    documents,
    config: {
      scalars: { ID: 'string', DateTime: 'string', Cursor: 'string', JSON: 'unknown' },
      skipTypename: true,
      inlineFragmentTypes: 'combine',
    },
    plugins: [{ operationTypes: {} }],
    pluginMap: { operationTypes },
  });
  return `${header}${types.trim()}\n\n${texts(documents.flatMap(({ document }) => document.definitions))}`;
}

/** Each operation as a constant named after it. */
function texts(definitions) {
  const fragments = new Map(
    definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((each) => [each.name.value, each]),
  );
  return definitions
    .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    .map((operation) => {
      const name = operation.name.value;
      const types = `${name}${capital(operation.operation)}`;
      const text = [operation, ...usedBy(operation, fragments)].map((each) => print(each)).join('\n');
      return `export const ${name} = \`${text}\` as Document<${types}, ${types}Variables>;\n`;
    })
    .join('\n');
}

/** The fragments a definition needs, each once. */
function usedBy(definition, fragments, found = new Set()) {
  visit(definition, {
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value);
      if (found.has(fragment)) return;
      found.add(fragment);
      usedBy(fragment, fragments, found);
    },
  });
  return found;
}

function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const printed = process.argv[process.argv.indexOf('--print') + 1];
if (process.argv.includes('--print')) process.stdout.write(await operationsOf(printed));
else for (const folder of Object.keys(FOLDERS)) writeFileSync(at(outputOf(folder)), await operationsOf(folder));
