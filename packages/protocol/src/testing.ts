/** Two ends in memory and a clock that a test moves: for tests of whatever speaks the protocol. */
export * from "./testing/channel-pair.ts";
export * from "./testing/manual-clock.ts";
