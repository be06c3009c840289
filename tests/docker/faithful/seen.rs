//! What a program sees of the container that it runs in, as a shell script in it tells.

use std::collections::BTreeMap;

use serde_json::Value;

use super::networks::MAC;

/// Lines of a key, a tab and a value. `$P` is the program's process, `$F` the paths of files to be told.
const SCRIPT: &str = r#"
b=/bin/busybox; t=$($b printf '\t')
list() { $b tr '\000\n' '\n\036' <"$1" | $b awk -v k="$2" '{ printf "%s %d\t%s\n", k, NR, $0 }'; }
list /proc/$P/cmdline argv
list /proc/$P/environ env
echo "directory$t$($b readlink /proc/$P/cwd)"
echo "program$t$($b readlink /proc/$P/exe)"
for fact in Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Mems_allowed_list Cpus_allowed_list; do
  echo "$fact$t$($b sed -n "s/^$fact:[[:space:]]*//p" /proc/$P/status)"
done
$b sed "s/  *\(soft\|hard\|unlimited\|[0-9]\)/ \1/g; s/^/limit /; s/ \([0-9a-z]* [0-9a-z]* *[a-z]*\)$/$t\1/" /proc/$P/limits
echo "killed first$t$($b cat /proc/$P/oom_score_adj)"
for file in memory/memory.limit_in_bytes memory/memory.soft_limit_in_bytes memory/memory.memsw.limit_in_bytes \
    memory/memory.swappiness cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus \
    cpuset/cpuset.mems pids/pids.max blkio/blkio.weight devices/devices.list; do
  echo "cgroup $file$t$($b cat /sys/fs/cgroup/$file 2>&1 | $b tr '\n' ';')"
done
# Where, what, from where, how: without the numbers and places that are made anew each time.
$b awk '{ s = 0; for (i = 7; i <= NF; i++) if ($i == "-") s = i; root = $4; sub(/containers\/[0-9a-f]*\//, "containers/", root);
  sub(/^\/docker\/.*|^\/golive-test\/.*|^\/\.\.\/?.*/, "/", root); print "mount " $5 "\t" $(s+1), root, $6 }' /proc/$P/mountinfo
echo "host name$t$($b hostname)"
echo "domain$t$($b cat /proc/sys/kernel/domainname)"
for file in /etc/resolv.conf /etc/hosts; do echo "$file$t$($b tr '\n\t' '; ' <$file)"; done
echo "queue$t$($b cat /proc/sys/net/core/somaxconn 2>&1)"
$b ip -o addr | $b awk '$3 == "inet" { print "address " $4 "\tyes" }'
$b ip -o link | $b sed -n "s/^[0-9]*: lo.*/link lo${t}yes/p; s/.*link.ether \([^ ]*\).*/link \1${t}yes/p"
echo "shared memory$t$($b df -k /dev/shm 2>/dev/null | $b awk 'NR > 1 { print $2 }')"
for file in $F; do echo "file $file$t$($b stat -c '%F %a %u %g %s %Y %N' $file 2>&1) $($b md5sum $file 2>/dev/null)"; done
"#;

/// Where files may have been put, and where the program writes.
const FILES: &str = "/etc/app.conf /run/secrets /run/secrets/token /opt/app /opt/app/run /opt/app/link /bin/tool \
                     /bin/busybox /tmp/own /etc/app.state /written";

/// For `POST /containers/ID/exec`. `process` is the program's, as the container numbers it.
pub(crate) fn command(process: &str) -> Vec<String> {
    let script = format!("P={process}; F='{FILES}'; {SCRIPT}");
    ["/bin/busybox", "sh", "-c", &script].map(str::to_owned).to_vec()
}

/// What it told, without what cannot be the same: what the engine numbers, and addresses that it chose.
pub(crate) fn told(text: &str, inspect: &Value) -> BTreeMap<String, String> {
    let short = &inspect["Id"].as_str().unwrap()[..12];
    let address = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut chosen = Vec::new();
    for (_, network) in inspect["NetworkSettings"]["Networks"].as_object().into_iter().flatten() {
        if network["IPAMConfig"]["IPv4Address"].is_null() {
            chosen.push(address(&network["IPAddress"]));
        }
        // From Docker 28 on it is another one at every start, beside an address that was asked for, too.
        chosen.push(address(&network["MacAddress"]));
    }
    chosen.retain(|address| !address.is_empty() && address != MAC);
    let mut told = BTreeMap::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once('\t') else { continue };
        // Of the host's own network, others make and remove links meanwhile.
        if inspect["HostConfig"]["NetworkMode"] == "host"
            && (key.starts_with("link ") || key.starts_with("address "))
        {
            continue;
        }
        if chosen.iter().any(|address| replaced(key, address) != key) {
            continue;
        }
        let mut value = value.replace(short, "ID");
        for address in &chosen {
            value = replaced(&value, address);
        }
        if key.starts_with("/etc/") {
            value = sorted(&value);
        }
        told.insert(key.to_owned(), value);
    }
    told
}

/// Without an address, and with one that only begins or ends like it.
fn replaced(text: &str, address: &str) -> String {
    let belongs =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte));
    let (mut rest, mut replaced) = (text, String::new());
    while let Some(at) = rest.find(address) {
        let (before, after) = (&rest[..at], &rest[at + address.len()..]);
        let whole = !belongs(before.as_bytes().last()) && !belongs(after.as_bytes().first());
        replaced += before;
        replaced += if whole { "ADDRESS" } else { address };
        rest = after;
    }
    replaced + rest
}

/// The lines of a file in an order that no address has a part in, without remarks: newer engines tell in them how they
/// came to write it.
fn sorted(lines: &str) -> String {
    let mut lines: Vec<&str> =
        lines.split(';').filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    lines.sort_unstable();
    lines.join(";")
}
