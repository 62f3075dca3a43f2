import { expect, test } from "vitest";
import { renderLaunchAgent } from "./launch-agent.ts";

test("a launch agent runs at login, leaves alone what it has started, and is not throttled", () => {
  const text = renderLaunchAgent({
    name: "m1",
    program: ["/opt/a & b/node", "/opt/<main>.cjs"],
    environment: { PATH: "/usr/bin", BOOT2DOCKER_DIR: "/r" },
    mark: "the mark",
    logPath: "/r/machines/m1/autostart.log",
  });
  expect(text.replaceAll(/\s*\n\s*/g, "")).toBe(
    '<?xml version="1.0" encoding="UTF-8"?><!-- the mark -->' +
      '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">' +
      '<plist version="1.0"><dict>' +
      "<key>Label</key><string>io.boot2docker.m1</string>" +
      "<key>ProgramArguments</key><array><string>/opt/a &amp; b/node</string><string>/opt/&lt;main&gt;.cjs</string>" +
      "<string>up</string><string>--no-init</string><string>m1</string></array>" +
      "<key>EnvironmentVariables</key><dict><key>PATH</key><string>/usr/bin</string>" +
      "<key>BOOT2DOCKER_DIR</key><string>/r</string></dict>" +
      "<key>RunAtLoad</key><true/><key>AbandonProcessGroup</key><true/>" +
      "<key>ProcessType</key><string>Interactive</string>" +
      "<key>StandardOutPath</key><string>/r/machines/m1/autostart.log</string>" +
      "<key>StandardErrorPath</key><string>/r/machines/m1/autostart.log</string></dict></plist>",
  );
});
