import { beforeEach, describe, expect, it } from "vitest";
import { BindSources } from "./bind-sources.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const shared = "1 1 0:1 / /home/me rw - nfs 127.0.0.1:/home/me rw\n";
const standIn = "2 1 0:2 / /srv/away ro - tmpfs boot2docker-folder ro\n";

let system: FakeSystem;
let sources: BindSources;
beforeEach(async () => {
  system = new FakeSystem();
  system.content.set("/proc/self/mountinfo", shared + standIn);
  for (const path of ["/", "/tmp", "/mnt/data", "/run/docker.sock"]) system.content.set(path, "");
  sources = new BindSources(system, () => undefined);
  await sources.serve();
});

it("is a plug-in that authorizes requests", async () => {
  expect(system.history).toContain("requests served at /run/docker/plugins/boot2docker.sock");
  expect(JSON.parse(await sources.answer("/Plugin.Activate", ""))).toEqual({ Implements: ["authz"] });
});

describe("a container that binds", () => {
  it.each([
    ["a folder of the host", "/home/me/project"],
    ["the shared folder itself", "/home/me"],
    ["what the machine has", "/run/docker.sock"],
    ["the machine's root", "/"],
    ["what will be on the data disk", "/mnt/data/new/deep"],
    ["a volume", "volume"],
  ])("%s is let through", async (_, source) => {
    expect(await create({ Binds: [`${source}:/in`] })).toEqual({ Allow: true });
    expect(await create({ Mounts: [{ Type: "bind", Source: source }] })).toEqual({ Allow: true });
  });

  it.each(["/data/project", "/tmp/made", "/home/me2", "/home/me/../you", "/data/project/"])(
    "%s is refused, which nobody shares and nobody has",
    async (source) => {
      const refusal = await create({ Binds: [`${source}:/in:ro`] });
      expect(refusal).toMatchObject({
        Allow: false,
        Msg: expect.stringContaining("boot2docker mount FOLDER") as string,
      });
      expect(await create({ Mounts: [{ Type: "bind", Source: source }] })).toEqual(refusal);
    },
  );

  it("what lies above a shared folder is refused, where it was made for that", async () => {
    system.content.set("/run/guest-init/places.json", JSON.stringify(["/projects/a", "/projects"]));
    system.content.set("/projects/a/x", "");
    system.content.set("/proc/self/mountinfo", "1 1 0:1 / /projects/a rw - nfs 127.0.0.1:/projects/a rw\n");
    expect(await create({ Binds: ["/projects/a:/in"] })).toEqual({ Allow: true });
    expect(await create({ Binds: ["/projects:/in"] })).toMatchObject({ Allow: false });
  });

  it("is not waited for where a link leads into a folder of the host", async () => {
    const { files } = system;
    system.files = {
      ...files,
      stat: async (path) => {
        if (path.startsWith("/home/me")) throw new Error("its host is away");
        return files.stat(path);
      },
    };
    system.links.set("/mnt/data/link", "../../home/me/deep").set("/mnt/data/loop", "loop");
    expect(await create({ Binds: ["/mnt/data/link/x:/in"] })).toEqual({ Allow: true });
    expect(await create({ Binds: ["/mnt/data/loop:/in"] })).toEqual({ Allow: true });
    system.links.set("/mnt/data/away", "/srv/away");
    expect(await create({ Binds: ["/mnt/data/away/x:/in"] })).toMatchObject({ Allow: false });
  });

  it("a path that no file can have is dockerd's business", async () => {
    system.files.stat = async () => Promise.reject(new Error("ENAMETOOLONG"));
    expect(await create({ Binds: ["/data/x:/in"] })).toEqual({ Allow: true });
  });

  it("is told the path", async () => {
    expect(await create({ Binds: ["/home/me:/a", "/data/project:/in"] })).toEqual({
      Allow: false,
      Msg:
        "there is no /data/project in the machine: boot2docker mount FOLDER shares a folder of this host with it; " +
        "what is to be kept in the machine itself belongs below /mnt/data",
    });
  });

  it("is told of a folder whose host is away", async () => {
    expect(await create({ Binds: ["/srv/away/x:/in"] })).toMatchObject({
      Msg: "the machine does not have /srv/away of its host now; boot2docker status says why",
    });
  });

  it("is told the machine's name where that has to be said", async () => {
    sources.nameMachine("work");
    expect(await create({ Binds: ["/data:/in"] })).toMatchObject({
      Msg: expect.stringContaining("boot2docker mount work FOLDER") as string,
    });
  });
});

it.each([
  ["another request", { RequestMethod: "GET", RequestUri: "/v1.51/containers/json" }],
  ["the start of a container that is not there", { ...started("create-me") }],
  ["a container without binds", { ...posted({}) }],
  ["a body that dockerd refuses", { ...posted({}), RequestBody: Buffer.from("{").toString("base64") }],
  ["a body that dockerd does not send", { RequestMethod: "POST", RequestUri: "/containers/create" }],
])("%s is none of its business", async (_, request) => {
  expect(await ask(request)).toEqual({ Allow: true });
});

describe("the start of a container that was made earlier", () => {
  const id = "0123456789abcdef";
  const bind = (source: string): void => {
    const folder = `/var/lib/docker/containers/${id}`;
    system.content.set(`${folder}/config.v2.json`, JSON.stringify({ Name: "/web" }));
    system.content.set(`${folder}/hostconfig.json`, JSON.stringify({ Binds: [`${source}:/in`] }));
  };

  it.each(["0123456789abcdef", "0123", "web"])("called %s is refused when its folder is gone", async (called) => {
    bind("/home/me/project");
    expect(await ask(started(called))).toEqual({ Allow: true });
    bind("/data/project");
    const refusal = { Allow: false, Msg: expect.stringContaining("no /data/project") as string };
    expect(await ask(started(called))).toMatchObject(refusal);
    expect(await ask(started(called, "restart?t=1"))).toMatchObject(refusal);
  });

  it("is none of its business when it is another one's", async () => {
    bind("/data/project");
    expect(await ask(started("we"))).toEqual({ Allow: true });
    expect(await ask(started("web", "stop"))).toEqual({ Allow: true });
  });
});

it("answers what dockerd asks after a request", async () => {
  expect(JSON.parse(await sources.answer("/AuthZPlugin.AuthZRes", "not even JSON"))).toEqual({ Allow: true });
});

function posted(hostConfig: object): object {
  const body = Buffer.from(JSON.stringify({ Image: "i", HostConfig: hostConfig })).toString("base64");
  return { RequestMethod: "POST", RequestUri: "/v1.51/containers/create?name=x", RequestBody: body };
}

function started(container: string, how = "start"): object {
  return { RequestMethod: "POST", RequestUri: `/v1.51/containers/${container}/${how}`, RequestBody: null };
}

const create = (hostConfig: object): Promise<unknown> => ask(posted(hostConfig));

async function ask(request: object): Promise<unknown> {
  return JSON.parse(await sources.answer("/AuthZPlugin.AuthZReq", JSON.stringify(request))) as unknown;
}
