/**
 * At the very start of a disk it asks the guest to format that disk: how boot2docker has always told a new disk from
 * anybody's data (PER-02). What follows it in the first 4 KiB may be a tar archive of the user's, of which it is the
 * first name (PER-03).
 */
export const FORMAT_REQUEST = "boot2docker, please format-me";
