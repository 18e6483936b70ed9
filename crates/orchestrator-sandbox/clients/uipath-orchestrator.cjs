// What npm `uipath-orchestrator` sees of a sandbox: a login by password, a release, a start, a stop.
//
// Run by `crates/orchestrator-sandbox/clients/uipath-orchestrator`, which serves the sandbox.
'use strict';

const assert = require('node:assert');
const { promisify } = require('node:util');
const Orchestrator = require('uipath-orchestrator');

const url = new URL(process.env.URL);
const options = (password) => ({
    tenancyName: 'Default',
    usernameOrEmailAddress: process.env.SANDBOX_USER,
    password,
    hostname: url.hostname,
    port: Number(url.port),
    isSecure: false,
});

const see = (what, value) => {
    console.log(`${what}:`, value);
    return value;
};
const sleep = promisify(setTimeout);

async function main() {
    const client = new Orchestrator(options(process.env.PASSWORD));
    const get = promisify(client.get.bind(client));
    const post = promisify(client.post.bind(client));

    const folders = await get('/odata/Folders', { $filter: "FullyQualifiedName eq 'Shared'" });
    const folder = see('folder', folders.value[0].Id);
    client.switchOrganizationUnitId(folder);

    const releases = await get('/odata/Releases', { $filter: "Name eq 'Invoice Loader'", $top: 1 });
    const release = see('release', releases.value[0].Key);
    const robots = await get('/odata/Robots', { $filter: "Name eq 'ETL-01'" });
    const robot = see('robot', robots.value[0].Id);

    // The seed's own request: classic, for one robot.
    const started = await post('/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs', {
        startInfo: {
            ReleaseKey: release,
            Strategy: 'Specific',
            RobotIds: [robot],
            JobsCount: 0,
            Source: 'Manual',
            InputArguments: JSON.stringify({ message: 'Aloha' }),
        },
    });
    const [job] = started.value;
    see('started', [job.Id, job.State, job.InputArguments]);
    assert.strictEqual(job.State, 'Pending');
    assert.deepStrictEqual(JSON.parse(job.InputArguments), { message: 'Aloha' });

    let now = job;
    for (let tries = 0; now.State !== 'Successful' && tries < 200; tries += 1) {
        await sleep(50);
        now = await promisify(client.v2.odata.getJob.bind(client.v2.odata))(job.Id, {});
    }
    see('ended', [now.State, now.OutputArguments]);
    assert.strictEqual(now.State, 'Successful');
    assert.deepStrictEqual(JSON.parse(now.OutputArguments), { total: 3 });

    const endless = await post('/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs', {
        startInfo: { ReleaseName: 'Endless', Strategy: 'ModernJobsCount', JobsCount: 2 },
    });
    const ids = endless.value.map((one) => one.Id);
    await post(`/odata/Jobs(${ids[0]})/UiPath.Server.Configuration.OData.StopJob`, { strategy: '2' });
    await post('/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs', { strategy: '1', jobIds: [ids[1]] });
    await sleep(300);
    const list = await get('/odata/Jobs', { $filter: `Id in (${ids.join(',')})`, $select: 'Id,State', $orderby: 'Id' });
    see('stopped', list.value);
    assert.deepStrictEqual(list.value.map((one) => one.State), ['Stopped', 'Successful']);

    const stranger = new Orchestrator(options('wrong'));
    await assert.rejects(promisify(stranger.get.bind(stranger))('/odata/Folders', {}), (error) => {
        see('refused', error.statusCode);
        return error.statusCode === 400;
    });
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
