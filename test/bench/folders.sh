# What a folder takes, for `pnpm bench folders`: FOLDER and a tar archive of a tree. Prints `name seconds`.
cd "$1" && mkdir bench && cd bench || exit 1
now() { read -r up _ </proc/uptime && echo "$up"; }
step() {
  name=$1
  shift
  from=$(now)
  "$@" >/dev/null || exit 1
  echo "$name $(awk "BEGIN { print $(now) - $from }")"
}
cold() { sync && echo 3 >/proc/sys/vm/drop_caches; }
step unpack tar -x -f "$2"
cold
step "stat, cold" find . -type f -newer /etc/hostname
step stat find . -type f -newer /etc/hostname
cold
step "read all, cold" sh -c 'find . -type f | xargs cat'
step remove rm -r tree
step "write 64 MiB" dd if=/dev/zero of=big bs=1M count=64 conv=fsync status=none
cold
step "read 64 MiB" dd if=big of=/dev/null bs=1M status=none
cd .. && rm -r bench
