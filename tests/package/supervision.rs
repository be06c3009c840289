//! What systemd does with the daemon: reload, kill, hang, wrong rules, crash loop.

use crate::system::{System, text};

const RULES: &str = "/etc/golive/rules.d/batch.toml";
const GOOD: &str = r#"
[service.batch]
command = { version = ["cat", "/srv/version"], rollback = ["false"] }
[service.batch.health.alive]
command = ["true"]
"#;

#[test]
fn reload_takes_good_rules_and_refuses_wrong_ones() {
    let system = System::with_package();
    let pid = system.property("MainPID");
    system.sh("echo 1.0 > /srv/version");
    system.write(RULES, GOOD);
    system.sh("systemctl reload golive");
    assert!(system.sh("golive status").contains("batch"));

    system.write(RULES, &GOOD.replace("health.alive", "helth.alive"));
    let refused = system.try_sh("systemctl reload golive");
    assert!(!refused.status.success(), "the caller learns that the rules are wrong");
    assert!(system.journal().contains("did you mean `health`"), "{}", system.journal());
    let status = text(&system.try_sh("golive status").stdout);
    assert!(status.contains("refused") && status.contains("batch"), "{status}");

    system.write(RULES, GOOD);
    system.sh("systemctl reload golive");
    assert_eq!(system.property("ActiveState"), "active");
    assert_eq!(system.property("MainPID"), pid, "a reload is no restart");
}

#[test]
fn killed_it_comes_back() {
    let system = System::with_package();
    let pid = system.property("MainPID");
    system.sh(&format!("kill -9 {pid}"));
    system.eventually("it was started again", || {
        system.property("NRestarts") == "1" && system.property("ActiveState") == "active"
    });
    assert_ne!(system.property("MainPID"), pid);
    system.sh("golive status");
}

#[test]
fn hung_it_is_ended_and_comes_back() {
    let system = System::with_package();
    system.sh("mkdir -p /etc/systemd/system/golive.service.d");
    system.write(
        "/etc/systemd/system/golive.service.d/quick.conf",
        "[Service]\nWatchdogSec=1s\nTimeoutAbortSec=1s\n",
    );
    system.sh("systemctl daemon-reload; systemctl restart golive");
    let pid = system.property("MainPID");
    system.sh("sleep 2.5");
    assert_eq!(system.property("MainPID"), pid, "it pets the watchdog while it is idle");
    system.sh(&format!("kill -STOP {pid}"));
    system.eventually("the watchdog ended it and it was started again", || {
        system.property("NRestarts") == "1" && system.property("ActiveState") == "active"
    });
    assert!(system.journal().contains("Watchdog timeout"), "{}", system.journal());
}

#[test]
fn wrong_rules_at_the_start_wait_for_a_person() {
    let system = System::with_package();
    system.write(RULES, "[service.batch]\nwindow = 3\n");
    assert!(!system.succeeds("systemctl restart golive"));
    system.eventually("root is told", || system.journal().contains("Its rules are wrong"));
    assert_eq!(system.property("ActiveState"), "failed");
    assert_eq!(system.property("ExecMainStatus"), "78");
    assert_eq!(system.property("NRestarts"), "0");
    let check = system.try_sh("golive check");
    assert_eq!(check.status.code(), Some(78));
    assert!(text(&check.stderr).contains("batch.toml:"), "{}", text(&check.stderr));

    system.sh(&format!("rm {RULES}; systemctl restart golive"));
    assert_eq!(system.property("ActiveState"), "active");
}

#[test]
fn a_crash_loop_is_told_and_ends_when_its_cause_does() {
    let system = System::with_package();
    system.sh("mkdir -p /etc/systemd/system/golive.service.d /etc/systemd/system/golive-failure@.service.d");
    system.write(
        "/etc/systemd/system/golive.service.d/quick.conf",
        "[Unit]\nStartLimitBurst=3\n[Service]\nRestartSec=100ms\n",
    );
    system.write(
        "/etc/systemd/system/golive-failure@.service.d/quick.conf",
        "[Service]\nEnvironment=GOLIVE_START_AGAIN=2\n",
    );
    // The state directory is no directory any more.
    system.sh("systemctl daemon-reload; systemctl stop golive; mv /var/lib/golive /var/lib/aside");
    system.sh("touch /var/lib/golive; systemctl start golive || true");
    system.eventually("root is told", || system.journal().contains("is started again in 2 seconds"));
    system.sh("rm -f /var/lib/golive; mv /var/lib/aside /var/lib/golive");
    system.eventually("it runs again by itself", || system.property("ActiveState") == "active");
}
