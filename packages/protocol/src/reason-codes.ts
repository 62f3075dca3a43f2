/** What each code means that a guest gives as a reason of its own; docs/errors.md has them. A code keeps its meaning from version to version. */
export const guestReasons = {
  "data-disk-absent": "the machine has no data disk: what is in it is lost when it ends",
  "data-disk-missing": "the disk that the host names is not there",
  "data-disk-ambiguous": "more than one disk could be the data disk",
  "data-disk-unclaimed": "nobody says what a disk is for, and it holds nothing of ours",
  "data-disk-blank": "the disk is blank, and the host does not allow it to be formatted",
  "data-disk-foreign": "the disk holds something that is not ours",
  "data-disk-unreadable": "the disk can't be read",
  "data-disk-damaged": "the disk is damaged beyond automatic repair, and mounted read-only",
  "data-disk-full": "the data disk is nearly full",
  "no-identity": "the engine has no certificate that can be used",
  "cert-address": "the engine's certificate is not for the names of this host",
  "engine-settings": "the engine can't have some of its settings",
  "engine-not-replaced": "new settings wait: to replace the engine would end containers",
  "folders-host-away": "the folders of the host are not there: its agent is away",
} as const;

/** Beside those of the table: of a phase of docs/boot.md, of a service, or of a hook. */
export type GuestReason = keyof typeof guestReasons | `${string}-failed` | `${string}-timeout` | `${string}-not-ready`;
