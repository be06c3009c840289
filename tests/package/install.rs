//! What is there after `dpkg -i`, on a host that never had Docker.

use crate::system::{System, text};

#[test]
fn it_runs_idle_right_after_the_installation() {
    let system = System::boot();
    assert!(!system.succeeds("getent group docker"), "the box must begin without the group");
    system.copy(&crate::system::package(), "/root/golive.deb");
    system.sh(
        "dpkg -i /root/golive.deb; timeout 10 bash -c 'until systemctl is-active --quiet golive; do :; done'",
    );

    assert_eq!(system.sh("systemctl is-enabled golive"), "enabled");
    assert_eq!(system.property("NRestarts"), "0");
    assert_eq!(system.property("WatchdogUSec"), "30s");
    assert!(system.sh("golive check").starts_with("/etc/golive/rules.toml is good"));
    assert!(system.sh("golive status").contains("no services yet"));
    assert!(system.sh("dpkg --verify golive").is_empty(), "every file is as it was packed");
}

#[test]
fn it_runs_as_its_own_user_and_shows_nothing_to_others() {
    let system = System::with_package();
    let pid = system.property("MainPID");
    assert_eq!(system.sh(&format!("ps -o user=,group= -p {pid}")), "golive   golive");
    let groups = system.sh(&format!("grep ^Groups: /proc/{pid}/status"));
    let docker = system.sh("getent group docker | cut -d: -f3");
    assert!(groups.split_whitespace().any(|group| group == docker), "{groups} lacks {docker}");

    for (path, mode) in [
        ("/etc/golive", "root:golive 750"),
        ("/etc/golive/rules.toml", "root:root 644"),
        ("/etc/golive/rules.d", "root:golive 750"),
        ("/etc/golive/credentials", "root:root 700"),
        ("/var/lib/golive", "golive:golive 700"),
        ("/run/golive", "golive:golive 750"),
        ("/run/golive/golive.sock", "golive:golive 660"),
    ] {
        assert_eq!(system.mode(path), mode, "{path}");
    }

    system.sh("useradd member --groups golive; useradd stranger");
    assert!(system.succeeds("runuser -u member -- golive status"));
    assert!(!system.succeeds("runuser -u stranger -- golive status"));
    assert!(!system.succeeds("runuser -u stranger -- cat /etc/golive/rules.toml"));
}

#[test]
fn its_unit_is_sound_and_narrow() {
    let system = System::with_package();
    let verified = system.try_sh("systemd-analyze verify --man=no golive.service golive-failure@x.service");
    let said = format!("{}{}", text(&verified.stdout), text(&verified.stderr));
    assert!(verified.status.success() && said.is_empty(), "{said}");
    // 1.5 of 10; without any of this, a service is at 9.6.
    system.sh("systemd-analyze security --offline=true --threshold=15 golive.service");
}

#[test]
fn manual_pages_completions_and_documents_are_there() {
    let system = System::with_package();
    for path in [
        "/usr/share/man/man1/golive.1.gz",
        "/usr/share/man/man1/golive-rollback.1.gz",
        "/usr/share/bash-completion/completions/golive",
        "/usr/share/zsh/vendor-completions/_golive",
        "/usr/share/fish/vendor_completions.d/golive.fish",
        "/usr/share/doc/golive/operations.md",
        "/usr/share/doc/golive/configuration.md",
        "/usr/share/doc/golive/promises.md",
        "/usr/share/doc/golive/SECURITY.md",
        "/usr/share/doc/golive/copyright",
        "/usr/share/doc/golive/changelog.Debian.gz",
    ] {
        // The box leaves documents out when it unpacks, so the package itself is asked.
        assert!(system.succeeds(&format!("dpkg --listfiles golive | grep -qx {path}")), "{path}");
    }
    for verb in ["daemon", "check", "status", "rollback", "notify-test"] {
        assert!(system.succeeds(&format!("dpkg --listfiles golive | grep -q /golive-{verb}.1.gz")), "{verb}");
    }
}

#[test]
fn lintian_has_nothing_to_say() {
    let lintian = std::process::Command::new("lintian")
        .args(["--fail-on", "error,warning", "--allow-root"])
        .arg(crate::system::package())
        .output()
        .expect("lintian is installed");
    assert!(lintian.status.success(), "{}{}", text(&lintian.stdout), text(&lintian.stderr));
}
