#!/bin/bash
# Makes an image in which systemd is PID 1: make-image.sh NAME
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mmdebstrap -q --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates,procps "$release" "$dir/root.tar"
docker import "$dir/root.tar" golive-test-systemd:base >/dev/null
cat > "$dir/init" <<'I'
#!/bin/sh
set -e
# Without this, LoadCredential= gives an empty directory.
mount --make-rshared /
# Without this, MemoryMax= and TasksMax= are not applied on a hybrid hierarchy.
for c in systemd memory pids devices cpu cpuacct cpuset blkio freezer; do
  if mountpoint -q /sys/fs/cgroup/$c; then mount -o remount,rw,bind /sys/fs/cgroup/$c; fi
done
exec /lib/systemd/systemd "$@"
I
chmod 755 "$dir/init"
cat > "$dir/Dockerfile" <<'D'
FROM golive-test-systemd:base
COPY init /sbin/golive-test-init
RUN : > /etc/machine-id; systemctl mask systemd-logind getty.target console-getty systemd-modules-load \
    apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap sys-kernel-debug.mount \
    sys-kernel-tracing.mount sys-fs-fuse-connections.mount
STOPSIGNAL SIGRTMIN+3
ENV container=docker
CMD ["/sbin/golive-test-init"]
D
DOCKER_BUILDKIT=0 docker build -q -t "$1" "$dir" >/dev/null
