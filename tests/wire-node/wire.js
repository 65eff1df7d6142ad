// Drives a provider's binary as Pulumi's engine does, through the official stubs: an independent reading of the protocol.
//
//   node wire.js <binary> [case.json | '{...}']
//
// The case says what to declare; sample.json is for the sample provider of the tests. In it {"$secret": x} is a secret and "$unknown"
// a value that is not known before apply. Parts that a case leaves out are not tried. Exit code 0: every assertion held.
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const readline = require("node:readline");

const grpc = require("@grpc/grpc-js");
const struct = require("google-protobuf/google/protobuf/struct_pb.js");
const empty = require("google-protobuf/google/protobuf/empty_pb.js");
const provider = require("@pulumi/pulumi/proto/provider_pb.js");
const providerGrpc = require("@pulumi/pulumi/proto/provider_grpc_pb.js");
const engineGrpc = require("@pulumi/pulumi/proto/engine_grpc_pb.js");
const statusGrpc = require("@pulumi/pulumi/proto/resource_status_grpc_pb.js");
const statusProto = require("@pulumi/pulumi/proto/resource_status_pb.js");
const plugin = require("@pulumi/pulumi/proto/plugin_pb.js");
const status = require("@pulumi/pulumi/proto/status_pb.js");
const rpc = require("@pulumi/pulumi/runtime/rpc.js");

const [binary, caseArgument] = process.argv.slice(2);
if (!binary) {
    console.error("usage: node wire.js <binary> [case.json | '{...}']");
    process.exit(2);
}

const plan = JSON.parse(
    !caseArgument ? fs.readFileSync(`${__dirname}/sample.json`, "utf8")
        : caseArgument.trimStart().startsWith("{") ? caseArgument
            : fs.readFileSync(caseArgument, "utf8"));
const packageName = plan.type.split(":")[0];
const urn = `urn:pulumi:dev::wire::${plan.type}::${plan.name ?? "wire"}`;
const providerUrn = `urn:pulumi:dev::wire::pulumi:providers:${packageName}::default`;
const secrets = plan.secrets ?? [];
const options = { "grpc.max_receive_message_length": 400 << 20, "grpc.max_send_message_length": 400 << 20, "grpc.max_metadata_size": 16 << 20 };

let done = 0;
function ok(what) {
    done++;
    console.log(`ok ${done} - ${what}`);
}

/** Replaces the marks of a case by those of the wire. */
function encode(value) {
    if (value === "$unknown") {
        return rpc.unknownValue;
    }
    if (Array.isArray(value)) {
        return value.map(encode);
    }
    if (value !== null && typeof value === "object") {
        if ("$secret" in value) {
            return { [rpc.specialSigKey]: rpc.specialSecretSig, value: encode(value.$secret) };
        }
        return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, encode(entry)]));
    }
    return value;
}

const toStruct = value => struct.Struct.fromJavaScript(encode(value));

/** As an SDK sends the arguments of a provider: everything that is no text is JSON in a text. */
const asSdkSends = config => Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));

/** Fails where a known secret stands in the open; under a secret mark it may stand. */
function assertSealed(value, where) {
    if (typeof value === "string") {
        for (const secret of secrets) {
            assert.ok(!value.includes(secret), `a secret stands in the open in ${where}`);
        }
    } else if (Array.isArray(value)) {
        value.forEach((entry, index) => assertSealed(entry, `${where}[${index}]`));
    } else if (value !== null && typeof value === "object" && !rpc.isRpcSecret(value)) {
        for (const [key, entry] of Object.entries(value)) {
            assertSealed(entry, `${where}.${key}`);
        }
    }
}

/** Reads properties twice: as they are on the wire, and with the official SDK's own reader, which must understand them. */
function read(properties, where, preview = false) {
    const plain = properties.toJavaScript();
    assertSealed(plain, where);
    rpc.deserializeProperties(properties, preview);
    if (!preview) {
        assert.ok(!JSON.stringify(plain).includes(rpc.unknownValue), `${where} holds an unknown outside of a preview`);
    }
    return plain;
}

function initFailed(error) {
    const packed = error.metadata?.get("grpc-status-details-bin")[0];
    if (!packed) {
        return undefined;
    }
    const details = status.Status.deserializeBinary(new Uint8Array(packed));
    assert.equal(details.getCode(), error.code);
    for (const any of details.getDetailsList()) {
        if (any.getTypeUrl() === "type.googleapis.com/pulumirpc.ErrorResourceInitFailed") {
            return provider.ErrorResourceInitFailed.deserializeBinary(any.getValue_asU8());
        }
    }
    return undefined;
}

/** Serves the engine's log and keeps what comes in. */
async function startEngine() {
    const lines = [];
    const rows = [];
    const server = new grpc.Server(options);
    server.addService(engineGrpc.EngineService, {
        log(call, reply) {
            const line = call.request;
            lines.push({ severity: line.getSeverity(), message: line.getMessage(), urn: line.getUrn(), ephemeral: line.getEphemeral() });
            reply(null, new empty.Empty());
        },
    });
    server.addService(statusGrpc.ResourceStatusService, {
        publishViewSteps(call, reply) {
            rows.push(...call.request.getStepsList().map(step => ({ token: call.request.getToken(), op: step.getOp(), name: step.getName(), detail: step.getNew().getOutputs().toJavaScript().detail })));
            reply(null, new statusProto.PublishViewStepsResponse());
        },
    });
    const port = await new Promise((resolve, reject) =>
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => error ? reject(error) : resolve(bound)));
    return { lines, rows, address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

async function startProvider(address) {
    const began = process.hrtime.bigint();
    const child = spawn(binary, [address], { stdio: ["pipe", "pipe", "pipe"] });
    let errors = "";
    child.stderr.on("data", data => { errors += data; });
    const ended = new Promise(resolve => child.on("exit", (code, signal) => resolve({ code, signal })));
    const output = readline.createInterface({ input: child.stdout });
    const first = await Promise.race([new Promise(resolve => output.once("line", resolve)), ended]);
    if (typeof first !== "string") {
        throw new Error(`the provider ended before it printed its port: ${JSON.stringify(first)} ${errors}`);
    }
    const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
    const later = [];
    output.on("line", line => later.push(line));
    assert.match(first, /^\d+$/);
    return { child, ended, later, milliseconds, errors: () => errors, address: `127.0.0.1:${first}` };
}

async function main() {
    const engine = await startEngine();
    const process_ = await startProvider(engine.address);
    const client = new providerGrpc.ResourceProviderClient(process_.address, grpc.credentials.createInsecure(), options);
    const call = (name, request) => new Promise((resolve, reject) =>
        client[name](request, { deadline: Date.now() + (plan.timeoutSeconds ?? 60) * 1000 }, (error, answer) => error ? reject(error) : resolve(answer)));
    const fails = async (name, request) => {
        try {
            await call(name, request);
        } catch (error) {
            assertSealed(error.details, `the error of ${name}`);
            assert.doesNotMatch(error.details, /^ +at /m, `the error of ${name} shows a stack`);
            return error;
        }
        throw new assert.AssertionError({ message: `${name} did not fail` });
    };

    try {
        ok(`port line after ${process_.milliseconds.toFixed(0)} ms`);
        await start(call, engine);
        await configure(call);
        if (plan.inputs) {
            const inputs = await check(call);
            const created = await create(call, engine, inputs);
            await change(call, fails, inputs, created);
            await unhappy(call, fails, inputs);
        }
        await functions(call);

        for (const line of engine.lines) {
            assertSealed(line.message, "a log line");
        }
        ok(`${engine.lines.length} log lines hold no secret`);

        await call("cancel", new empty.Empty());
        client.close();
        process_.child.kill("SIGINT");
        const limit = setTimeout(() => process_.child.kill("SIGKILL"), 5000);
        const end = await process_.ended;
        clearTimeout(limit);
        assert.deepEqual(end, { code: 0, signal: null });
        assert.deepEqual(process_.later, []);
        assertSealed(process_.errors(), "stderr");
        ok("Cancel and an interrupt end the process");
    } finally {
        client.close();
        engine.stop();
        process_.child.kill("SIGKILL");
        await process_.ended;
    }
}

async function start(call, engine) {
    const greeting = new provider.ProviderHandshakeRequest();
    greeting.setEngineAddress(engine.address);
    greeting.setConfigureWithUrn(true);
    greeting.setSupportsViews(true);
    greeting.setSupportsRefreshBeforeUpdate(true);
    greeting.setInvokeWithPreview(true);
    const answer = await call("handshake", greeting);
    assert.equal(answer.getAcceptSecrets(), true);
    ok("Handshake");

    const info = await call("getPluginInfo", new empty.Empty());
    assert.match(info.getVersion(), /^\d+\.\d+\.\d+/);
    const schema = JSON.parse((await call("getSchema", new provider.GetSchemaRequest())).getSchema());
    assert.equal(schema.name, packageName);
    assert.equal(schema.version, info.getVersion());
    assert.ok(schema.resources[plan.type], `the schema has no ${plan.type}`);
    ok(`GetPluginInfo and GetSchema, version ${info.getVersion()}`);
}

async function configure(call) {
    const request = new provider.CheckRequest();
    request.setUrn(providerUrn);
    request.setOlds(toStruct({}));
    request.setNews(toStruct({ ...asSdkSends(plan.config), version: "0.0.1" }));
    const answer = await call("checkConfig", request);
    assert.deepEqual(answer.getFailuresList().map(failure => failure.toObject()), []);
    const checked = read(answer.getInputs(), "CheckConfig");
    assert.equal(checked.version, "0.0.1");
    ok("CheckConfig takes JSON texts and gives secrets back marked");

    if (plan.badConfig) {
        request.setNews(toStruct(asSdkSends(plan.badConfig)));
        const bad = await call("checkConfig", request);
        assert.ok(bad.getFailuresList().some(failure => failure.getProperty() === plan.badConfigAt), JSON.stringify(bad.toObject()));
        ok(`CheckConfig names ${plan.badConfigAt}`);
    }

    const diff = new provider.DiffRequest();
    diff.setUrn(providerUrn);
    diff.setOldInputs(answer.getInputs());
    diff.setOlds(answer.getInputs());
    diff.setNews(toStruct(plan.config));
    assert.equal((await call("diffConfig", diff)).getChanges(), provider.DiffResponse.DiffChanges.DIFF_NONE);
    ok("DiffConfig finds JSON and structure the same");

    const settings = new provider.ConfigureRequest();
    settings.setArgs(answer.getInputs());
    settings.setAcceptsecrets(true);
    settings.setAcceptresources(true);
    settings.setSendsOldInputs(true);
    settings.setSendsOldInputsToDelete(true);
    settings.setId("00000000-0000-4000-8000-000000000000");
    settings.setUrn(providerUrn);
    const configured = await call("configure", settings);
    assert.deepEqual([configured.getAcceptsecrets(), configured.getSupportspreview()], [true, true]);
    ok("Configure");
}

function checkRequest(news, olds = new struct.Struct()) {
    const request = new provider.CheckRequest();
    request.setUrn(urn);
    request.setOlds(olds);
    request.setNews(news);
    request.setRandomseed(new Uint8Array(32));
    return request;
}

async function check(call) {
    const answer = await call("check", checkRequest(toStruct(plan.inputs)));
    assert.deepEqual(answer.getFailuresList().map(failure => failure.toObject()), []);
    const inputs = answer.getInputs();
    const plain = read(inputs, "Check");
    const again = await call("check", checkRequest(inputs, inputs));
    assert.deepEqual(again.getInputs().toJavaScript(), plain);
    ok("Check, and again with the same result");

    if (plan.unknown) {
        const unknown = await call("check", checkRequest(toStruct({ ...plan.inputs, ...plan.unknown })));
        assert.deepEqual(unknown.getFailuresList(), []);
        assert.ok(JSON.stringify(read(unknown.getInputs(), "Check with unknowns", true)).includes(rpc.unknownValue));
        const request = new provider.CreateRequest();
        request.setUrn(urn);
        request.setProperties(unknown.getInputs());
        request.setPreview(true);
        read((await call("create", request)).getProperties(), "Create(preview) with unknowns", true);
        ok("Check and Create(preview) with unknowns");
    }

    if (plan.bad) {
        const bad = await call("check", checkRequest(toStruct({ ...plan.inputs, ...plan.bad })));
        assert.ok(bad.getFailuresList().some(failure => failure.getProperty() === plan.badAt), JSON.stringify(bad.toObject()));
        bad.getFailuresList().forEach(failure => assertSealed(failure.getReason(), "a failure of Check"));
        ok(`Check names ${plan.badAt}`);
    }
    return inputs;
}

function createRequest(properties, preview) {
    const request = new provider.CreateRequest();
    request.setUrn(urn);
    request.setProperties(properties);
    request.setPreview(preview);
    request.setTimeout(0);
    return request;
}

async function create(call, engine, inputs) {
    const before = engine.lines.length;
    const planned = createRequest(inputs, true);
    planned.setResourceStatusAddress(engine.address);
    planned.setResourceStatusToken("row-token");
    const preview = await call("create", planned);
    assert.ok(engine.rows.length > 0 && engine.rows.every(row => row.token === "row-token" && row.op === statusProto.ViewStep.Op.CREATE && row.detail), "the preview showed no steps as rows");
    ok(`Create(preview) shows ${engine.rows.length} steps as rows: ${engine.rows.map(row => row.name).join(", ")}`);
    read(preview.getProperties(), "Create(preview)", true);
    assert.ok(engine.lines.slice(before).some(line => line.urn === urn && !line.ephemeral), "the preview told nothing on its row");
    ok(`Create(preview): ${engine.lines.slice(before).map(line => line.message.split("\n")[0]).join(" | ")}`);

    const began = Date.now();
    const mark = engine.lines.length;
    const answer = await call("create", createRequest(inputs, false));
    assert.notEqual(answer.getId(), "");
    read(answer.getProperties(), "Create");
    const kept = engine.lines.slice(mark).filter(line => !line.ephemeral);
    assert.ok(kept.length > 0, "no line was left at the end");
    ok(`Create in ${((Date.now() - began) / 1000).toFixed(1)} s, id ${answer.getId()}: ${kept.at(-1).message}`);
    return { id: answer.getId(), state: answer.getProperties() };
}

function diffRequest(id, oldInputs, state, news) {
    const request = new provider.DiffRequest();
    request.setId(id);
    request.setUrn(urn);
    request.setOldInputs(oldInputs);
    request.setOlds(state);
    request.setNews(news);
    return request;
}

async function change(call, fails, inputs, created) {
    const none = provider.DiffResponse.DiffChanges.DIFF_NONE;
    const some = provider.DiffResponse.DiffChanges.DIFF_SOME;
    const diffWith = async more => {
        const news = (await call("check", checkRequest(toStruct({ ...plan.inputs, ...more }), inputs))).getInputs();
        return [await call("diff", diffRequest(created.id, inputs, created.state, news)), news];
    };
    assert.equal((await diffWith({}))[0].getChanges(), none);
    if (plan.same) {
        assert.equal((await diffWith(plan.same))[0].getChanges(), none);
    }
    ok("Diff of the same inputs is none");

    const request = new provider.ReadRequest();
    request.setId(created.id);
    request.setUrn(urn);
    request.setProperties(created.state);
    request.setInputs(inputs);
    const refreshed = await call("read", request);
    assert.equal(refreshed.getId(), created.id);
    read(refreshed.getProperties(), "Read");
    read(refreshed.getInputs(), "Read's inputs");
    const drift = await call("diff", diffRequest(created.id, refreshed.getInputs(), refreshed.getProperties(), inputs));
    assert.equal(drift.getChanges(), none, `a refresh right after Create shows drift: ${drift.getDiffsList()}`);
    ok("Read (refresh) and no drift");

    if (plan.importId ?? plan.importCreated) {
        const importing = new provider.ReadRequest();
        importing.setId(plan.importId ?? created.id);
        importing.setUrn(urn);
        const imported = await call("read", importing);
        assert.equal(imported.getId(), plan.importId ?? created.id);
        assert.ok(imported.getInputs(), "an import needs inputs");
        const checked = await call("check", checkRequest(imported.getInputs(), imported.getInputs()));
        assert.deepEqual(checked.getFailuresList().map(failure => failure.toObject()), []);
        ok("Read (import), and Check takes what it gave");
    }

    if (plan.replace) {
        const [diff] = await diffWith(plan.replace);
        const kinds = provider.PropertyDiff.Kind;
        assert.ok(diff.getReplacesList().includes(plan.replaceAt.split(/[.[]/)[0]));
        assert.ok([kinds.ADD_REPLACE, kinds.DELETE_REPLACE, kinds.UPDATE_REPLACE].includes(diff.getDetaileddiffMap().get(plan.replaceAt)?.getKind()));
        ok(`Diff replaces for ${plan.replaceAt}`);
    }

    let state = created.state;
    let oldInputs = inputs;
    if (plan.change) {
        const [diff, news] = await diffWith(plan.change);
        assert.equal(diff.getChanges(), some);
        assert.ok(diff.getDetaileddiffMap().has(plan.changeAt), JSON.stringify(diff.toObject()));
        assert.deepEqual(diff.getReplacesList(), []);
        const update = new provider.UpdateRequest();
        update.setId(created.id);
        update.setUrn(urn);
        update.setOldInputs(inputs);
        update.setOlds(state);
        update.setNews(news);
        update.setPreview(true);
        read((await call("update", update)).getProperties(), "Update(preview)", true);
        update.setPreview(false);
        state = (await call("update", update)).getProperties();
        read(state, "Update");
        oldInputs = news;
        ok(`Diff, Update(preview) and Update of ${plan.changeAt}`);
    }

    const removal = new provider.DeleteRequest();
    removal.setId(created.id);
    removal.setUrn(urn);
    removal.setProperties(state);
    removal.setOldInputs(oldInputs);
    await call("delete", removal);
    await call("delete", removal);
    ok("Delete, and once more");
}

async function unhappy(call, fails, inputs) {
    if (plan.halfWay) {
        const checked = (await call("check", checkRequest(toStruct({ ...plan.inputs, ...plan.halfWay })))).getInputs();
        const detail = initFailed(await fails("create", createRequest(checked, false)));
        assert.ok(detail, "a half-finished Create does not hand its state back");
        assert.notEqual(detail.getId(), "");
        assert.ok(detail.getReasonsList().length > 0);
        detail.getReasonsList().forEach(reason => assertSealed(reason, "a reason"));
        read(detail.getProperties(), "ErrorResourceInitFailed");
        ok(`a half-finished Create hands its state back: ${detail.getReasonsList()[0]}`);
    }

    if (plan.goneId) {
        const request = new provider.ReadRequest();
        request.setId(plan.goneId);
        request.setUrn(urn);
        request.setProperties(inputs);
        request.setInputs(inputs);
        const gone = await call("read", request);
        assert.deepEqual([gone.getId(), gone.getProperties()], ["", undefined]);
        ok("Read of what is gone has no id and no properties");
    }

    if (plan.slow) {
        const checked = (await call("check", checkRequest(toStruct({ ...plan.inputs, ...plan.slow })))).getInputs();
        const creating = fails("create", createRequest(checked, false));
        await new Promise(resolve => setTimeout(resolve, plan.slowMilliseconds ?? 300));
        const began = Date.now();
        await call("cancel", new empty.Empty());
        const detail = initFailed(await creating);
        assert.ok(detail, "a Create that was cancelled does not hand its state back");
        ok(`Cancel stops a Create after ${Date.now() - began} ms and its state comes back`);

        // Attached by hand, a process outlives Cancel: the next engine's greeting makes it usable again.
        const attach = new plugin.PluginAttach();
        attach.setAddress(plan.attachAddress ?? "127.0.0.1:1");
        await call("attach", attach);
        await call("create", createRequest(inputs, true));
        ok("after Attach it works again");
    }
}

async function functions(call) {
    for (const { token, args } of plan.functions ?? []) {
        const request = new provider.InvokeRequest();
        request.setTok(token);
        request.setArgs(toStruct(args));
        const answer = await call("invoke", request);
        assert.deepEqual(answer.getFailuresList().map(failure => failure.toObject()), []);
        read(answer.getReturn(), token);
        ok(`Invoke ${token}`);
    }
}

main().then(
    () => console.log(`1..${done}`),
    error => {
        console.error(`not ok ${done + 1} - ${error.stack ?? error}`);
        process.exitCode = 1;
    });
