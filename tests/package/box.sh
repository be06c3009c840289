#!/bin/bash
# A real systemd as PID 1 in an unprivileged container, for the tests of the package.
#
#   box.sh image        make the image unless it is there; prints its name
#   box.sh up NAME      start a box and wait until it has booted
#   box.sh down NAME    remove it
#   box.sh clean        remove every box and the image
#
# The system inside is of this host's release, so that what was built here runs there.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=/dev/null
suite=${GOLIVE_BOX_SUITE:-$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")}
image=golive-test-systemd:$suite
cache=target/package-box
root=$cache/root-$suite.tar
packages=systemd,systemd-sysv,dbus,libpam-systemd,init-system-helpers,ca-certificates,procps,curl

# What a container has no use for, or must not touch.
masked="systemd-logind.service getty.target console-getty.service systemd-modules-load.service \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount e2scrub_reap.service"

# shellcheck disable=SC2016 # mmdebstrap expands $1 of its hooks
make_root() {
  mkdir -p "$cache"
  cat > "$cache/init" <<'I'
#!/bin/sh
set -e
mount --make-rshared /                 # without it LoadCredential= yields an empty directory
for c in systemd memory pids devices cpu cpuacct cpuset blkio freezer; do
  if mountpoint -q /sys/fs/cgroup/$c; then mount -o remount,rw,bind /sys/fs/cgroup/$c; fi
done                                   # without it the limits of units are not applied
exec /lib/systemd/systemd "$@"
I
  chmod 755 "$cache/init"
  mmdebstrap --quiet --variant=minbase --include="$packages" \
    --customize-hook="upload $cache/init /sbin/golive-test-init" \
    --customize-hook='chmod 755 "$1/sbin/golive-test-init"' \
    --customize-hook="chroot \"\$1\" systemctl mask --quiet $masked" \
    --customize-hook='rm -rf "$1"/usr/share/doc/* "$1"/usr/share/locale/* "$1"/var/lib/apt/lists/*' \
    --customize-hook=': > "$1/etc/machine-id"' \
    --format=tar \
    "$suite" "$root.new" >&2
  mv "$root.new" "$root"
}

make_image() {
  exec 9> target/package-box.lock
  flock 9                              # tests run beside each other
  if ! docker image inspect "$image" > /dev/null 2>&1; then
    [ "$root" -nt "$0" ] || make_root
    docker import --change 'ENV container=docker' --change 'CMD ["/sbin/golive-test-init"]' \
      --change 'LABEL golive-test=box' "$root" "$image" > /dev/null
  fi
  exec 9>&-
  echo "$image"
}

up() {
  make_image > /dev/null
  # Not --privileged, and nothing of the host's cgroups: SYS_ADMIN lets systemd mount within its own namespaces.
  docker run --detach --name "$1" --label golive-test=box --stop-signal SIGRTMIN+3 \
    --cap-add SYS_ADMIN --cgroupns=private --tmpfs /run --tmpfs /run/lock --tmpfs /tmp:exec \
    --volume /var/run/docker.sock:/host/docker.sock "$image" > /dev/null
  for _ in $(seq 200); do
    case $(docker exec "$1" systemctl is-system-running 2> /dev/null || true) in running | degraded) return ;; esac
    sleep 0.1
  done
  echo "the box $1 did not boot within 20 s" >&2
  docker logs "$1" >&2
  return 1
}

case ${1:-} in
  image) make_image ;;
  up) up "$2" ;;
  down) docker rm --force --volumes "$2" > /dev/null ;;
  clean)
    docker ps --all --quiet --filter label=golive-test=box | xargs --no-run-if-empty docker rm --force --volumes > /dev/null
    docker image ls --quiet 'golive-test-systemd' | sort -u | xargs --no-run-if-empty docker image rm --force > /dev/null
    ;;
  *) sed -n '2,9p' "$0" >&2; exit 64 ;;
esac
