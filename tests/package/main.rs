//! The package on a real systemd: installed, started, crashed, reloaded, upgraded, purged. systemd is PID 1 of a
//! container that is made on the spot from Debian's packages.
//!
//! `./test` builds the package and names it in `GOLIVE_DEB`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![expect(clippy::disallowed_methods, reason = "a test waits in real time")]

mod machine;

use machine::Machine;

#[test]
fn the_package_lives_a_whole_life() {
    let deb =
        std::env::var("GOLIVE_DEB").expect("GOLIVE_DEB names the package; `./test` builds it and runs this");
    let machine = Machine::boot();
    machine.install(&deb);
    installed(&machine);
    reloads(&machine);
    crashes(&machine);
    upgrades(&machine, &deb);
    refuses_bad_rules(&machine);
    purges(&machine);
}

fn installed(machine: &Machine) {
    machine.eventually("the unit is active", "systemctl is-active golive");
    machine.run("golive check");
    machine.run("golive status");
    assert_eq!(machine.run("systemctl is-enabled golive"), "enabled");
    assert_eq!(machine.run("systemctl show -P User golive"), "golive");
    assert_eq!(machine.run("systemctl show -P WatchdogUSec golive"), "30s");
    assert_eq!(machine.run("stat -c '%U:%G %a' /etc/golive/rules.toml"), "root:golive 640");
    assert_eq!(machine.run("stat -c '%U %a' /etc/golive/credentials"), "root 700");
    assert_eq!(machine.run("stat -c '%U:%G %a' /run/golive/golive.sock"), "golive:golive 660");
    assert_eq!(machine.run("stat -c '%U %a' /var/lib/golive"), "golive 700");
    assert!(machine.run("gzip -dc /usr/share/man/man1/golive.1.gz").contains("golive"));
    machine.run("test -s /usr/share/bash-completion/completions/golive");
    machine.run("systemd-analyze verify golive.service");
    machine.run("systemd-analyze security --offline=true --threshold=15 golive.service");
    // An ordinary user is kept out.
    assert_ne!(machine.try_run("su -s /bin/sh nobody -c 'golive status'").0, Some(0));
}

fn reloads(machine: &Machine) {
    let pid = machine.run("systemctl show -P MainPID golive");
    machine.run("printf '[service.shop]\\ncontainer = \"shop\"\\n[service.shop.health.web]\\nurl = \"http://127.0.0.1:1/\"\\n' > /etc/golive/rules.d/shop.toml");
    machine.run("systemctl reload golive");
    machine.eventually("the new service is there", "golive status --json | grep '\"name\": \"shop\"'");
    assert_eq!(machine.run("systemctl show -P MainPID golive"), pid, "a reload is no restart");
    machine.run("echo 'nonsense = 1' > /etc/golive/rules.d/wrong.toml; chmod 644 /etc/golive/rules.d/*");
    machine.run("systemctl reload golive");
    machine.eventually(
        "the bad one is refused and the old one stays",
        "golive status --json | grep config_rejected | grep nonsense",
    );
    assert_eq!(machine.try_run("golive check").0, Some(78));
    machine.run("rm /etc/golive/rules.d/wrong.toml; systemctl reload golive");
}

fn crashes(machine: &Machine) {
    machine.run("systemctl kill -s KILL golive");
    machine.eventually("systemd starts it again", "systemctl show -P NRestarts golive | grep -v '^0$'");
    machine.eventually("it answers again", "golive status --json");
}

fn upgrades(machine: &Machine, deb: &str) {
    machine.run("echo '# mine' >> /etc/golive/rules.toml; touch /var/lib/golive/kept");
    let before = machine.run("systemctl show -P MainPID golive");
    machine.install(deb);
    machine.eventually("it runs again after the upgrade", "systemctl is-active golive");
    assert_ne!(machine.run("systemctl show -P MainPID golive"), before, "the new program runs");
    machine.run("grep -q '# mine' /etc/golive/rules.toml");
    machine.run("test -e /var/lib/golive/kept && test -s /var/lib/golive/golive.db");
}

fn refuses_bad_rules(machine: &Machine) {
    machine.run(
        "echo 'nonsense = 1' > /etc/golive/rules.d/wrong.toml; chmod 644 /etc/golive/rules.d/wrong.toml",
    );
    machine.try_run("systemctl restart golive");
    machine.eventually("it has ended for good", "systemctl is-failed golive");
    assert_eq!(machine.run("systemctl show -P ExecMainStatus golive"), "78");
    assert!(
        machine.run("journalctl -u golive -o cat --no-pager").contains("nonsense"),
        "the journal says what is wrong"
    );
    machine.run("rm /etc/golive/rules.d/wrong.toml; systemctl reset-failed golive; systemctl start golive");
    machine.eventually("and comes back once it is mended", "systemctl is-active golive");
}

fn purges(machine: &Machine) {
    machine.run("dpkg --remove golive");
    machine.run("test -e /var/lib/golive/kept && test -e /etc/golive/rules.toml");
    machine.run("dpkg --purge golive");
    let left =
        machine.run("ls -d /etc/golive /var/lib/golive /run/golive /usr/bin/golive 2>/dev/null || true");
    assert_eq!(left, "", "left behind");
}
