//! Upgrade, removal, reinstallation, purge.

use std::collections::BTreeSet;

use crate::system::System;

/// A service that needs no Docker, so that there is something to remember.
const RULES: &str = r#"
[service.batch]
command = { version = ["cat", "/srv/version"], rollback = ["false"] }
[service.batch.watch]
window = "1s"
grace = "100ms"
interval = "100ms"
[service.batch.health.alive]
command = ["true"]
"#;

/// Makes /root/next.deb: a later version, with other rules.toml as shipped.
const NEXT: &str = r"
dpkg-deb --raw-extract /root/golive.deb /root/next
sed -i 's/^Version: .*/Version: 999.0.0-1/' /root/next/DEBIAN/control
echo '# a line of the next version' >> /root/next/etc/golive/rules.toml
dpkg-deb --root-owner-group --build /root/next /root/next.deb
";

/// Has version 1.0 of the service accepted.
fn with_history(system: &System) {
    system.sh("echo 1.0 > /srv/version");
    system.write("/etc/golive/rules.d/batch.toml", RULES);
    system.sh("systemctl reload golive");
    system.eventually("1.0 is accepted", || accepted(system));
}

fn accepted(system: &System) -> bool {
    let status = system.try_sh("golive status --json | tr -d ' \n'").stdout;
    String::from_utf8_lossy(&status).contains(r#""accepted":{"id":"#)
}

#[test]
fn an_upgrade_keeps_what_is_remembered_and_what_was_edited() {
    let system = System::with_package();
    with_history(&system);
    let (before, pid) = (system.sh("golive releases"), system.property("MainPID"));
    system
        .sh("echo '# a line of mine' >> /etc/golive/rules.toml; echo secret > /etc/golive/credentials/smtp");
    system.sh(NEXT);
    system.sh("dpkg --install --force-confdef --force-confold /root/next.deb");

    assert_eq!(system.sh("dpkg-query --show --showformat='${Version}' golive"), "999.0.0-1");
    assert_eq!(system.property("ActiveState"), "active");
    assert_ne!(system.property("MainPID"), pid, "the new program runs");
    assert_eq!(system.sh("golive releases"), before);
    system.eventually("the accepted version is still known", || accepted(&system));
    assert_eq!(system.sh("tail -n 1 /etc/golive/rules.toml"), "# a line of mine");
    assert_eq!(system.sh("tail -n 1 /etc/golive/rules.toml.dpkg-dist"), "# a line of the next version");
    assert_eq!(system.mode("/etc/golive/credentials/smtp"), "root:root 644");
    assert_eq!(system.mode("/etc/golive"), "root:golive 750");
    assert!(system.succeeds("test -f /etc/golive/rules.d/batch.toml"));
}

#[test]
fn an_upgrade_replaces_rules_that_nobody_edited_and_wakes_nothing_that_was_switched_off() {
    let system = System::with_package();
    system.sh("systemctl disable --now golive");
    system.sh(NEXT);
    system.sh("dpkg --install /root/next.deb");
    assert_eq!(system.sh("tail -n 1 /etc/golive/rules.toml"), "# a line of the next version");
    assert!(!system.succeeds("systemctl is-enabled golive"));
    assert_eq!(system.property("ActiveState"), "inactive");
}

#[test]
fn after_a_removal_everything_can_be_taken_up_again() {
    let system = System::with_package();
    with_history(&system);
    let before = system.sh("golive releases");
    system.sh("dpkg --remove golive");
    assert!(!system.succeeds("pgrep golive"));
    assert!(system.succeeds("test -s /var/lib/golive/golive.db && test -f /etc/golive/rules.toml"));

    system.install();
    assert_eq!(system.sh("golive releases"), before);
    system.eventually("the accepted version is still known", || accepted(&system));
}

#[test]
fn a_purge_leaves_nothing() {
    let system = System::boot();
    // What any package leaves: the package manager's and systemd's own books, and the user that was made.
    let all = || -> BTreeSet<String> {
        let find = "find / -xdev -not -path '/proc/*' -not -path '/root/*' -not -path '/var/log/*' -not -path '/var/lib/dpkg/*'";
        system.sh(find).lines().map(str::to_owned).collect()
    };
    let before = all();
    system.install();
    with_history(&system);
    system.sh("echo secret > /etc/golive/credentials/smtp; rm /srv/version");
    system.sh("dpkg --purge golive");
    let left: Vec<String> = all().difference(&before).cloned().collect();
    let books = ["/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/.pwd.lock"];
    let left: Vec<&String> = left.iter().filter(|path| !books.contains(&path.as_str())).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(!system.succeeds("systemctl cat golive"));
    assert!(!system.succeeds("test -e /run/golive"));
    assert!(!system.succeeds("pgrep golive"));
}
