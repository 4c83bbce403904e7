/** Example tabs, in the order of a first walk: look, work, listen. Each runs as it stands. */
const TABS = [
  `# Who am I, and what is there to do? Name yourself above (Agent), then press the play button.
query Look {
  viewer {
    role
    agentId
  }
  tasks(first: 10) {
    edges {
      node {
        id
        title
        status
        priority
      }
    }
  }
  feedCursor
}
`,
  `mutation CreateTask {
  createTask(input: { title: "Try Rookery", description: "Claim me from another tab", priority: 3 }) {
    task {
      id
      title
      status
    }
  }
}
`,
  `# Takes the best task that is ready. \`task\` is null when there is none.
mutation ClaimTask {
  claimTask {
    task {
      id
      title
      status
    }
    lease {
      token
      fence
      expiresAt
    }
  }
}
`,
  `# Live: every change of a task, from now on. Leave it running and create or claim one in another tab.
subscription TaskEvents {
  taskEvents {
    cursor
    op
    previousStatus
    actor
    at
    task {
      id
      title
      status
    }
  }
}
`,
  `# Messages to you and to all. Name an agent above first.
query Inbox {
  inbox(unreadOnly: false, first: 10) {
    unreadCount
    edges {
      node {
        id
        type
        content
      }
    }
  }
}
`,
];

/** The page around GraphiQL: two fields for who you are, since typing headers as JSON is no way to log in. */
export const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Rookery GraphiQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/graphiql/graphiql.css">
    <link rel="stylesheet" href="/graphiql/page.css">
  </head>
  <body class="no-focus-outline">
    <header id="who">
      <strong>Rookery</strong>
      <label>Agent <input id="agent" autocomplete="off" spellcheck="false" placeholder="your name"></label>
      <label>Token <input id="token" type="password" autocomplete="off" placeholder="rookery_…"></label>
      <span>Sent with every request; the token is kept for this browser tab only.</span>
    </header>
    <main id="root"><noscript>GraphiQL needs JavaScript.</noscript></main>
    <script src="/graphiql/workers.js"></script>
    <script src="/graphiql/graphiql.js"></script>
    <script src="/graphiql/page.js"></script>
  </body>
</html>
`;

export const PAGE_CSS = `html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; }
#who { display: flex; gap: 1.5rem; align-items: center; padding: .5rem 1rem; font: 14px system-ui, sans-serif; border-bottom: 1px solid #8884; }
#who input { margin-left: .4rem; padding: .2rem .4rem; font: inherit; width: 14rem; }
#who span { opacity: .7; }
#root { flex: 1; min-height: 0; }
#root > * { height: 100%; }
/* GraphiQL animates its tabs into place and leaves the last step behind, which moves a tab from under the pointer when it is pressed. */
.graphiql-tab { transform: none !important; }
`;

/** Where GraphiQL's editor finds its helpers: same-origin files, so that no inline script needs to be allowed. */
export const WORKERS_JS = `self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) =>
    ({ json: '/graphiql/json.worker.js', graphql: '/graphiql/graphql.worker.js' })[label] ?? '/graphiql/editor.worker.js',
};
`;

export const PAGE_JS = `'use strict';
const field = (id, storage) => {
  const input = document.getElementById(id);
  input.value = storage.getItem('rookery.' + id) ?? '';
  input.addEventListener('input', () => storage.setItem('rookery.' + id, input.value.trim()));
  return () => input.value.trim();
};
const agent = field('agent', localStorage);
const token = field('token', sessionStorage);

const send = window.fetch.bind(window);
window.fetch = (input, init = {}) => {
  const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
  if (agent() && !headers.has('x-agent')) headers.set('x-agent', agent());
  if (token() && !headers.has('authorization')) headers.set('authorization', 'Bearer ' + token());
  return send(input, { ...init, headers });
};

YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
  title: 'Rookery GraphiQL',
  endpoint: '/graphql',
  subscriptionsProtocol: 'SSE',
  defaultTabs: ${JSON.stringify(TABS.map((query) => ({ query })))},
  schemaDescription: true,
});
`;
