// What npm `@uipath/uipath-typescript` sees of a sandbox: processes, jobs, attachments, buckets.
//
// Run by `crates/orchestrator-sandbox/clients/uipath-typescript`, which serves the sandbox.
import assert from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';

import { UiPath } from '@uipath/uipath-typescript/core';
import { Buckets } from '@uipath/uipath-typescript/buckets';
import { Jobs } from '@uipath/uipath-typescript/jobs';
import { Processes } from '@uipath/uipath-typescript/processes';

const FOLDER = 7;

const see = (what, value) => {
  console.log(`${what}:`, value);
  return value;
};

// An external application's token, by client credentials.
const grant = await fetch(`${process.env.URL}/acme/identity_/connect/token`, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: process.env.CLIENT_ID,
    client_secret: process.env.CLIENT_SECRET,
    scope: 'OR.Jobs OR.Execution OR.Folders OR.Administration',
  }),
});
const { access_token: secret } = await grant.json();

const sdk = new UiPath({ baseUrl: process.env.URL, orgName: 'acme', tenantName: 'Default', secret });
await sdk.initialize();
const processes = new Processes(sdk);
const jobs = new Jobs(sdk);

const all = await processes.getAll({ folderId: FOLDER });
see('processes', all.items.map((one) => [one.id, one.name]));
const loader = await processes.getByName('Invoice Loader', { folderPath: 'Shared' });
assert.strictEqual(loader.key, '5b754c63-5d1a-4c37-bb9b-74b69e4934bf');
assert.strictEqual((await processes.getById(loader.id, FOLDER)).name, 'Invoice Loader');
await assert.rejects(processes.getByName('Rechnungen', { folderId: FOLDER }));
assert.strictEqual((await processes.getByName('Rechnungen', { folderPath: 'Büro/Köln' })).name, 'Rechnungen');

const inputArguments = JSON.stringify({ message: 'Aloha' });
const [started] = await processes.start({ processKey: loader.key, inputArguments }, FOLDER);
see('started', [started.id, started.state, started.inputArguments]);
assert.strictEqual(started.state, 'Pending');
assert.strictEqual(started.inputArguments, inputArguments);

async function final(key, wanted) {
  for (let tries = 0; tries < 200; tries += 1) {
    const job = await jobs.getById(key, FOLDER);
    if (['Successful', 'Faulted', 'Stopped'].includes(job.state)) {
      assert.strictEqual(job.state, wanted);
      return job;
    }
    await sleep(50);
  }
  throw new Error(`${key} does not end`);
}

see('ended', (await final(started.key, 'Successful')).state);
assert.deepStrictEqual(see('output', await jobs.getOutput(started.key, FOLDER)), { total: 3 });
const expanded = await jobs.getById(started.key, FOLDER, { expand: 'robot,machine,release' });
see('release', expanded.process?.name ?? expanded.release?.name);

// In a list the large fields are null, says the SDK's own documentation.
const list = await jobs.getAll({ folderId: FOLDER, filter: "state eq 'Successful'", pageSize: 1 });
see('listed', [list.items.length, list.totalCount, list.items[0].inputArguments]);
assert.strictEqual(list.items[0].key, started.key);
assert.strictEqual(list.items[0].inputArguments ?? null, null);

const three = await processes.start({ processName: 'Endless', strategy: 'ModernJobsCount', jobsCount: 3 }, FOLDER);
await jobs.stop(three.map((job) => job.key), FOLDER);
for (const job of three) {
  await final(job.key, 'Successful');
}
see('stopped', three.map((job) => job.id));
const again = await jobs.restart(three[0].key, FOLDER);
assert.notStrictEqual(see('restarted', again.id), three[0].id);
await jobs.stop([again.key], FOLDER, { strategy: 'Kill' });

const [waiting] = await processes.start({ processName: 'Waiting' }, FOLDER);
assert.strictEqual(see('suspended', (await jobs.getById(waiting.key, FOLDER)).state), 'Suspended');
await jobs.resume(waiting.key, FOLDER, { inputArguments: { approved: true } });
await final(waiting.key, 'Successful');

const page = await jobs.getAll({ folderId: FOLDER, pageSize: 2 });
const next = await jobs.getAll({ folderId: FOLDER, cursor: page.nextCursor });
see('pages', [page.items.length, next.items.length, page.totalCount]);
assert.notStrictEqual(page.items[0].id, next.items[0].id);

const buckets = new Buckets(sdk);
const [bucket] = (await buckets.getAll({ folderId: FOLDER })).items;
await buckets.uploadFile({ bucketId: bucket.id, folderId: FOLDER, path: '/total.txt', content: Buffer.from('3') });
const access = await buckets.getReadUri({ bucketId: bucket.id, folderId: FOLDER, path: '/total.txt' });
see('read from the bucket', await (await fetch(access.uri)).text());

const error = await processes.start({ processName: 'Nobody' }, FOLDER).catch((error) => error);
see('refused', [error.constructor.name, error.statusCode, error.message]);
assert.strictEqual(error.statusCode, 404);
