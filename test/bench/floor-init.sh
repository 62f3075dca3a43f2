#!/usr/bin/busybox sh
# The floor of `pnpm bench boot`: the least that a machine of this kernel and this root has to do before the engine answers.
# No supervision, no checks, no identity of its own; started by /sbin/init's name, in its place.
busybox=/usr/bin/busybox
at() { read -r up _ </proc/uptime; echo "floor $1 $up" >/dev/ttyS0; }
at init
for place in run tmp var home root; do $busybox mount -t tmpfs tmpfs /$place; done
$busybox mkdir -p /dev/pts /dev/shm /run/etc/upper /run/etc/work /mnt/data
$busybox mount -t devpts devpts /dev/pts
$busybox mount -t securityfs securityfs /sys/kernel/security
$busybox mount -t cgroup2 cgroup2 /sys/fs/cgroup
$busybox mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
for disk in /sys/block/vd*; do
  read -r serial <$disk/serial
  [ "$serial" = b2d-data ] && data=/dev/${disk##*/}
done
$busybox mount -t ext4 -o noatime,discard "$data" /mnt/data
for place in docker containerd boot2docker; do
  $busybox mkdir -p /var/lib/$place
  $busybox mount --bind /mnt/data/var/lib/$place /var/lib/$place
done
at data-disk
$busybox ip link set lo up
$busybox ip addr add 10.0.2.15/24 dev eth0
$busybox ip link set eth0 up
$busybox ip route add default via 10.0.2.2
containerd >/run/containerd.log 2>&1 &
tls=/var/lib/boot2docker/tls
dockerd --containerd /run/containerd/containerd.sock -H unix:///run/docker.sock -H tcp://0.0.0.0:2376 --tlsverify \
  --tlscacert $tls/ca.pem --tlscert $tls/server.pem --tlskey $tls/server-key.pem 2>&1 |
  while read -r line; do
    # dockerd says so of each listener once it answers there.
    case $line in *"API listen on [::]:2376"*) at engine ;; esac
  done
