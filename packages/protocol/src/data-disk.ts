/**
 * At the very start of a disk it asks the guest to format that disk: how boot2docker has always told a new disk from
 * anybody's data (PER-02). What follows it in the first 4 KiB may be a tar archive of the user's, of which it is the
 * first name (PER-03).
 */
export const FORMAT_REQUEST = "boot2docker, please format-me";

/**
 * In the last 4 KiB of a whole disk, which are no part of its file system: it is checked in full before it is mounted
 * the next time. Kept there because the kernel, when it unmounts a disk, writes over all that a superblock could say.
 */
export const CHECK_REQUEST = "boot2docker, please check me";
/** At the start or the end of a disk. */
export const REQUEST_BYTES = 4096;
